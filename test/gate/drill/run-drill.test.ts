import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { suite, type TestContext, test } from 'node:test'
import type { DrillLook, ShowLook } from '../../../src/gate/drill/drill-facts.ts'
import { describeShow } from '../../../src/gate/drill/drill-facts.ts'
import { runDrill } from '../../../src/gate/drill/run-drill.ts'
import { createDrillTimeline } from '../../../src/gate/drill/timeline.ts'
import type { Drill, Show } from '../../../src/gate/gate-config.ts'

const READYZ: Show = { kind: 'get', path: '/readyz', status: 503, json: {}, prefix: null }
const METRICS: Show = { kind: 'get', path: '/metrics', status: 200, json: {}, prefix: null }
const ALERT: Show = { kind: 'alert', alert: 'DatabaseDown', state: 'firing' }

const DRILL: Drill = {
  name: 'database-down',
  break: 'docker compose stop postgres',
  restore: 'docker compose start postgres',
  timeoutMs: 5_000,
  shows: [READYZ, METRICS, ALERT]
}

type State = readonly [ShowLook['state'], number | null]

/** One look: readyz, metrics, the alert. */
function look(readyz: State, metrics: State, alert: 'pending' | 'firing' | null, isReceived = false): DrillLook {
  const show = ([state, status]: State): ShowLook => ({ state, status, words: `${status}` })
  const ofAlert: State = [alert === 'firing' ? 'shows' : alert === null ? 'absent' : 'unclear', null]
  return {
    shows: [show(readyz), show(metrics), show(ofAlert)],
    alerts: [{ alert: 'DatabaseDown', state: alert, isReceived, failure: null }]
  }
}

const WELL = look(['absent', 200], ['shows', 200], null)
const BROKEN = look(['shows', 503], ['shows', 200], null)
const PENDING = look(['shows', 503], ['shows', 200], 'pending')
const FIRING = look(['shows', 503], ['shows', 200], 'firing', true)

function streamTo(written: string[], isTTY: boolean) {
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    written.push(String(chunk))
    done()
  }
  return Object.assign(new Writable({ write }), { isTTY, columns: 40 })
}

/** Runs the drill over these looks, one a second; the last one stays. */
async function play(t: TestContext, looks: readonly DrillLook[], stopAt = Number.POSITIVE_INFINITY) {
  const stopping = new AbortController()
  const printed: string[] = []
  let now = 0
  let asked = 0
  const stream = streamTo(printed, false)
  const facts = await runDrill(DRILL, {
    look: async () => looks[Math.min(asked++, looks.length - 1)] ?? WELL,
    alerts: ['DatabaseDown'],
    timeline: createDrillTimeline(stream, () => now),
    clock: () => now,
    monotonic: () => now,
    wait: async () => {
      now += 1_000
      if (now >= stopAt) stopping.abort()
    },
    signal: stopping.signal
  })
  t.diagnostic(printed.join(''))
  return { facts, printed: printed.join('') }
}

suite('a drill', () => {
  test('says what to break, sees everything, says how to restore it, sees everything gone', async t => {
    const { facts, printed } = await play(t, [WELL, BROKEN, PENDING, FIRING, FIRING, PENDING, WELL])
    assert.equal(facts.breakAt, 0)
    assert.deepEqual(
      facts.shows.map(({ seenAt, backAt }) => [seenAt, backAt]),
      [
        [0, 4_000],
        [0, 2_000],
        [2_000, 4_000]
      ]
    )
    assert.deepEqual(facts.alerts, [
      { alert: 'DatabaseDown', pendingAt: 1_000, firingAt: 2_000, receivedAt: 2_000, failure: null }
    ])
    assert.equal(facts.isInterrupted, false)
    assert.deepEqual(
      facts.timeline.map(({ at, words }) => `${at} ${words}`),
      [
        '0 seen: GET /readyz: 503',
        '0 seen: GET /metrics: 200',
        '1000 DatabaseDown is pending',
        '2000 seen: DatabaseDown: null',
        '2000 DatabaseDown fires',
        '2000 Alertmanager has DatabaseDown',
        '2000 over: GET /metrics: 200',
        '4000 over: GET /readyz: 200',
        '4000 over: DatabaseDown: null'
      ]
    )
    assert.match(printed, /Break it now:\n\n {4}docker compose stop postgres\n/)
    assert.match(printed, /All of it showed\. Restore it now:\n\n {4}docker compose start postgres\n/)
    assert.match(printed, /✔ all is well again/)
  })

  test('has nothing broken while something shows already, however long', async t => {
    const { facts, printed } = await play(t, [BROKEN])
    assert.equal(facts.breakAt, null)
    assert.equal(facts.restoreAt, null)
    assert.doesNotMatch(printed, /docker compose/)
    assert.match(printed, /✘ GET \/readyz: 503: not gone within 5s/)
  })

  test('begins once what showed is gone', async t => {
    assert.equal((await play(t, [BROKEN, BROKEN, WELL, FIRING, WELL])).facts.breakAt, 2_000)
  })

  test('has nothing broken while nothing answers', async t => {
    const { facts } = await play(t, [look(['unclear', null], ['unclear', null], null)])
    assert.equal(facts.breakAt, null)
  })

  test('takes what answers in good health for a sign of nothing until something is broken', async t => {
    const { facts } = await play(t, [WELL, WELL, WELL, FIRING, WELL])
    assert.equal(facts.shows[1]?.seenAt, 2_000)
  })

  test('says how to restore it when something does not show in time, and waits for the recovery', async t => {
    const { facts, printed } = await play(t, [WELL, ...Array(7).fill(BROKEN), WELL])
    assert.equal(facts.shows[2]?.seenAt, null)
    assert.match(printed, /✘ DatabaseDown firing: did not show within 5s/)
    assert.deepEqual(facts.missed, [{ phase: 'broken', what: 'DatabaseDown firing', last: 'null', isUnseen: false }])
    assert.match(printed, /Not all of it showed\. Restore it now:\n\n {4}docker compose start postgres\n/)
    assert.notEqual(facts.shows[0]?.backAt, null)
  })

  test('tells what nobody could see from what did not show', async t => {
    const failure = 'Alertmanager: connection refused'
    const hidden: DrillLook = {
      shows: BROKEN.shows.with(2, { state: 'unseen', status: null, words: failure }),
      alerts: [{ alert: 'DatabaseDown', state: 'firing', isReceived: false, failure }]
    }
    const { facts } = await play(t, [WELL, PENDING, ...Array(6).fill(hidden), WELL])
    assert.deepEqual(facts.missed, [{ phase: 'broken', what: 'DatabaseDown firing', last: failure, isUnseen: true }])
    assert.deepEqual(facts.alerts, [
      { alert: 'DatabaseDown', pendingAt: 0, firingAt: 1_000, receivedAt: null, failure }
    ])
  })

  test('takes another error for no recovery', async t => {
    const { facts } = await play(t, [WELL, FIRING, look(['absent', 500], ['shows', 200], null)])
    assert.equal(facts.shows[0]?.backAt, null)
    assert.equal(facts.shows[2]?.backAt, 0)
  })

  test('takes no answer for no recovery', async t => {
    const { facts } = await play(t, [WELL, FIRING, look(['unclear', null], ['unclear', null], null)])
    assert.deepEqual([facts.shows[0]?.backAt, facts.shows[1]?.backAt], [null, null])
  })

  test('waits until all is well at once', async t => {
    const flapping = look(['absent', 200], ['shows', 200], 'firing')
    const { facts } = await play(t, [WELL, FIRING, flapping, BROKEN, WELL])
    assert.equal(facts.endedAt, 2_000)
  })

  test('ends when it is interrupted, with what was seen, and says how to restore it', async t => {
    const { facts, printed } = await play(t, [WELL, BROKEN], 3_000)
    assert.equal(facts.isInterrupted, true)
    assert.equal(facts.shows[0]?.seenAt, 0)
    assert.match(printed, /Interrupted\. Restore it now:\n\n {4}docker compose start postgres\n/)
  })

  test('takes an alert that fires at once for one that was pending', async t => {
    const { facts } = await play(t, [WELL, FIRING, WELL])
    assert.deepEqual(facts.alerts[0], {
      alert: 'DatabaseDown',
      pendingAt: 0,
      firingAt: 0,
      receivedAt: 0,
      failure: null
    })
    assert.ok(facts.timeline.some(({ words }) => words === 'DatabaseDown is active'))
  })
})

suite('the timeline of a drill', () => {
  function timelineOn(isTTY: boolean) {
    const written: string[] = []
    return { timeline: createDrillTimeline(streamTo(written, isTTY), () => 0), written }
  }

  test('counts down in one line of a terminal', () => {
    const { timeline, written } = timelineOn(true)
    timeline.waiting('something that is longer than a terminal is wide', 61_200)
    assert.equal(written.join(''), '\r\u001b[K    0.0 s  … 1m2s left: something that ')
  })

  test('counts nothing down where nobody watches', () => {
    const { timeline, written } = timelineOn(false)
    timeline.waiting('something', 1)
    timeline.came('it')
    timeline.end()
    assert.equal(written.join(''), '    0.0 s  ✔ it\n')
  })

  test('prints every line of a command, and none of its control characters', () => {
    const { timeline, written } = timelineOn(false)
    timeline.command('Break it now:', 'a\nb \u001b[2J\n')
    assert.equal(written.join(''), '    0.0 s    Break it now:\n\n    a\n    b \ufffd[2J\n\n')
  })

  for (const [rule, command, expected] of [
    ['goes on behind a backslash', 'printf "<%s>" stop \\\r\n\tpostgres\n', '<stop><postgres>'],
    ['has a here-document', 'cat <<END\none\n\ntwo\nEND\nprintf three', 'one\n\ntwo\nthree']
  ] as const) {
    test(`prints a command that ${rule} so that a shell runs what was copied`, () => {
      const { timeline, written } = timelineOn(false)
      timeline.command('Break it now:', command)
      const [, copied = ''] = written.join('').split('now:\n')
      assert.equal(execFileSync('sh', ['-c', copied], { encoding: 'utf8' }), expected)
    })
  }

  // As a terminal counts them, which knows NO_COLOR.
  for (const [rule, depth, expected] of [
    ['is coloured on a terminal', 8, /\u001b\[32m✔/],
    ['has no colours where nobody wants any', 1, /^\r\u001b\[K {4}0\.0 s {2}✔ it\n$/]
  ] as const) {
    test(rule, () => {
      const written: string[] = []
      const stream = Object.assign(streamTo(written, true), { getColorDepth: () => depth })
      createDrillTimeline(stream, () => 0).came('it')
      assert.match(written.join(''), expected)
    })
  }
})

test('what a drill awaits is shown in one line, and nothing of it acts on a terminal', () => {
  const query = 'up{a="\u202e"}\n== 0'
  assert.equal(describeShow({ kind: 'query', query, value: 1 }), 'up{a="\ufffd"} == 0 = 1')
  const json = { '/a\u202e': '\u202e' }
  const path = '/a?token=sesame'
  assert.equal(describeShow({ kind: 'get', path, status: null, json, prefix: null }), 'GET /a: /a\ufffd "\ufffd"')
})
