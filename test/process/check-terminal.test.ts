import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { temporaryFolder } from '../support/files.ts'
import { startProgram, watching } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'

const COLUMNS = 60
// util-linux; the program's exit code, no messages of its own, no file.
const TERMINAL = ['sh', '-c', `exec script -qec "stty cols ${COLUMNS} && $*" /dev/null`, 'sh'] as const

/** Runs the program at a terminal; `onOutput` hears all that was written so far. */
async function runAtTerminal(
  t: TestContext,
  args: readonly string[],
  { report, onOutput = () => {} }: { report: () => object; onOutput?: (output: string) => void }
) {
  const path = join(temporaryFolder(t), 'workloads.json')
  const endpoint = await startService(t, (request, response) => reporting(report())(request, response))
  writeFileSync(path, manifests({ 'keybuzz-client': { image: 'app:v1', endpoint } }))
  const env = { ...watching(path), PATH: process.env.PATH ?? '', TERM: 'xterm', CHECK_INTERVAL: '100ms' }
  const child = startProgram(t, args, { env, through: TERMINAL, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
    onOutput(output)
  })
  const [code] = await once(child, 'close')
  return { code, output }
}

suite('check at a terminal', { concurrency: 2, skip: process.platform !== 'linux' }, () => {
  test('prints a table in colour that fits, with the totals at its end', async t => {
    const report = () => ({ version: 'v0', gitSha: 'abc1234' })
    const { code, output } = await runAtTerminal(t, ['check'], { report })
    const lines = stripVTControlCharacters(output).trimEnd().split('\r\n')
    assert.ok(output.includes('\u001b[33mMISMATCH'))
    assert.equal(code, 1)
    assert.ok(lines.every(line => line.length <= COLUMNS))
    assert.deepEqual(lines, [
      'STATUS    NAMESPACE  SERVICE         DEPLOYED  REPORTED',
      'MISMATCH  dev        keybuzz-client  v1        v0',
      '    UI version (v0) does not match deployed image tag (v1)',
      '1 service: 1 MISMATCH'
    ])
  })

  test('says whom it waits for, and clears that before it prints', async t => {
    let version = 'v0'
    const { code, output } = await runAtTerminal(t, ['check', '--wait', '1h', '--format', 'json'], {
      report: () => ({ version, gitSha: 'abc1234' }),
      onOutput: so => {
        if (/waiting for dev\/keybuzz-client \(MISMATCH\), for at/.test(so)) version = 'v1'
      }
    })
    assert.equal(code, 0)
    const [last, ...before] = output.trimEnd().split('\r\u001b[K').reverse()
    assert.match(last ?? '', /^\{"timestamp":.*"status":"OK"\}$/)
    assert.ok(before.every(line => line.length < COLUMNS))
  })
})
