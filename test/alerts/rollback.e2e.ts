// Runs the command that the alert gives a person, as it is printed: it must bring back what the message promises.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { judgeObjects } from '../guards/rollout/judge-objects.ts'
import { needs } from '../support/component.ts'
import { controllersMissing } from '../support/control-plane.ts'
import { prometheusMissing, startAlerting } from '../support/prometheus.ts'
import { type Rollout, type RolloutCluster, startRolloutCluster } from '../support/rollout-cluster.ts'
import { until } from '../support/until.ts'

const ASSETS = process.env.KUBEBUILDER_ASSETS ?? ''
const DEADLINE = 'version-guard.keybuzz.io/rollout-deadline'
const CAREFUL = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
const RECREATE = { strategy: { type: 'Recreate' } }

suite('the command of an alert', needs(controllersMissing ?? prometheusMissing), () => {
  const ends: (() => Promise<void> | void)[] = []
  let stage: RolloutCluster
  let prometheus: Awaited<ReturnType<typeof startAlerting>>
  before(async () => {
    const life = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
    stage = await startRolloutCluster()
    life.after(stage.close)
    prometheus = await startAlerting(life, stage.guard.url)
  })
  after(async () => {
    for (const end of ends) await end()
  })

  const setImage = (rollout: Rollout, tag: string) => rollout.kubectl('set', 'image', rollout.object, `app=web:${tag}`)
  const release = async (rollout: Rollout, tag: string) => {
    await setImage(rollout, tag)
    await rollout.untilState('ROLLING')
  }
  /** Resolves when a pod of that release is there, which may never get ready. */
  const untilPodOf = (rollout: Rollout, tag: string) =>
    until(async () => assert.ok((await rollout.labels('workload_pods')).includes(`image_tag="${tag}"`)))
  const letDeadlinePass = async (rollout: Rollout) => {
    await rollout.kubectl('annotate', rollout.object, `${DEADLINE}=1s`)
    await rollout.untilState('STUCK')
  }

  /** The command of the alert about a service, as soon as its message is as it should be. */
  const untilTold = (rollout: Rollout, alert: string, pattern: RegExp): Promise<string> =>
    until(async () => {
      const told = (await prometheus.firing()).find(
        ({ labels }) => labels.alertname === alert && labels.service === rollout.name
      )
      assert.match(told?.annotations.message ?? `${alert} does not fire: ${await rollout.message()}`, pattern)
      return told?.annotations.command ?? ''
    })

  /** What the guard would say of the objects as `kubectl get` saves them. */
  const judgeSaved = async ({ kubectl, object, kind }: Rollout) => {
    const workload = JSON.parse(await kubectl('get', object, '--output=json'))
    const { items } = JSON.parse(await kubectl('get', 'replicasets,controllerrevisions,pods', '--output=json'))
    const target = { rolloutDeadlineMs: 1_000 }
    return judgeObjects({ workload: { ...workload, kind }, others: items }, { now: Date.now(), target })
  }

  /** Runs the alert's command in a shell; it has to be the guard's own. */
  const runAsPrinted = async (rollout: Rollout, printed: string): Promise<string> => {
    assert.equal((await judgeSaved(rollout)).evidence.wayBack.command, printed)
    const env = { PATH: ASSETS, KUBECONFIG: stage.cluster.controlPlane.adminKubeconfig, HOME: '/nonexistent' }
    await promisify(execFile)('/bin/sh', ['-c', printed], { env })
    return printed
  }

  const imageOf = ({ kubectl, object }: Rollout) =>
    kubectl('get', object, '--output=jsonpath={.spec.template.spec.containers[0].image}')
  const expectBack = async (rollout: Rollout, image: string) => {
    await rollout.untilState('STABLE')
    assert.equal(await imageOf(rollout), image)
    const path = 'jsonpath={.items[*].spec.containers[0].image}'
    await until(async () => {
      const images = await rollout.kubectl('get', 'pods', `--selector=app=${rollout.name}`, `--output=${path}`)
      assert.deepEqual([...new Set(images.split(' '))], [image])
    })
  }

  test('goes back over two bad releases to the one that still serves', async () => {
    const rollout = await stage.start('Deployment', 'two-bad', { spec: CAREFUL })
    await release(rollout, 'crash')
    await release(rollout, 'pull-error')
    await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
    const told = await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1 \(proof: serves\)/)
    const command = await runAsPrinted(rollout, told)
    assert.equal(command, 'kubectl rollout undo deployment/two-bad -n shop --to-revision=1')
    await expectBack(rollout, 'web:v1')
  })

  test('goes back to what ran before, and not to what was left by an undo', async () => {
    const rollout = await stage.start('Deployment', 'after-undo', { spec: RECREATE })
    await rollout.nextSecond()
    await release(rollout, 'v2')
    await rollout.untilState('STABLE')
    await rollout.kubectl('rollout', 'undo', rollout.object)
    await rollout.untilState('STABLE')
    await release(rollout, 'crash')
    await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
    const told = await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1 \(proof: history\)/)
    const command = await runAsPrinted(rollout, told)
    assert.equal(command, 'kubectl rollout undo deployment/after-undo -n shop --to-revision=3')
    await expectBack(rollout, 'web:v1')
  })

  test('is not there when the only other release was left by going back, and undo would go to that one', async () => {
    const rollout = await stage.start('Deployment', 'left', { spec: RECREATE, image: 'web:never-ready' })
    await rollout.nextSecond()
    await release(rollout, 'crash')
    await untilPodOf(rollout, 'crash')
    await rollout.kubectl('rollout', 'undo', rollout.object)
    await until(async () => assert.equal(await imageOf(rollout), 'web:never-ready'))
    await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
    await untilTold(rollout, 'KeyBuzzRolloutStuck', /The guard knows nothing to go back to \(left_by_going_back\)$/)
    await rollout.kubectl('rollout', 'undo', rollout.object)
    await until(async () => assert.equal(await imageOf(rollout), 'web:crash'))
  })

  test('is not there without a history, which kubectl says too', async () => {
    const rollout = await stage.start('Deployment', 'forgetful', { spec: { revisionHistoryLimit: 0 } })
    await setImage(rollout, 'v2')
    await until(async () => {
      const path = 'jsonpath={.items[*].spec.template.spec.containers[0].image}'
      const kept = await rollout.kubectl('get', 'replicasets', '--selector=app=forgetful', `--output=${path}`)
      assert.equal(kept, 'web:v2')
    })
    const [pod = ''] = (await rollout.kubectl('get', 'pods', '--selector=app=forgetful', '--output=name')).split('\n')
    await rollout.kubectl('set', 'image', pod, 'app=web:edited')
    await untilTold(rollout, 'KeyBuzzMixedVersions', /The guard knows nothing to go back to \(no_history_kept\)$/)
    await assert.rejects(rollout.kubectl('rollout', 'undo', rollout.object), /no rollout history found/)
  })

  test('of a release that the guard cannot keep from its only history brings it back while that serves', async () => {
    const rollout = await stage.start('Deployment', 'short', { spec: { ...CAREFUL, revisionHistoryLimit: 0 } })
    await release(rollout, 'crash')
    await rollout.patch({ spec: { progressDeadlineSeconds: 1 } })
    await runAsPrinted(
      rollout,
      await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1 \(proof: serves\)/)
    )
    await expectBack(rollout, 'web:v1')
  })

  test('resumes a paused Deployment first, which kubectl asks for', async () => {
    const rollout = await stage.start('Deployment', 'paused', { spec: CAREFUL })
    await release(rollout, 'crash')
    await rollout.kubectl('rollout', 'pause', rollout.object)
    await until(async () => assert.deepEqual(await rollout.labels('workload_held'), ['reason="paused"']))
    await letDeadlinePass(rollout)
    const told = await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1/)
    await assert.rejects(rollout.kubectl('rollout', 'undo', rollout.object), /paused/)
    await runAsPrinted(rollout, told)
    await rollout.kubectl('annotate', rollout.object, `${DEADLINE}-`)
    await expectBack(rollout, 'web:v1')
  })

  test('is two commands for a StatefulSet, of which the first alone would leave it stuck', async () => {
    const rollout = await stage.start('StatefulSet', 'db')
    await release(rollout, 'crash')
    await letDeadlinePass(rollout)
    const told = await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1 \(proof: serves\)/)
    const command = await runAsPrinted(rollout, told)
    const undo = 'kubectl rollout undo statefulset/db -n shop --to-revision=1'
    assert.equal(command, `${undo} && kubectl delete pod db-1 -n shop`)
    await expectBack(rollout, 'web:v1')
  })

  test('frees a StatefulSet whose bad template somebody reverted', async () => {
    const rollout = await stage.start('StatefulSet', 'reverted')
    await rollout.nextSecond()
    await release(rollout, 'crash')
    await untilPodOf(rollout, 'crash')
    await rollout.kubectl('rollout', 'undo', rollout.object)
    await until(async () => assert.equal(await imageOf(rollout), 'web:v1'))
    await letDeadlinePass(rollout)
    const pattern = /nothing to go back to \(left_by_going_back\); the command frees the pod that is stuck$/
    const command = await runAsPrinted(rollout, await untilTold(rollout, 'KeyBuzzRolloutStuck', pattern))
    assert.equal(command, 'kubectl delete pod reverted-1 -n shop')
    await expectBack(rollout, 'web:v1')
  })

  test('goes back with a DaemonSet', async () => {
    const rollout = await stage.start('DaemonSet', 'agent')
    await release(rollout, 'pull-error')
    await letDeadlinePass(rollout)
    const told = await untilTold(rollout, 'KeyBuzzRolloutStuck', /You can go back to v1 \(proof: serves\)/)
    const command = await runAsPrinted(rollout, told)
    assert.equal(command, 'kubectl rollout undo daemonset/agent -n shop --to-revision=1')
    await expectBack(rollout, 'web:v1')
  })
})
