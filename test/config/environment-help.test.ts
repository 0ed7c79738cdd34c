import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { USUAL_VARIABLES, VARIABLES } from '../../src/config/environment.ts'
import { environmentExample, environmentTable, renderEnvironmentHelp } from '../../src/config/environment-help.ts'

const NAMES = [...VARIABLES.keys(), ...USUAL_VARIABLES.keys()]

suite('what is told of the environment', () => {
  test('is an entry of the help for each variable, with its default, in lines of at most 100 characters', () => {
    const lines = renderEnvironmentHelp().trimEnd().split('\n')
    const names = lines.map(line => /^ {2}(\w+) /.exec(line)?.[1]).filter(name => name !== undefined)
    assert.deepEqual(names, NAMES)
    assert.ok(lines.every(line => line.length <= 100))
    assert.deepEqual(lines.slice(2, 7), [
      '  CHECK_MODE            `interval`: a cycle every CHECK_INTERVAL; `scrape`: a cycle on each scrape,',
      "                        bounded by the scrape's timeout (default: interval)",
      '  CHECK_INTERVAL        time from the start of one cycle to the start of the next; a longer cycle',
      '                        delays the next (default: 20s)',
      '  CHECK_TIMEOUT         time limit of one probe, from connect to last byte (default: 10s)'
    ])
  })

  test('is a row of the table for each variable', () => {
    const [head, rule, ...rows] = environmentTable().trimEnd().split('\n')
    assert.deepEqual([head, rule], ['| variable | default | meaning |', '| --- | --- | --- |'])
    assert.deepEqual(
      rows.map(row => row.split('`')[1]),
      NAMES
    )
    assert.equal(rows[1], '| `PORT` | `9877` | port to listen on; 0 picks a free one and logs it |')
  })

  test('is .env.example', () => {
    assert.equal(readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8'), environmentExample())
  })
})
