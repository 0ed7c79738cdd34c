import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { listening, startProgram } from '../support/guard-process.ts'
import { withStage } from '../support/stage.ts'
import { bundleMissing, spied, startSpied } from './bundle.ts'

// Is busy in the end, as a guard with services is. V8 installs what it has optimized meanwhile.
const SPY = `
process.on('exit', () => {
  const busy = count => { let sum = 0; for (let one = 0; one < count; one += 1) sum += one % 7; return sum }
  for (let turn = 0; turn < 1000; turn += 1) busy(100_000)
})`
const TRACED = { execArgv: ['--trace-opt'] }
const OPTIMIZED = /marking \S+ <JSFunction (.*) \(.*> for optimization to TURBOFAN/g

suite('V8', { skip: bundleMissing }, () => {
  test('optimizes nothing before a guard listens, and then what is busy', async () => {
    const [before = '', after = ''] = await withStage(async stage => {
      const guard = startSpied(stage, SPY, TRACED)
      const said = guard.stdout === null ? '' : text(guard.stdout)
      await listening(guard)
      guard.kill('SIGTERM')
      return (await said).split('"Listening"')
    })
    assert.deepEqual(optimizedIn(before), [])
    assert.ok(optimizedIn(after).includes('busy'))
  })

  test('optimizes what is busy in a check', async () => {
    const said = await withStage(async stage => {
      const check = startProgram(stage, ['check'], spied(stage, SPY, TRACED))
      return check.stdout === null ? '' : text(check.stdout)
    })
    assert.ok(optimizedIn(said).includes('busy'))
  })
})

/** The functions that V8 has optimized, of which it says that. */
function optimizedIn(said: string): readonly string[] {
  return Array.from(said.matchAll(OPTIMIZED), ([, name = '']) => name)
}
