import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADDRESS_TIMEOUT_MS } from '../../src/connect-options.ts'
import { run } from '../support/guard-process.ts'

// Says at the end how long clients wait that take no such option, as Node's do on the way to a proxy.
const PROGRAM = `data:text/javascript,
  import { getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
  process.on('exit', () => console.error(getDefaultAutoSelectFamilyAttemptTimeout()))`

test('each address of a proxy may be as far away as those of a server', async t => {
  const { stderr } = await run(t, ['--version'], { NODE_OPTIONS: `--import=${encodeURI(PROGRAM)}` })
  assert.equal(stderr, `${ADDRESS_TIMEOUT_MS}\n`)
})
