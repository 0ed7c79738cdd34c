// Each state is reached and left by what a person does with kubectl, on real controllers; the real guard looks on.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { FATE_ANNOTATION } from '../../control-plane/kubelet.ts'
import { needs } from '../../support/component.ts'
import { controllersMissing } from '../../support/control-plane.ts'
import { temporaryFolder } from '../../support/files.ts'
import { serveGuard } from '../../support/guard-process.ts'
import { assertReadOnly } from '../../support/guarded-cluster.ts'
import { NODES, type Rollout, type RolloutCluster, startRolloutCluster } from '../../support/rollout-cluster.ts'
import { until } from '../../support/until.ts'

const HELD_IMAGE = 'app=web:never-ready'
const CRASHING_IMAGE = 'app=web:crash'
const GOOD_IMAGE = 'app=web:v2'
const DEADLINE = 'version-guard.keybuzz.io/rollout-deadline'

const ON_DELETE = { updateStrategy: { type: 'OnDelete' } }
const HELD_BY_PARTITION = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }
// Neither of the two pods may be missing, so a rollout stops at the first one that does not become ready.
const CAREFUL = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }

suite('rollouts on a real control plane', needs(controllersMissing), () => {
  let stage: RolloutCluster
  before(async () => {
    stage = await startRolloutCluster(['tight', 'tighter'])
  })
  after(() => stage?.close())

  const setImage = (rollout: Rollout, image: string) => rollout.kubectl('set', 'image', rollout.object, image)
  const isInProgress = (rollout: Rollout) => rollout.value('workload_rollout_in_progress')
  /** Nothing is stuck by itself within a test: the deadline comes when the test is there. */
  const letDeadlinePass = async (rollout: Rollout) => {
    await rollout.kubectl('annotate', rollout.object, `${DEADLINE}=1s`)
    await rollout.untilState('STUCK')
  }
  /** As one that is restarted now: it knows nothing but what the cluster tells. */
  const untilAnotherGuardSays = async (t: TestContext, { name }: Rollout, state: string) => {
    const { controlPlane, tokenFile } = stage.cluster
    const guard = await serveGuard(t, {
      KUBECONFIG: await controlPlane.kubeconfigFor({ tokenFile }),
      WATCH_PODS: 'true'
    })
    await until(async () => {
      const sample = `\nkeybuzz_workload_state{namespace="shop",service="${name}",state="${state}"} 1\n`
      assert.ok((await guard.metrics()).includes(sample), state)
    })
  }
  const podsOf = async ({ kubectl, name }: Rollout): Promise<readonly string[]> =>
    (await kubectl('get', 'pods', `--selector=app=${name}`, '--output=name')).trim().split('\n')

  suite('a Deployment', () => {
    test('is ROLLING from set image to the last pod, then STABLE with the time of its end', async () => {
      const rollout = await stage.start('Deployment', 'set-image')
      const firstEnd = await rollout.value('rollout_completed_timestamp_seconds')
      assert.equal(await isInProgress(rollout), 0)
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      assert.equal(await isInProgress(rollout), 1)
      assert.deepEqual(await rollout.labels('rollout_completed_timestamp_seconds'), [])
      await rollout.finish()
      assert.equal(await isInProgress(rollout), 0)
      assert.ok((await rollout.value('rollout_completed_timestamp_seconds')) >= firstEnd)
    })

    for (const image of ['app=web:crash', 'app=web:pull-error', 'app=web:never-ready']) {
      test(`is STUCK at its own deadline with ${image}, and STABLE after undo`, async () => {
        const rollout = await stage.start('Deployment', `bad-${image.slice('app=web:'.length)}`, { spec: CAREFUL })
        await setImage(rollout, image)
        await rollout.untilState('ROLLING')
        await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
        await rollout.untilState('STUCK')
        assert.match(await rollout.message(), /^Rollout is stuck: .*progress deadline exceeded/)
        assert.equal(await isInProgress(rollout), 1)
        await rollout.kubectl('rollout', 'undo', rollout.object)
        await rollout.untilState('STABLE')
      })
    }

    test('leaves STUCK for ROLLING as soon as a pod gets ready, and for STABLE when all are', async () => {
      const rollout = await stage.start('Deployment', 'late', { spec: CAREFUL })
      await setImage(rollout, HELD_IMAGE)
      await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
      await rollout.untilState('STUCK')
      await rollout.patch({ spec: { progressDeadlineSeconds: 600 } })
      const path = 'jsonpath={.items[?(@.spec.containers[0].image=="web:never-ready")].metadata.name}'
      const firstNew = await rollout.kubectl('get', 'pods', '--selector=app=late', `--output=${path}`)
      await rollout.kubectl('annotate', `pod/${firstNew}`, `${FATE_ANNOTATION}=ready`)
      await rollout.untilState('ROLLING')
      await rollout.finish()
    })

    test('is STABLE again when it is scaled to nothing while it is STUCK, and STUCK again when it comes back', async () => {
      const rollout = await stage.start('Deployment', 'to-nothing', { spec: CAREFUL })
      await setImage(rollout, CRASHING_IMAGE)
      await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
      await rollout.untilState('STUCK')
      await rollout.kubectl('scale', rollout.object, '--replicas=0')
      await rollout.untilState('STABLE')
      await rollout.kubectl('scale', rollout.object, '--replicas=2')
      await rollout.untilState('STUCK')
    })

    test('stays STABLE while it is scaled, up and down, though its new pods never get ready', async () => {
      const rollout = await stage.start('Deployment', 'scaled', { image: 'web:never-ready' })
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('scale', rollout.object, '--replicas=4')
        await until(async () => assert.equal(await rollout.value('workload_pods'), 4))
        await rollout.kubectl('scale', rollout.object, '--replicas=1')
        await until(async () => assert.equal(await rollout.value('workload_pods'), 1))
      })
    })

    test('stays STABLE when pods are deleted or crash after the end', async () => {
      const rollout = await stage.start('Deployment', 'moody', { image: 'web:never-ready' })
      const [pod = ''] = await podsOf(rollout)
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('delete', pod)
        await until(async () => assert.equal(await rollout.value('workload_pods'), 2))
        await rollout.letPodsBe('crash', 'STABLE')
        await until(async () => {
          const ready = await rollout.kubectl('get', rollout.object, '--output=jsonpath={.status.readyReplicas}')
          assert.equal(ready, '')
        })
      })
    })

    test('is ROLLING while it is restarted, of one image all the time', async () => {
      const rollout = await stage.start('Deployment', 'restarted', { image: 'web:never-ready' })
      await rollout.kubectl('rollout', 'restart', rollout.object)
      await rollout.untilState('ROLLING')
      assert.equal(await rollout.value('workload_running_images'), 1)
      await rollout.finish()
    })

    test('stays STABLE when it is paused and resumed, and keeps the time of its end', async () => {
      const rollout = await stage.start('Deployment', 'paused')
      const end = await rollout.value('rollout_completed_timestamp_seconds')
      const reason = (wanted: string) =>
        until(async () => {
          const path = 'jsonpath={.status.conditions[?(@.type=="Progressing")].reason}'
          assert.equal(await rollout.kubectl('get', rollout.object, `--output=${path}`), wanted)
        })
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('rollout', 'pause', rollout.object)
        await reason('DeploymentPaused')
        await rollout.kubectl('rollout', 'resume', rollout.object)
        await reason('NewReplicaSetAvailable')
      })
      assert.equal(await rollout.value('rollout_completed_timestamp_seconds'), end)
    })

    test('is ROLLING, held, when it is paused in the middle, STUCK past our own deadline, and goes on when it is resumed', async () => {
      const rollout = await stage.start('Deployment', 'forgotten', { spec: CAREFUL })
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.kubectl('rollout', 'pause', rollout.object)
      await until(async () => assert.deepEqual(await rollout.labels('workload_held'), ['reason="paused"']))
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await rollout.kubectl('annotate', rollout.object, `${DEADLINE}-`)
      await rollout.untilState('ROLLING')
      await rollout.kubectl('rollout', 'resume', rollout.object)
      await until(async () => assert.deepEqual(await rollout.labels('workload_held'), []))
      await rollout.finish()
    })

    test('is ROLLING when the template changes during a pause, and STABLE when that is taken back', async () => {
      const rollout = await stage.start('Deployment', 'changed-in-pause')
      await rollout.kubectl('rollout', 'pause', rollout.object)
      await setImage(rollout, GOOD_IMAGE)
      await rollout.untilState('ROLLING')
      await setImage(rollout, 'app=web:v1')
      await rollout.untilState('STABLE')
    })

    test('is ROLLING under Recreate though no pod is there, and never STABLE between old and new', async () => {
      const rollout = await stage.start('Deployment', 'recreated', { spec: { strategy: { type: 'Recreate' } } })
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.onlyIn(['ROLLING'], () =>
        until(async () => assert.deepEqual(await rollout.labels('workload_pods'), ['image_tag="never-ready"']))
      )
      await rollout.finish()
    })

    test('is STUCK under Recreate when what it goes back to never gets ready, and ends anew when it does', async t => {
      const strategy = { type: 'Recreate' }
      const rollout = await stage.start('Deployment', 'gone-back', { image: 'web:never-ready', spec: { strategy } })
      const only = (tag: string) =>
        until(async () => assert.deepEqual(await rollout.labels('workload_pods'), [`image_tag="${tag}"`]))
      await setImage(rollout, GOOD_IMAGE)
      await only('v2')
      await rollout.untilState('STABLE')
      const endBefore = await rollout.value('rollout_completed_timestamp_seconds')
      await rollout.nextSecond()
      await rollout.kubectl('rollout', 'undo', rollout.object)
      await only('never-ready')
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await untilAnotherGuardSays(t, rollout, 'STUCK')
      await rollout.finish()
      assert.ok((await rollout.value('rollout_completed_timestamp_seconds')) > endBefore)
    })

    test('is STUCK in a release that a quota forbids, with its words, and goes on when the quota is gone', async () => {
      const rollout = await stage.start('Deployment', 'quota', { namespace: 'tight', spec: CAREFUL })
      await rollout.kubectl('create', 'quota', 'pods', '--hard=pods=2')
      await until(async () => {
        assert.equal(await rollout.kubectl('get', 'quota/pods', '--output=jsonpath={.status.used.pods}'), '2')
      })
      await setImage(rollout, GOOD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
      await rollout.untilState('STUCK')
      assert.match(await rollout.message(), /exceeded quota: pods/)
      await rollout.kubectl('delete', 'quota/pods')
      await rollout.untilState('STABLE')
    })

    test('stays STABLE when it is scaled beyond a quota', async () => {
      const rollout = await stage.start('Deployment', 'beyond', { namespace: 'tighter' })
      await rollout.kubectl('create', 'quota', 'pods', '--hard=pods=3')
      await until(async () => {
        assert.equal(await rollout.kubectl('get', 'quota/pods', '--output=jsonpath={.status.used.pods}'), '2')
      })
      await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('scale', rollout.object, '--replicas=5')
        await until(async () => {
          const path = 'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].reason}'
          assert.equal(await rollout.kubectl('get', rollout.object, `--output=${path}`), 'FailedCreate')
        })
        await until(async () => assert.equal(await rollout.value('workload_pods'), 3))
      })
    })

    test('is MIXED when somebody changes the image of one pod, and STABLE when that pod is deleted', async () => {
      const rollout = await stage.start('Deployment', 'edited')
      const [pod = ''] = await podsOf(rollout)
      await rollout.kubectl('set', 'image', pod, GOOD_IMAGE)
      await rollout.untilState('MIXED')
      assert.match(
        await rollout.message(),
        /^Pods differ: 2 images run in container app: web:v\d \(1\), web:v\d \(1\)$/
      )
      assert.equal(await rollout.value('workload_running_images'), 2)
      assert.deepEqual(await rollout.labels('workload_held'), [])
      await rollout.kubectl('delete', pod)
      await rollout.untilState('STABLE')
    })
  })

  suite('a StatefulSet', () => {
    test('is ROLLING from set image to the last pod, in the order of its pods', async () => {
      const rollout = await stage.start('StatefulSet', 'ordered')
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.finish()
    })

    test('stays STUCK when a bad template is reverted, until the broken pod is deleted', async () => {
      const rollout = await stage.start('StatefulSet', 'broken')
      await rollout.nextSecond()
      await setImage(rollout, CRASHING_IMAGE)
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await rollout.kubectl('rollout', 'undo', rollout.object)
      await until(async () => {
        assert.deepEqual(await rollout.labels('rollback_info'), [
          'kind="StatefulSet",workload="broken",manager="",release="",revision="",image_tag="",proof="left_by_going_back",pod="broken-1"'
        ])
      })
      await rollout.untilState('STUCK')
      await rollout.kubectl('delete', 'pod/broken-1')
      await rollout.untilState('STABLE')
    })

    test('heals by itself under Parallel when a bad template is reverted', async () => {
      const rollout = await stage.start('StatefulSet', 'parallel', { spec: { podManagementPolicy: 'Parallel' } })
      await setImage(rollout, CRASHING_IMAGE)
      await letDeadlinePass(rollout)
      await rollout.kubectl('rollout', 'undo', rollout.object)
      await rollout.untilState('STABLE')
    })

    test('is MIXED, held, at its partition, and STABLE when the partition is lifted', async () => {
      const rollout = await stage.start('StatefulSet', 'canary', { spec: HELD_BY_PARTITION })
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.finish('MIXED')
      assert.deepEqual(await rollout.labels('workload_held'), ['reason="partition"'])
      await rollout.patch({ spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
      await rollout.untilState('ROLLING')
      await rollout.finish()
      assert.deepEqual(await rollout.labels('workload_held'), [])
    })

    test('is MIXED, held, under OnDelete while some of its pods were deleted, and STABLE when all were', async () => {
      const rollout = await stage.start('StatefulSet', 'by-hand', { spec: ON_DELETE })
      await rollout.onlyIn(['STABLE', 'MIXED'], async () => {
        await setImage(rollout, GOOD_IMAGE)
        await rollout.kubectl('delete', 'pod/by-hand-0')
        await rollout.untilState('MIXED')
        assert.deepEqual(await rollout.labels('workload_held'), ['reason="on_delete"'])
        await rollout.kubectl('delete', 'pod/by-hand-1')
        await rollout.untilState('STABLE')
        await until(async () => assert.deepEqual(await rollout.labels('workload_held'), []))
      })
    })

    test('stays STABLE when it is scaled and when a pod is deleted, though the pod that comes never gets ready', async () => {
      const rollout = await stage.start('StatefulSet', 'grown', { image: 'web:never-ready' })
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('delete', 'pod/grown-1')
        await until(async () => assert.equal(await rollout.value('workload_pods'), 2))
        await rollout.letPodsBe('ready', 'STABLE')
        await rollout.kubectl('scale', rollout.object, '--replicas=3')
        await until(async () => assert.equal(await rollout.value('workload_pods'), 3))
        await rollout.kubectl('scale', rollout.object, '--replicas=1')
        await until(async () => assert.equal(await rollout.value('workload_pods'), 1))
      })
    })

    test('is ROLLING when its template was changed at nothing, until the pods that come back are ready', async () => {
      const rollout = await stage.start('StatefulSet', 'from-nothing')
      const revisions = 'jsonpath={.status.currentRevision} {.status.updateRevision} {.status.observedGeneration}'
      await rollout.kubectl('scale', rollout.object, '--replicas=0')
      await until(async () => assert.deepEqual(await rollout.labels('workload_pods'), []))
      await setImage(rollout, HELD_IMAGE)
      await until(async () => {
        const [current, update, observed] = (
          await rollout.kubectl('get', rollout.object, `--output=${revisions}`)
        ).split(' ')
        assert.deepEqual([current, observed], [update, '3'])
      })
      await rollout.kubectl('scale', rollout.object, '--replicas=2')
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await rollout.finish()
    })

    test('whose very first rollout hangs is STUCK, and STABLE when it goes on', async () => {
      const rollout = await stage.create('StatefulSet', 'first', { image: 'web:never-ready' })
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await rollout.finish()
    })
  })

  suite('a DaemonSet', () => {
    test('is ROLLING from set image to the last node', async () => {
      const rollout = await stage.start('DaemonSet', 'agent')
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.finish()
    })

    test('is STUCK with a bad image, and STABLE after undo', async () => {
      const rollout = await stage.start('DaemonSet', 'agent-broken')
      await setImage(rollout, 'app=web:pull-error')
      await rollout.untilState('ROLLING')
      await letDeadlinePass(rollout)
      await rollout.kubectl('rollout', 'undo', rollout.object)
      await rollout.untilState('STABLE')
    })

    test('is MIXED, held, under OnDelete while some of its pods were deleted, and STABLE when all were', async () => {
      const rollout = await stage.start('DaemonSet', 'agent-by-hand', { spec: ON_DELETE })
      const [first = '', ...others] = await podsOf(rollout)
      await setImage(rollout, GOOD_IMAGE)
      await rollout.kubectl('delete', first)
      await rollout.untilState('MIXED')
      assert.deepEqual(await rollout.labels('workload_held'), ['reason="on_delete"'])
      await rollout.kubectl('delete', ...others)
      await rollout.untilState('STABLE')
      await until(async () => assert.deepEqual(await rollout.labels('workload_held'), []))
    })

    test('with a tainted node stays STABLE, ends a rollout without it, and stays STABLE when the taint goes', async t => {
      const rollout = await stage.start('DaemonSet', 'agent-tainted')
      const untaint = () => rollout.kubectl('taint', 'node', NODES[0], 'maintenance-')
      t.after(() => untaint().catch(() => {}))
      // The controller looks at the nodes again when something else changes.
      const desired = async (count: number) => {
        await rollout.kubectl('annotate', rollout.object, '--overwrite', `test/look-again=${count}`)
        await until(async () => {
          const path = 'jsonpath={.status.desiredNumberScheduled}'
          assert.equal(await rollout.kubectl('get', rollout.object, `--output=${path}`), String(count))
        })
      }
      await rollout.onlyIn(['STABLE'], async () => {
        await rollout.kubectl('taint', 'node', NODES[0], 'maintenance=now:NoSchedule')
        await desired(2)
      })
      await setImage(rollout, HELD_IMAGE)
      await rollout.untilState('ROLLING')
      await rollout.finish()
      await until(async () => assert.equal(await rollout.value('workload_pods'), 2))
      await rollout.onlyIn(['STABLE'], async () => {
        await untaint()
        await desired(3)
        await until(async () => assert.equal(await rollout.value('workload_pods'), 3))
      })
    })
  })

  test('a service whose workload is not there is UNKNOWN, until somebody makes it and when it is deleted', async t => {
    const targets = join(temporaryFolder(t), 'targets.yaml')
    writeFileSync(targets, 'targets: [{ service: to-come, namespace: shop }]')
    const { cluster } = stage
    const guard = await serveGuard(t, {
      KUBECONFIG: await cluster.controlPlane.kubeconfigFor({ tokenFile: cluster.tokenFile }),
      WATCH_PODS: 'true',
      TARGETS_FILE: targets
    })
    const untilState = (state: string) =>
      until(async () => {
        const sample = `\nkeybuzz_workload_state{namespace="shop",service="to-come",state="${state}"} 1\n`
        assert.ok((await guard.metrics()).includes(sample), state)
      })
    await untilState('UNKNOWN')
    const rollout = await stage.create('Deployment', 'to-come', { image: 'web:never-ready' })
    await untilState('ROLLING')
    await rollout.finish()
    await untilState('STABLE')
    await rollout.kubectl('delete', rollout.object)
    await untilState('UNKNOWN')
  })

  // The last: the node stays lost.
  test('what is STABLE stays so when a node is lost', async () => {
    const agent = await stage.start('DaemonSet', 'agent-lost')
    const web = await stage.start('Deployment', 'web-lost', { replicas: 3 })
    await agent.onlyIn(['STABLE'], () =>
      web.onlyIn(['STABLE'], async () => {
        await stage.kubelet.lose('node-c')
        await until(async () => {
          const path = 'jsonpath={.status.numberReady}'
          assert.equal(await agent.kubectl('get', agent.object, `--output=${path}`), '2')
        })
      })
    )
  })

  test('the guard did nothing but read', () => assertReadOnly(stage.cluster.controlPlane))
})
