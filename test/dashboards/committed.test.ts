import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { renderDashboards } from '../../dashboards/render.ts'
import { committedDashboards } from './model.ts'

const FOLDER = join(import.meta.dirname, '../../dashboards')

suite('committed dashboards', () => {
  for (const [file, text] of Object.entries(renderDashboards())) {
    test(`${file} is what its source says (else: npm run docs)`, () => {
      assert.equal(readFileSync(join(FOLDER, file), 'utf8'), text)
    })
  }

  test('are these and no others', () => {
    assert.deepEqual(Object.keys(committedDashboards()), Object.keys(renderDashboards()).sort())
  })
})
