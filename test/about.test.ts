import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readBuildInfo } from '../src/build-info.ts'

test('the guard reports the tag that its release deploys', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  assert.equal(readBuildInfo().version, `v${version}`)
})
