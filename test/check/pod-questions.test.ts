import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createQuestionList, podQuestions, podReports } from '../../src/check/pod-questions.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { questionKey } from '../../src/domain/target.ts'
import type { Pod } from '../../src/domain/workload.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload } from '../support/facts.ts'

const podEndpoint = { scheme: 'http', port: 8080, path: '/debug/version' } as const
const TARGET = aTarget({ podEndpoint, headers: [{ name: 'Authorization', prefix: '', file: 'token' }] })

const namesOf = (pods: readonly Pod[]) => podQuestions(TARGET, pods).map(({ pod }) => pod.name)
const endpointOf = (ip: string, at = podEndpoint) =>
  podQuestions({ ...TARGET, podEndpoint: at }, [aPod({ ip })])[0]?.question.endpoint

suite('questions to pods', () => {
  test('are asked where the target wants them alone', () => {
    assert.deepEqual(podQuestions(aTarget(), [aPod()]), [])
  })

  test('go to the address of each, without the trust of the target and without its headers', () => {
    const [asked] = podQuestions(TARGET, [
      aPod({ name: 'shop-a', ip: '10.0.0.7', createdAt: 5, isOnHostNetwork: true })
    ])
    const { headers: _, podEndpoint: __, ...rest } = TARGET
    assert.deepEqual(asked?.question, {
      ...rest,
      endpoint: 'http://10.0.0.7:8080/debug/version',
      origin: 'annotation',
      pod: { name: 'shop-a', createdAt: 5, ip: '10.0.0.7', isOnHostNetwork: true }
    })
  })

  test('write an IPv6 address as addresses of the web have it', () => {
    assert.equal(endpointOf('fd12::7'), 'http://[fd12::7]:8080/debug/version')
  })

  test('go to pods that are ready, have an address, and are not being deleted', () => {
    const pods = [
      aPod({ name: 'ready' }),
      aPod({ name: 'starting', isReady: false }),
      aPod({ name: 'leaving', terminatesAt: 1 }),
      aPod({ name: 'new', ip: '' })
    ]
    assert.deepEqual(namesOf(pods), ['ready'])
  })

  test('go to twenty at most, of each revision in turn, and always the same', () => {
    const pods = Array.from({ length: 40 }, (_, n) => aPod({ name: `new-${n + 10}`, revision: 'shop-2' }))
    const old = ['old-a', 'old-b'].map(name => aPod({ name, revision: 'shop-1' }))
    const names = namesOf([...pods, ...old])
    assert.equal(names.length, 20)
    assert.ok(
      ['old-a', 'old-b', 'new-10', 'new-27'].every(name => names.includes(name)),
      names.join()
    )
    assert.deepEqual(namesOf([...old, ...pods.toReversed()]).toSorted(), names.toSorted())
  })

  test('have keys of their own', () => {
    const [a, b] = podQuestions(TARGET, [aPod({ name: 'a' }), aPod({ name: 'b' })])
    assert.ok(a !== undefined && b !== undefined)
    assert.equal(new Set([questionKey(TARGET), questionKey(a.question), questionKey(b.question)]).size, 3)
  })
})

suite('reports of pods', () => {
  const pod = aPod({ name: 'shop-0' })
  const [asked] = podQuestions(TARGET, [pod])
  assert.ok(asked !== undefined)
  const observation = anObservation(aReport(), { target: asked.question })
  const observations = new Map([[questionKey(asked.question), observation]])

  test('are the last answers, where there are any', () => {
    assert.deepEqual(podReports(TARGET, [pod], observations), [{ pod, observation }])
    assert.deepEqual(podReports(TARGET, [pod], new Map()), [{ pod, observation: null }])
  })

  for (const [rule, changed, target] of [
    ['an earlier pod of the same name', aPod({ name: 'shop-0', createdAt: 9 }), TARGET],
    ['another address', aPod({ name: 'shop-0', ip: '10.0.0.9' }), TARGET],
    ['another port', pod, { ...TARGET, podEndpoint: { ...podEndpoint, port: 81 } }]
  ] as const) {
    test(`are no answer of ${rule}`, () => {
      assert.equal(podReports(target, [changed], observations)[0]?.observation, null)
    })
  }
})

suite('the list of questions', () => {
  const plain = aTarget({ service: 'other' })
  const selection = {
    targets: [plain, TARGET],
    refs: [plain, TARGET].map(({ namespace, workload }) => ({ namespace, ...workload }))
  }
  const findWith = (pods: readonly Pod[]) => () =>
    seen({ workload: aWorkload(), pods: seen(pods), revisions: unseen('not_watched', '') })

  test('is that of the targets where none is asked pod by pod', () => {
    const targets = [plain]
    const list = createQuestionList()({ targets, refs: selection.refs }, findWith([aPod()]))
    assert.equal(list, targets)
  })

  test('has each target, and behind them the pods', () => {
    const list = createQuestionList()(selection, findWith([aPod({ name: 'a' })]))
    assert.deepEqual(list.map(questionKey), ['dev/other', 'dev/shop', 'dev/shop\na'])
  })

  test('has no pods where they are not seen', () => {
    const notWatched = {
      workload: aWorkload(),
      pods: unseen('not_watched', ''),
      revisions: unseen('not_watched', '')
    } as const
    assert.equal(createQuestionList()(selection, () => seen(notWatched)).length, 2)
    assert.equal(createQuestionList()(selection, () => unseen('not_found', '')).length, 2)
  })

  test('is the same array as long as targets and pods are the same', () => {
    const list = createQuestionList()
    const pods = [aPod({ name: 'a' })]
    const first = list(selection, findWith(pods))
    assert.equal(list(selection, findWith(pods)), first)
    assert.notEqual(list(selection, findWith([...pods])), first)
    const second = list(selection, findWith(pods))
    assert.notEqual(list({ ...selection }, findWith(pods)), second)
  })
})
