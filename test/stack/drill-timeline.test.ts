import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { awaitStep, StepMissing } from '../../tools/drill/await-step.ts'
import { createTimeline } from '../../tools/drill/timeline.ts'

function printed(colour: boolean) {
  const lines: string[] = []
  let now = 5_000
  const timeline = createTimeline({ print: line => lines.push(line), colour, now: () => now })
  return { lines, timeline, at: (ms: number) => (now = 5_000 + ms) }
}

suite('a timeline', () => {
  test('tells each step with the seconds since its begin', () => {
    const { lines, timeline, at } = printed(false)
    timeline.say('breaking: x')
    at(1_240)
    timeline.came('status seen', 'MISMATCH')
    at(61_000)
    timeline.missed('alert pending', 'did not come')
    timeline.quote('one\ntwo\n')
    assert.deepEqual(lines, [
      '   0.0 s    breaking: x',
      '   1.2 s  ✔ status seen             MISMATCH',
      '  61.0 s  ✘ alert pending           did not come',
      '            │ one',
      '            │ two'
    ])
  })

  test('has colours only where they are asked for', () => {
    const { lines, timeline } = printed(true)
    timeline.came('status seen', 'OK')
    assert.match(lines[0] ?? '', /\u001b\[32m✔\u001b\[0m/)
  })
})

suite('a step', () => {
  const never = new AbortController().signal
  const step = { name: 'status seen', withinMs: 0, lookAt: () => 'look there' }

  test('comes when there is something to say, however often it was refused', async () => {
    const { lines, timeline } = printed(false)
    const answers = [() => null, () => Promise.reject(new Error('not yet')), () => 'here']
    await awaitStep({ ...step, withinMs: 60_000, ask: () => answers.shift()?.() ?? null }, timeline, never)
    assert.match(lines.join('\n'), /^ +0\.0 s {2}✔ status seen +here$/)
  })

  test('that does not come says why, and where to look', async () => {
    const { lines, timeline } = printed(false)
    const refused = awaitStep({ ...step, ask: () => Promise.reject(new Error('refused')) }, timeline, never)
    await assert.rejects(refused, error => error instanceof StepMissing && error.message === 'look there')
    assert.match(lines.join('\n'), /✘ status seen +did not come within 0 s \(refused\)$/)
  })

  test('is given up when the drill is', async () => {
    const { timeline } = printed(false)
    const given = awaitStep({ ...step, withinMs: 60_000, ask: () => null }, timeline, AbortSignal.abort())
    await assert.rejects(given, { name: 'AbortError' })
  })
})
