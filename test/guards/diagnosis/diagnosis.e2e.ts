// Each culprit comes from something that happens to a service on real controllers; the real guard says who it is.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import type { Culprit } from '../../../src/domain/diagnosis.ts'
import { FATE_ANNOTATION } from '../../control-plane/kubelet.ts'
import { needs } from '../../support/component.ts'
import { controllersMissing } from '../../support/control-plane.ts'
import { type RunningGuard, serveGuard } from '../../support/guard-process.ts'
import { type Rollout, type RolloutCluster, startRolloutCluster } from '../../support/rollout-cluster.ts'
import { startService } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const PREFIX = 'version-guard.keybuzz.io'
const PUBLIC = '127.0.0.1'
const V1 = { version: 'v1', gitSha: 'abc1234' }
const V0 = { version: 'v0', gitSha: '0001111' }

interface StatusAnswer {
  readonly services: readonly {
    readonly service: string
    readonly diagnosis: {
      readonly culprit: Culprit
      readonly message: string
      readonly pods: readonly string[]
      readonly since: string | null
    } | null
  }[]
}

suite('who is out of step, on a real control plane', needs(controllersMissing), () => {
  const ends: (() => Promise<void> | void)[] = []
  const life = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
  /** What is answered at an address, by the address and the path; absent: 503. */
  const reports = new Map<string, object>()
  let stage: RolloutCluster
  let guard: RunningGuard
  let registry: Registry
  let port = 0
  let addresses = 0

  before(async () => {
    stage = await startRolloutCluster()
    life.after(stage.close)
    registry = await startRegistry()
    const server = createServer((request, response) => {
      const report = reports.get(`${request.socket.localAddress}${request.url}`)
      if (report === undefined) response.statusCode = 503
      response.setHeader('content-type', 'application/json').end(JSON.stringify(report ?? {}))
    })
    await once(server.listen(0, '0.0.0.0'), 'listening')
    life.after(() => {
      server.close()
      server.closeAllConnections()
    })
    port = (server.address() as AddressInfo).port
    guard = await serveGuard(life, {
      KUBECONFIG: await stage.cluster.controlPlane.kubeconfigFor({ tokenFile: stage.cluster.tokenFile }),
      WATCH_PODS: 'true',
      CHECK_INTERVAL: '300ms',
      ENDPOINT_ALLOW: '127.0.0.0/8',
      IMAGE_UPDATES: 'opt-in',
      REGISTRY_INSECURE: registry.host
    })
  })
  after(async () => {
    for (const end of ends.splice(0)) await end()
  })

  /** A registry whose every tag is one image, built from commit def5678. */
  async function startRegistry(): Promise<Registry> {
    const hash = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
    const config = JSON.stringify({ config: { Labels: { 'org.opencontainers.image.revision': 'def5678' } } })
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: { digest: hash(config) } })
    const digest = hash(manifest)
    const url = await startService(life, (request, response) => {
      const [, kind, reference = ''] = /\/(tags|manifests|blobs)\/([^?]+)/.exec(request.url ?? '') ?? []
      if (kind === 'tags') return void response.end(JSON.stringify({ name: 'web', tags: ['v1'] }))
      if (kind === 'blobs') return void response.end(config)
      if (reference !== 'v1' && reference !== digest) return void response.writeHead(404).end()
      response.setHeader('docker-content-digest', digest).end(manifest)
    })
    return { host: new URL(url).host, digest }
  }

  /** What each of the service's pods says at an address of its own; gives their names. */
  function letPodsSay({ name, kubectl }: Rollout, report: object, imageId?: string): Promise<readonly string[]> {
    // A pod of the revision before may go meanwhile.
    return until(async () => {
      const output = await kubectl('get', 'pods', `--selector=app=${name}`, '--output=json')
      const { items } = JSON.parse(output) as PodList
      const pods = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      for (const { metadata } of pods) {
        addresses += 1
        const ip = `127.0.1.${addresses}`
        reports.set(`${ip}/${name}`, report)
        const set = (path: string, value: string) => ({ op: 'replace', path: `/status/${path}`, value })
        const change = [
          set('podIP', ip),
          ...(imageId === undefined ? [] : [set('containerStatuses/0/imageID', imageId)])
        ]
        const patch = `--patch=${JSON.stringify(change)}`
        await kubectl('patch', 'pod', metadata.name, '--subresource=status', '--type=json', patch)
      }
      return pods.map(({ metadata }) => metadata.name)
    })
  }

  /** A Deployment of `web:v1` whose address and whose pods report it. */
  async function start(name: string, { image = 'web:v1', annotations = {}, imageId }: Wish = {}) {
    reports.set(`${PUBLIC}/${name}`, V1)
    const rollout = await stage.start('Deployment', name, {
      ...(image === 'web:v1' ? {} : { image }),
      annotations: {
        [`${PREFIX}/endpoint`]: `http://${PUBLIC}:${port}/${name}`,
        [`${PREFIX}/endpoint-scope`]: 'pods',
        [`${PREFIX}/endpoint-port`]: String(port),
        ...annotations
      },
      // Neither of the two pods may be missing, so a rollout stops at the first one that does not become ready.
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
    })
    const pods = await letPodsSay(rollout, V1, imageId)
    return { rollout, pods }
  }

  async function diagnosisOf(name: string) {
    const { services } = (await (await guard.get('/api/v1/status')).json()) as StatusAnswer
    const diagnosis = services.find(({ service }) => service === name)?.diagnosis
    assert.ok(diagnosis)
    return diagnosis
  }

  const untilCulprit = (name: string, culprit: Culprit, words = /./) =>
    until(async () => {
      const diagnosis = await diagnosisOf(name)
      assert.equal(diagnosis.culprit, culprit, diagnosis.message)
      assert.match(diagnosis.message, words)
      const line = `keybuzz_version_culprit{namespace="shop",service="${name}",culprit="${culprit}"} 1`
      assert.ok((await guard.metrics()).includes(`\n${line}\n`))
      return diagnosis
    })

  test('is nobody, then the route, then the build, then one pod, then nobody again', async () => {
    const { pods, rollout } = await start('web')
    await untilCulprit('web', 'none', /^Nobody is out of step: v1 is deployed and reported$/)

    reports.set(`${PUBLIC}/web`, V0)
    await untilCulprit(
      'web',
      'route',
      /^The public address reports v0, but the pods report v1, which is deployed: a cache answers/
    )
    await letPodsSay(rollout, V0)
    await untilCulprit('web', 'build', /^All pods run the tag v1, but report v0: the image was built/)

    reports.set(`${PUBLIC}/web`, V1)
    await letPodsSay(rollout, V1)
    await untilCulprit('web', 'none')
    reports.set(`127.0.1.${addresses}/web`, V0)
    const { message, pods: odd, since } = await untilCulprit('web', 'pods')
    assert.deepEqual(odd, [pods.at(-1)])
    assert.ok(since !== null && Date.parse(since) <= Date.now())
    assert.match(
      message,
      /^1 of 2 pods is out of step, and no rollout is under way: web-\S+, created at \S+Z, reports v0, commit 0001111$/
    )

    reports.set(`127.0.1.${addresses}/web`, V1)
    await untilCulprit('web', 'none')
  })

  test('is the rollout while it goes on, and nobody when it has ended', async () => {
    const { rollout } = await start('rolling')
    await untilCulprit('rolling', 'none')
    await rollout.nextSecond()
    await rollout.patch({
      spec: {
        template: {
          metadata: { annotations: { [FATE_ANNOTATION]: 'never-ready' } },
          spec: { containers: [{ name: 'app', image: 'web:v2' }] }
        }
      }
    })
    const words = /^Rollout under way: .+; it began at \S+Z; the public address reports v1$/
    const { since } = await untilCulprit('rolling', 'rollout', words)
    assert.ok(since !== null)
    // The guard of the cluster may be behind ours, and would take the rollout before for this one.
    await rollout.untilState('ROLLING')
    await rollout.finish()
    const report = { version: 'v2', gitSha: 'abc1234' }
    await letPodsSay(rollout, report)
    reports.set(`${PUBLIC}/rolling`, report)
    await untilCulprit('rolling', 'none')
  })

  test('is the deployment, where it is not what was declared', async () => {
    const { rollout } = await start('declared')
    await rollout.kubectl('label', rollout.object, 'app.kubernetes.io/version=2')
    await untilCulprit(
      'declared',
      'deployment',
      /^v1 is deployed and reported, but 2 \(by the label app\.kubernetes\.io\/version\) is declared/
    )
  })

  test('is the endpoint, with the reason, and what the pods say all the same', async () => {
    await start('down')
    reports.delete(`${PUBLIC}/down`)
    await untilCulprit(
      'down',
      'endpoint',
      /^No usable report: .*503.*; at their own addresses the pods report v1, which is deployed$/
    )
  })

  test('is unknown where nobody asks the pods, and says what to set', async () => {
    const { rollout } = await start('unasked')
    const scope = `${PREFIX}/endpoint-scope`
    await rollout.kubectl('annotate', rollout.object, `${scope}-`, `${PREFIX}/endpoint-port-`)
    reports.set(`${PUBLIC}/unasked`, V0)
    const { message } = await untilCulprit('unasked', 'unknown', /set the annotation/)
    assert.equal(
      message,
      `The public address reports v0, but v1 is deployed; what each pod reports would decide: set the annotation ${scope}: pods`
    )
    await rollout.kubectl('annotate', rollout.object, `${scope}=pods`, `${PREFIX}/endpoint-port=${port}`)
    await untilCulprit('unasked', 'route')
  })

  test('is the metadata, where the commit is not that of the image in the registry', async () => {
    const image = `${registry.host}/web:v1`
    const annotations = { [`${PREFIX}/image-updates`]: 'true' }
    await start('labelled', { image, annotations, imageId: `${registry.host}/web@${registry.digest}` })
    await untilCulprit(
      'labelled',
      'metadata',
      /^v1 is right, but its commit is not: abc1234 is reported, and the image's label \S+ says def5678/
    )
  })

  test('is the tag, where the registry has another image under it', async () => {
    await start('moved', {
      image: `${registry.host}/web:v1`,
      annotations: { [`${PREFIX}/image-updates`]: 'true' }
    })
    const { message } = await untilCulprit('moved', 'tag_moved')
    assert.ok(message.includes(`the tag v1 means ${registry.digest.slice(0, 19)} now`), message)
  })
})

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[]
}

interface Registry {
  /** Host and port. */
  readonly host: string
  readonly digest: string
}

interface Wish {
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** What the runtime says that it runs. */
  readonly imageId?: string
}
