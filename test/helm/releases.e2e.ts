import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { serveGuard } from '../support/guard-process.ts'
import { ALL_HELMS, type HelmName } from '../support/helm.ts'
import { type Exchange, type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts'
import { until } from '../support/until.ts'
import { ACCOUNT, clusterMissing, type HelmCluster, NAMESPACE, startHelmCluster } from './cluster.ts'
import { writeShopChart } from './shop-chart.ts'

const CANARY = 'canary-4f9d1c2e'
const VALUES = {
  namespaces: [NAMESPACE],
  config: { HELM_RELEASES: true },
  requiredObjects: [{ namespace: NAMESPACE, configMaps: ['config'], secrets: ['db', 'missing'], jobs: ['migrate'] }]
}

// kubectl apply keeps what it was given among the annotations, in clear.
const APPLIED = [
  { kind: 'Secret', name: 'db', labels: {}, type: 'Opaque' },
  {
    kind: 'Secret',
    name: 'like-helm',
    labels: { owner: 'helm', name: 'x', version: '1', status: 'failed' },
    type: 'Opaque'
  },
  {
    kind: 'Secret',
    name: 'of-helm',
    labels: { name: 'x', version: '1', status: 'failed' },
    type: 'helm.sh/release.v1'
  },
  { kind: 'ConfigMap', name: 'config', labels: {}, type: undefined }
].map(({ kind, name, labels, type }) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: NAMESPACE, labels },
  ...(kind === 'Secret' ? { type, stringData: { password: CANARY } } : { data: { password: CANARY } })
}))

suite("Helm's releases on a real API server", needs(clusterMissing), () => {
  let cluster: HelmCluster
  let chart: string
  let proxy: RecordingProxy
  before(async () => {
    cluster = await startHelmCluster()
    chart = writeShopChart(cluster.controlPlane.folder)
    proxy = await startRecordingProxy(cluster.controlPlane)
    const values = join(cluster.controlPlane.folder, 'values.json')
    writeFileSync(values, JSON.stringify(VALUES))
    const roles = ['templates/rbac.yaml', 'templates/serviceaccount.yaml'].map(file => `--show-only=${file}`)
    const own = join(import.meta.dirname, '../../helm')
    const { stdout } = await cluster.helm('helm4', 'template', 'guard', own, `--values=${values}`, ...roles)
    await cluster.controlPlane.kubectl(['apply', `--namespace=${NAMESPACE}`, '--filename=-'], stdout)
    for (const object of APPLIED) await cluster.controlPlane.kubectl(['apply', '--filename=-'], JSON.stringify(object))
    const job = { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] }
    const migrate = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate' },
      spec: { template: { spec: job } }
    }
    await cluster.controlPlane.kubectl(['apply', `--namespace=${NAMESPACE}`, '--filename=-'], JSON.stringify(migrate))
  })
  after(async () => {
    await proxy?.close()
    await cluster?.controlPlane.close()
  })

  /** A guard that asks through the proxy, with the rights that the chart grants, and no others. */
  async function startGuard(t: TestContext) {
    const token = await cluster.controlPlane.tokenFor({ namespace: NAMESPACE, serviceAccount: ACCOUNT })
    const kubeconfig = join(cluster.controlPlane.folder, 'guard-kubeconfig')
    const certificate = Buffer.from(proxy.caPem).toString('base64')
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: proxy.url, 'certificate-authority-data': certificate } }],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'c'
      })
    )
    const guard = await serveGuard(t, {
      KUBECONFIG: kubeconfig,
      WATCH_NAMESPACES: NAMESPACE,
      HELM_RELEASES: 'true',
      HELM_DEADLINE: '3s'
    })
    const has = (line: string) =>
      until(async () => {
        const lines = (await guard.metrics()).split('\n')
        assert.ok(
          lines.includes(line),
          `${line}\namong\n${lines.filter(one => /helm|required|migration|release/.test(one)).join('\n')}`
        )
      })
    const status = (release: string, word: string) =>
      has(`keybuzz_helm_release_status{${identity(release)},release="${release}",status="${word}"} 1`)
    const stuck = (release: string, word: string, [revision, back]: readonly [number, number | '']) =>
      has(
        `keybuzz_helm_release_stuck{${identity(release)},release="${release}",release_namespace="${NAMESPACE}",status="${word}",revision="${revision}",rollback_revision="${back}"} 1`
      )
    const notStuck = async (release: string) => {
      const text = await guard.metrics()
      assert.ok(!text.includes(`keybuzz_helm_release_stuck{${identity(release)}`), text)
    }
    return { guard, has, status, stuck, notStuck }
  }

  const identity = (release: string) => `namespace="${NAMESPACE}",service="${release}"`

  /** Begins what waits for ever, and ends it as a CI job that is cancelled does, once `isUnderWay`. */
  async function interrupt(name: HelmName, args: readonly string[], isUnderWay: () => Promise<void>): Promise<void> {
    const child = cluster.start(name, ...args)
    const ended = once(child, 'exit')
    await isUnderWay()
    child.kill('SIGKILL')
    await ended
  }

  for (const name of ALL_HELMS) {
    const shop = `shop-${name.replaceAll('.', '')}`
    const hung = `hung-${name.replaceAll('.', '')}`
    const waiting = ['--wait', '--timeout=10m']

    test(`${name}: every status is seen, and what was interrupted is stuck until somebody goes back`, async t => {
      const { has, status, stuck, notStuck } = await startGuard(t)
      const helm = (...args: readonly string[]) => cluster.helm(name, ...args)
      const upgrade = ['upgrade', shop, chart, `--set=password=${CANARY}`]

      await helm('install', shop, chart, `--set=password=${CANARY}`)
      await status(shop, 'deployed')
      await has(`keybuzz_release_consistent{${identity(shop)}} 1`)
      await has(
        `keybuzz_release_info{${identity(shop)},chart="shop",chart_version="1.2.3+build.7",app_version="1.4.2",revision="1"} 1`
      )
      await helm(...upgrade, '--set=tag=v1.4.3')
      await has(
        `keybuzz_release_info{${identity(shop)},chart="shop",chart_version="1.2.3+build.7",app_version="1.4.2",revision="2"} 1`
      )
      await has(`keybuzz_release_consistent{${identity(shop)}} 0`)
      await notStuck(shop)

      await interrupt(name, [...upgrade, ...waiting], () => status(shop, 'pending-upgrade'))
      await stuck(shop, 'pending-upgrade', [3, 2])
      await assert.rejects(helm(...upgrade), /another operation/)
      await helm('rollback', shop, '2')
      await status(shop, 'deployed')
      await notStuck(shop)
      const history = JSON.parse((await helm('history', shop, '--output=json')).stdout)
      assert.equal(history[2].status, 'pending-upgrade', 'what was interrupted stays pending for ever')

      await assert.rejects(helm(...upgrade, '--set=bad=true'))
      await stuck(shop, 'failed', [5, 4])
      await interrupt(name, ['rollback', shop, '1', ...waiting], () => status(shop, 'pending-rollback'))
      await stuck(shop, 'pending-rollback', [6, 4])
      await helm('rollback', shop, '4')
      await status(shop, 'deployed')
      await notStuck(shop)
      await assert.rejects(helm('rollback', shop, '2', '--wait', '--timeout=2s'))
      await stuck(shop, 'failed', [8, 4])
      await helm('rollback', shop, '4')
      await status(shop, 'deployed')

      await helm(...upgrade, '--set=hold=true')
      await interrupt(name, ['uninstall', shop, '--keep-history'], () => status(shop, 'uninstalling'))
      await helm('uninstall', shop, '--keep-history', '--no-hooks')
      await status(shop, 'uninstalled')
      await notStuck(shop)
    })

    test(`${name}: an interrupted installation goes on by the command that is offered`, async t => {
      const { status, stuck, notStuck } = await startGuard(t)
      await interrupt(name, ['install', hung, chart, ...waiting], () => status(hung, 'pending-install'))
      await stuck(hung, 'pending-install', [1, 1])
      await cluster.helm(name, 'rollback', hung, '1')
      await status(hung, 'deployed')
      await notStuck(hung)
      await cluster.helm(name, 'uninstall', hung)
    })
  }

  test('required objects are looked for by name, and what is not granted is not looked for', async t => {
    const { guard, has } = await startGuard(t)
    await cluster.helm('helm4', 'install', 'needy', chart)
    const object = (kind: string, name: string, value: number) =>
      has(`keybuzz_required_object_present{${identity('needy')},kind="${kind}",name="${name}"} ${value}`)
    await object('Secret', 'db', 1)
    await object('Secret', 'missing', 0)
    await object('ConfigMap', 'config', 1)
    const metrics = await guard.metrics()
    assert.ok(!metrics.includes('not-granted') && !metrics.includes('keybuzz_migration_succeeded{'), metrics)
    const detail = await (await guard.get('/api/v1/status')).text()
    assert.match(detail, /Secret not-granted: not looked for: grant get on secrets with the resourceName not-granted/)
    assert.match(detail, /Migration job migrate has not ended yet/)
    await cluster.helm('helm4', 'uninstall', 'needy')
  })

  test('nothing of a Secret ever came to the guard but names, and the labels of Helm’s records', () => {
    const ofSecrets = proxy.exchanges.filter(({ path }) => /\/(secrets|configmaps)\b/.test(path))
    assert.ok(ofSecrets.some(({ path }) => path.includes('watch=true')))
    assert.ok(ofSecrets.some(({ path }) => path.includes('includeObject=None')))
    for (const exchange of proxy.exchanges) {
      assert.equal(exchange.method, 'GET')
      for (const secret of [CANARY, Buffer.from(CANARY).toString('base64')]) {
        assert.ok(!exchange.body.includes(secret), `${exchange.path} holds ${secret}`)
      }
    }
    for (const exchange of ofSecrets) {
      for (const { kind, annotations, fields } of shownIn(exchange)) {
        assert.ok(['PartialObjectMetadata', 'PartialObjectMetadataList', 'Table', 'Status'].includes(kind), kind)
        assert.deepEqual([annotations, fields.filter(field => field === 'data' || field === 'stringData')], [[], []])
      }
    }
  })
})

/** What the API server showed in an exchange: of each object its kind, and of all in it, annotations and keys. */
function shownIn({ path, body }: Exchange) {
  const texts = path.includes('watch=true') ? body.split('\n').slice(0, -1) : [body]
  return texts
    .filter(text => text !== '')
    .map(text => {
      const parsed = JSON.parse(text)
      const shown = path.includes('watch=true') ? parsed.object : parsed
      const annotations: unknown[] = []
      const fields: string[] = []
      JSON.stringify(shown, (key, value) => {
        fields.push(key)
        // managedFields tell of fields, and hold no values.
        if (key === 'managedFields') return undefined
        // Bookmarks say by one of Kubernetes' own that the first events are over.
        if (key === 'annotations' && Object.keys(value).some(name => name !== 'k8s.io/initial-events-end')) {
          annotations.push(value)
        }
        return value
      })
      return { kind: String(shown.kind), annotations, fields }
    })
}
