import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Judged } from '../../src/check/judge.ts'
import type { RolloutFinding } from '../../src/domain/finding.ts'
import type { Facts, Guard } from '../../src/domain/guard.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { anObservation, aReport, aTarget, aWorkload, judgeOne, theFacts } from '../support/facts.ts'

const LONG = 'x'.repeat(5000)

suite('report of a service', () => {
  for (const [endpoint, shownEndpoint] of [
    ['https://shop.example/debug/version', 'https://shop.example/debug/version'],
    ['HTTPS://Shop.example', 'HTTPS://Shop.example'],
    ['https://user:canary@shop.example/v', 'https://shop.example/v'],
    ['https://canary@shop.example/v', 'https://shop.example/v'],
    ['http:\\\\user:canary@shop.example', 'http://shop.example/'],
    ['ftp://user:canary@shop.example/', '…@shop.example/'],
    ['user:canary@shop.example', '…@shop.example'],
    ['https://user:canary@ not an address', '…@ not an address']
  ] as const) {
    test(`shows ${endpoint} without a password`, () =>
      assert.equal(judgeOne({ target: aTarget({ endpoint }) }).report.endpoint, shownEndpoint))
  }

  test('cuts and cleans every string from outside', () => {
    const { deployed, reported, endpoint } = judgeOne({
      target: aTarget({ endpoint: `https://${LONG}` }),
      facts: {
        workload: seen(aWorkload({ image: `shop:${'t'.repeat(128)}` })),
        observation: anObservation(aReport(`v\u001b${LONG}`))
      }
    }).report
    assert.equal(endpoint?.length, 128)
    assert.equal(reported?.version, `v\ufffd${LONG.slice(0, 126)}`)
    assert.equal(deployed.image?.length, 128)
    assert.equal(deployed.imageTag?.length, 128)
  })

  test('knows nothing of what was not reported', () => {
    const observation = anObservation(unseen('timeout', 'no answer within 10 s'))
    const { reported } = judgeOne({ facts: { observation } }).report
    assert.deepEqual([reported?.failure, reported?.version, reported?.gitSha], ['timeout', null, null])
  })

  for (const [rule, workload, found] of [
    ['is found', seen(aWorkload()), true],
    ['is not found', unseen('not_found', 'gone'), false],
    ['is there, though it cannot be read', unseen('unreadable', 'line 3'), true],
    ['was never read, so nobody knows', unseen('never_read', 'forbidden'), null]
  ] as const) {
    test(`says that its workload ${rule}`, () =>
      assert.equal(judgeOne({ facts: { workload } }).report.deployed.found, found))
  }

  test('says who applies its workload, and which container is compared', () => {
    const workload = seen(aWorkload({ managedBy: { manager: 'helm', release: 'shop', releaseNamespace: 'dev' } }))
    assert.deepEqual(judgeOne({ facts: { workload } }).report.workload, {
      kind: 'Deployment',
      name: 'shop',
      container: 'app',
      managedBy: 'helm'
    })
  })
})

suite('findings', () => {
  const mismatch = { observation: anObservation(aReport('v2')) }

  test('keep the time since when they hold while their status does', () => {
    const first = judgeOne({}, { now: 1000 })
    const second = judgeOne({ facts: { observation: anObservation(aReport()) } }, { now: 2000, earlier: first })
    const third = judgeOne({ facts: mismatch }, { now: 3000, earlier: second })
    assert.deepEqual(
      [first, second, third].map(({ report }) => report.findings[0]?.since),
      [1000, 1000, 3000]
    )
  })

  test('have held since now if they began later than now, because the clock was set back', () => {
    const first = judgeOne({}, { now: 5000 })
    const second = judgeOne({}, { now: 1000, earlier: first })
    const third = judgeOne({}, { now: 2000, earlier: second })
    assert.deepEqual(
      [first, second, third].map(({ report }) => report.findings[0]?.since),
      [5000, 1000, 1000]
    )
  })

  test('do not claim to know since when what was found at the start is so', () => {
    const unasked = judgeOne({ facts: { observation: null } })
    const first = judgeOne({}, { earlier: unasked })
    const second = judgeOne({ facts: mismatch }, { earlier: first })
    const third = judgeOne({ facts: { workload: unseen('never_read', '') } }, { earlier: second })
    const fourth = judgeOne({}, { earlier: third })
    assert.deepEqual(
      [unasked, first, second, third, fourth].map(({ report }) => report.findings[0]?.isSinceStart),
      [true, true, false, false, false]
    )
  })

  /** A guard that finds one thing for each container, and tells what it found before. */
  const perContainer: Guard<RolloutFinding, 'workload'> = {
    name: 'rollout',
    statuses: ['STUCK', 'STABLE'],
    reads: ['workload'],
    judge: (_target, { workload }, { now, earlier }) =>
      (workload.seen ? workload.value.containers : []).map(({ name, image }) => ({
        part: `container/${name}`,
        status: image.endsWith('1') ? 'STABLE' : 'STUCK',
        severity: 'ok',
        message: earlier.map(({ part, status }) => `${part} ${status}`).join(),
        asOf: null,
        validUntil: now + 60_000,
        evidence: NOTHING_SEEN
      }))
  }
  const containers = (...images: string[]) => ({
    workload: seen(aWorkload({ containers: images.map((image, index) => ({ name: `c${index}`, image })) }))
  })

  test('are kept apart by part, and a guard is told its own earlier ones alone', () => {
    const guards = [perContainer]
    const first = judgeOne({ guards, facts: containers('a:1', 'b:1') }, { now: 1000 })
    const second = judgeOne({ guards, facts: containers('a:1', 'b:2') }, { now: 2000, earlier: first })
    assert.deepEqual(
      second.report.findings.map(({ part, status, since, message }) => [part, status, since, message]),
      [
        ['container/c0', 'STABLE', 1000, 'container/c0 STABLE,container/c1 STABLE'],
        ['container/c1', 'STUCK', 2000, 'container/c0 STABLE,container/c1 STABLE']
      ]
    )
    assert.equal(second.validUntil, 62_000)
  })

  suite('of a guard', () => {
    const guards = [perContainer]
    const one = theFacts(containers('a:1'))
    const target = aTarget()
    const first = judgeOne({ target, guards, facts: one }, { now: 1000 })
    const judgedAgain = (wish: Parameters<typeof judgeOne>[0], now = 2000) =>
      judgeOne({ target, guards, facts: one, ...wish }, { now, earlier: first }).report.findings[0] !==
      first.report.findings[0]

    for (const [rule, wish, now, expected] of [
      [
        'hold while the facts that it reads are the same',
        { facts: { ...one, observation: anObservation(aReport('v2')) } },
        2000,
        false
      ],
      ['are judged again with another fact', { facts: containers('a:1') }, 2000, true],
      ['are judged again of another target', { target: aTarget() }, 2000, true],
      ['hold until their time is over', {}, 60_999, false],
      ['are judged again when their time is over', {}, 61_000, true],
      ['hold in the moment in which they began', {}, 1000, false],
      ['are judged again where they began later than now, for the clock was set back', {}, 999, true]
    ] as const) {
      test(rule, () => assert.equal(judgedAgain(wish, now), expected))
    }
  })

  test('leave what a report says beside them the same objects, while it is the same', () => {
    const earlier = judgeOne({ facts: { observation: anObservation(aReport('v1')) } })
    const { report } = judgeOne({ facts: { observation: anObservation(aReport('v2')) } }, { earlier })
    assert.equal(report.deployed, earlier.report.deployed)
    assert.equal(report.workload, earlier.report.workload)
    assert.equal(report.held, earlier.report.held)
    assert.notEqual(report.reported, earlier.report.reported)
    const moved = judgeOne({ facts: { workload: seen(aWorkload({ image: 'shop:v2' })) } }, { earlier }).report
    assert.equal(moved.deployed.imageTag, 'v2')
  })

  test('say whether pods are being replaced only where the rollout is known', () => {
    assert.equal(judgeOne().report.deployed.rolloutInProgress, null)
  })
})

suite('labels of a service', () => {
  /** Whether its version and its image are held back after these answers, one a second. */
  function heldAfter(answers: readonly Partial<Facts>[]) {
    const judged = answers.reduce<Judged | undefined>(
      (earlier, facts, second) =>
        judgeOne({ facts }, { now: second * 1000, ...(earlier === undefined ? {} : { earlier }) }),
      undefined
    )
    return judged?.report.held
  }
  const eleven = Array.from({ length: 11 }, (_, index) => index)
  const failed = { observation: anObservation(unseen('timeout', 'no answer')) }

  test('hold back a version that is another one each time', () =>
    assert.deepEqual(heldAfter(eleven.map(index => ({ observation: anObservation(aReport(`v${index}`)) }))), {
      version: true,
      image: false
    }))

  test('hold back a git SHA that is another one each time', () => {
    const answers = eleven.map(index => ({ observation: anObservation(aReport('v1', `abc000${index.toString(16)}`)) }))
    assert.deepEqual(heldAfter(answers), { version: true, image: false })
    assert.deepEqual(heldAfter(answers.slice(1)), { version: false, image: false })
  })

  test('hold back an image that is another one each time', () =>
    assert.deepEqual(heldAfter(eleven.map(index => ({ workload: seen(aWorkload({ image: `shop:v${index}` })) }))), {
      version: false,
      image: true
    }))

  test('hold back an endpoint that is another one each time', () => {
    const judged = eleven.reduce<Judged | undefined>(
      (earlier, second) =>
        judgeOne({ target: aTarget({ endpoint: `https://shop/?${second}` }) }, { now: second * 1000, earlier }),
      undefined
    )
    assert.deepEqual(judged?.report.held, { version: false, image: true })
  })

  test('hold back the containers if their names are other ones each time', () =>
    assert.deepEqual(
      heldAfter(
        eleven.map(index => ({ workload: seen(aWorkload({ containers: [{ name: `c${index}`, image: 'shop:v1' }] })) }))
      ),
      { version: false, image: true }
    ))

  test('do not count an endpoint that fails as another set of labels', () => {
    const ten = eleven.slice(1).map(index => ({ observation: anObservation(aReport(`v${index}`)) }))
    assert.equal(heldAfter([...ten, failed])?.version, false)
    const images = ten.map((_, index) => ({ workload: seen(aWorkload({ image: `shop:v${index}` })) }))
    assert.equal(heldAfter([...images, { workload: unseen('not_found', 'gone') }])?.image, false)
  })
})
