import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { listOf } from '../support/cluster-objects.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { until } from '../support/until.ts'

const START = Date.parse('2026-11-03T03:00:00Z')
const MINUTE_MS = 60_000

/** The time of `minutes` after the start of the rollout, as a person writes it. */
const at = (minutes: number) => new Date(START + minutes * MINUTE_MS).toISOString()

/** A StatefulSet whose new pod was made at the start and is not ready, and its pods, as `kubectl get -o json` has them. */
function rolling(name: string, { deadline, startedAt = START }: { deadline?: string; startedAt?: number } = {}) {
  const time = (ms: number) => new Date(startedAt + ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const annotations = deadline === undefined ? {} : { 'version-guard.keybuzz.io/rollout-deadline': deadline }
  const container = { name: 'app', image: 'app:v2' }
  const pod = (
    ordinal: number,
    hash: string,
    { image, madeAt, ready }: { image: string; madeAt: string; ready: boolean }
  ) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${ordinal}`,
      namespace: 'dev',
      creationTimestamp: madeAt,
      labels: { 'controller-revision-hash': `${name}-${hash}` },
      ownerReferences: [{ kind: 'StatefulSet', name, controller: true }]
    },
    spec: { nodeName: 'node-1', containers: [{ ...container, image }] },
    status: {
      phase: 'Running',
      startTime: madeAt,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          reason: ready ? undefined : 'ContainersNotReady',
          lastTransitionTime: madeAt
        }
      ],
      containerStatuses: [
        { name: 'app', ready, state: ready ? { running: {} } : { waiting: { reason: 'ImagePullBackOff' } } }
      ]
    }
  })
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'dev', generation: 2, annotations },
    spec: { replicas: 2, template: { spec: { containers: [container] } } },
    status: {
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      updatedReplicas: 1,
      currentRevision: `${name}-1`,
      updateRevision: `${name}-2`
    }
  }
  return [
    workload,
    pod(0, '1', { image: 'app:v1', madeAt: time(-3_600_000), ready: true }),
    pod(1, '2', { image: 'app:v2', madeAt: time(0), ready: false })
  ] as const
}

function saved(t: TestContext, objects: readonly object[]) {
  const path = join(temporaryFolder(t), 'saved.json')
  writeFileSync(path, JSON.stringify(listOf(objects)))
  return { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path }
}

const linesOf = (stdout: string): readonly Readonly<Record<string, unknown>>[] =>
  stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))

suite('check --at', { concurrency: 2 }, () => {
  for (const [minutes, states, code] of [
    [1, ['own ROLLING', 'usual ROLLING'], 0],
    [3, ['own STUCK', 'usual ROLLING'], 1],
    [11, ['own STUCK', 'usual STUCK'], 1]
  ] as const) {
    test(`judges a saved file as of then, each by its own deadline: ${minutes} minutes after the start`, async t => {
      const env = saved(t, [...rolling('usual'), ...rolling('own', { deadline: '2m' })])
      const outcome = await run(t, ['check', '--at', at(minutes)], env)
      const lines = linesOf(outcome.stdout)
      assert.deepEqual(
        lines.map(({ service, state }) => `${String(service).split('.')[0]} ${state}`).toSorted(),
        states
      )
      assert.deepEqual([outcome.code, outcome.stderr], [code, ''])
    })
  }

  test('says what is awaited, where, and how a person goes back', async t => {
    const revision = (number: number, image: string) => ({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `web-${number}`,
        namespace: 'dev',
        creationTimestamp: at(-60 / number),
        ownerReferences: [{ kind: 'StatefulSet', name: 'web', controller: true }]
      },
      revision: number,
      data: { spec: { template: { $patch: 'replace', spec: { containers: [{ name: 'app', image }] } } } }
    })
    const env = saved(t, [...rolling('web'), revision(1, 'app:v1'), revision(2, 'app:v2')])
    const { stdout } = await run(t, ['check', '--at', at(11)], env)
    const [line] = linesOf(stdout)
    assert.deepEqual(line, {
      timestamp: at(11),
      level: 'warning',
      message: 'Rollout is stuck: 1 of 2 pods updated, web-1: ImagePullBackOff',
      service: 'web.statefulset',
      namespace: 'dev',
      workload: 'StatefulSet/web',
      image: 'app:v2',
      state: 'STUCK',
      pods: [{ name: 'web-1', node: 'node-1', imageTag: 'v2', reason: 'ImagePullBackOff' }],
      goBack: 'kubectl rollout undo statefulset/web -n dev --to-revision=1 && kubectl delete pod web-1 -n dev',
      note: 'revision 1 serves: 1 of its pods is ready; it restores only the pod template, not the number of pods or ConfigMaps'
    })
  })

  test('prints a table for people', async t => {
    const { stdout } = await run(t, ['check', '--at', at(1), '--format', 'table'], saved(t, rolling('web')))
    assert.match(
      stdout,
      /^STATE {4}NAMESPACE {2}WORKLOAD {9}DEPLOYED {2}MESSAGE\nROLLING {2}dev {8}StatefulSet\/web {2}v2 {8}Rollout under way: /
    )
  })

  test('judges the workloads that are named, and prints with --only-bad those that are in trouble', async t => {
    const env = saved(t, [...rolling('usual'), ...rolling('own', { deadline: '2m' })])
    const select = (...args: readonly string[]) => run(t, ['check', '--at', at(3), ...args], env)
    const [bad, named, lost] = await Promise.all([
      select('--only-bad', '--format', 'table'),
      select('usual.statefulset', '-n', 'dev'),
      select('dev/usul.statefulset')
    ])
    assert.equal(bad.code, 1)
    const [, first, totals, ...rest] = bad.stdout.split('\n')
    assert.match(first ?? '', /^STUCK {2}/)
    assert.deepEqual([totals, rest], ['2 workloads: 1 STUCK, 1 ROLLING', ['']])
    assert.deepEqual([named.code, linesOf(named.stdout).map(({ state }) => state)], [0, ['ROLLING']])
    assert.deepEqual([lost.code, lost.stdout], [3, ''])
    assert.match(lost.stderr, /: there is no service dev\/usul\.statefulset; did you mean usual\.statefulset\?$/m)
  })

  test('asks nobody', async t => {
    const [workload, ...pods] = rolling('web')
    const annotations = {
      'version-guard.keybuzz.io/endpoint': 'http://127.0.0.1:1/',
      'version-guard.keybuzz.io/endpoint-scope': 'pods'
    }
    const asking = { ...workload, metadata: { ...workload.metadata, annotations } }
    const { code, stdout } = await run(t, ['check', '--at', at(1)], saved(t, [asking, ...pods]))
    assert.deepEqual([code, linesOf(stdout).map(({ service, state }) => [service, state])], [0, [['web', 'ROLLING']]])
  })

  test('judges only the targets of a file where DISCOVERY=false, and says when there are none', async t => {
    const { code, stdout, stderr } = await run(t, ['check', '--at', at(1)], {
      ...saved(t, rolling('web')),
      DISCOVERY: 'false'
    })
    assert.deepEqual([code, stdout], [3, ''])
    assert.match(stderr, /nothing to judge: no workload in WORKLOADS_FILE is guarded/)
  })

  test('exits with 3 where a workload has no status', async t => {
    const [workload] = rolling('web')
    const { code, stdout } = await run(t, ['check', '--at', at(1)], saved(t, [{ ...workload, status: {} }]))
    assert.deepEqual([code, linesOf(stdout)[0]?.state], [3, 'UNKNOWN'])
  })

  test('is refused for a cluster, in words', async t => {
    const { code, stderr } = await run(t, ['check', '--at', at(1)], {})
    assert.equal(code, 64)
    assert.match(stderr, /--at: judges a saved file of manifests, .* set WORKLOAD_SOURCE=file and WORKLOADS_FILE/)
  })
})

suite('the annotation rollout-deadline', () => {
  test('makes a rollout STUCK by time alone in a guard that serves, and no other', async t => {
    const startedAt = Date.now()
    const objects = [
      ...rolling('soon', { deadline: '3s', startedAt }),
      ...rolling('later', { deadline: '1h', startedAt }),
      ...rolling('wrong', { deadline: 'soon', startedAt })
    ]
    const guard = await serveGuard(t, { ...saved(t, objects), DISCOVERY: 'all', CHECK_INTERVAL: '1h' })
    const stateOf = (metrics: string, name: string) =>
      new RegExp(`^keybuzz_workload_state\\{.*service="${name}.statefulset",state="(\\w+)"\\} 1$`, 'm').exec(
        metrics
      )?.[1]
    const metrics = await until(async () => {
      const metrics = await guard.metrics()
      assert.equal(stateOf(metrics, 'soon'), 'STUCK')
      return metrics
    })
    assert.deepEqual([stateOf(metrics, 'later'), stateOf(metrics, 'wrong')], ['ROLLING', 'ROLLING'])
    assert.match(metrics, /^keybuzz_workload_rollout_in_progress\{namespace="dev",service="soon.statefulset"\} 1$/m)
  })

  test('is named where it is no duration', async t => {
    const [workload, ...pods] = rolling('wrong', { deadline: 'soon' })
    const annotations = { ...workload.metadata.annotations, 'version-guard.keybuzz.io/enabled': 'true' }
    const enabled = { ...workload, metadata: { ...workload.metadata, annotations } }
    const { stderr } = await run(t, ['check', '--at', at(1)], saved(t, [enabled, ...pods]))
    assert.match(stderr, /annotation rollout-deadline: "soon" is ignored; it takes a duration such as 10m/)
  })
})
