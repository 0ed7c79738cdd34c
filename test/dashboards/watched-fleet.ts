import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { deployment, endedAt, podOf } from '../support/cluster-objects.ts'
import { kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { type RunningPrometheus, startRecording } from '../support/prometheus.ts'
import { startLabelledRegistry } from '../support/registry-labelled.ts'
import { reporting, silent, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const GIT_SHA = '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10'
const TURN_MS = 2_000

interface Watched {
  readonly image: string
  readonly answer: RequestListener
  /** What its workload is in the middle of; undefined: nothing. */
  readonly rollout?: 'under way' | 'hung' | 'paused'
}

const says = (version: string, gitSha: string | null = GIT_SHA) => reporting({ version, gitSha })

/** Fine, then of another version, then broken, over and over. */
const changeable: RequestListener = (request, response) => {
  const turn = Math.floor(Date.now() / TURN_MS) % 3
  if (turn === 2) response.writeHead(503).end()
  else says(turn === 0 ? 'v1.4.0' : 'v1.3.9')(request, response)
}

// Every status and several reasons to fail; one namespace has a service by the name of another's.
const FLEET: Readonly<Record<string, Watched>> = {
  'shop/client': { image: 'client:v0.2.12-dev', answer: says('v0.2.33-dev') },
  'shop/admin': { image: 'admin:v0.2.33-dev', answer: says('v0.2.33-dev') },
  'shop/api': { image: 'api:v1.8.0', answer: (_request, response) => response.writeHead(404).end() },
  'shop/worker': { image: 'worker:v1.8.0', answer: says('v1.8.0', null) },
  'shop/search': { image: `search@sha256:${'7c'.repeat(32)}`, answer: says('v3.1.0') },
  'shop/checkout': { image: 'checkout:v2.1.0', answer: says('v2.0.9'), rollout: 'under way' },
  'shop/slow': { image: 'slow:v2.0.0', answer: silent },
  'shop/mailer': { image: `mailer:v1.4.0@sha256:${'1d'.repeat(32)}`, answer: changeable, rollout: 'under way' },
  'shop/cart': { image: 'cart:v2.4.0', answer: says('v2.3.0'), rollout: 'hung' },
  'shop/search-ui': { image: 'search-ui:v5.0.0', answer: says('v4.9.0'), rollout: 'paused' },
  'bank/api': { image: 'api:v4.0.0', answer: says('v4.0.0') }
}

/** The service whose history has everything: each answer in turn, in the middle of a rollout. */
export const EVENTFUL = { namespace: 'shop', service: 'mailer' }

/** One that is in the fleet for its image alone. */
export const WITHOUT_ENDPOINT = 'behind'

/** How many services with an endpoint the guard watches. */
export const SERVICES = Object.keys(FLEET).length + 1

/** How many it watches at all: two are in the fleet for their images alone. */
export const TARGETS = SERVICES + 2

/**
 * A real Prometheus that scrapes two replicas of the real guard, which watch a fleet of real services in a Kubernetes
 * that lists and watches. Ends with the test.
 */
export async function watchFleet(t: TestContext): Promise<RunningPrometheus> {
  const api = await startFakeApiServer()
  t.after(api.close)
  const objects = new Map<string, ReturnType<typeof deployment>>()
  for (const [key, { image, answer, rollout }] of Object.entries(FLEET)) {
    const [namespace = '', name = ''] = key.split('/')
    const annotations = { 'version-guard.keybuzz.io/endpoint': `${await startService(t, answer)}/debug/version` }
    const isHung = rollout === 'hung'
    const updatedReplicas = rollout === undefined ? 1 : 0
    const wish = { namespace, image: `ghcr.io/keybuzzio/${image}`, annotations, updatedReplicas, isHung }
    const wished = deployment(name, wish)
    objects.set(key, wished)
    api.put({ ...wished, spec: { ...wished.spec, paused: rollout === 'paused' } })
  }
  const registry = await startLabelledRegistry(t, ['1.0.0', '1.4.2', '2.0.0'])
  // One that is behind and whose tag has moved, and one that the registry does not have.
  for (const [name, image] of [
    [WITHOUT_ENDPOINT, `behind:1.0.0@sha256:${'5b'.repeat(32)}`],
    ['gone', 'gone:9.9.9']
  ]) {
    const annotations = { 'version-guard.keybuzz.io/enabled': 'true', 'version-guard.keybuzz.io/image-updates': 'true' }
    api.put(deployment(name ?? '', { namespace: 'shop', image: `${registry.host}/shop/${image}`, annotations }))
  }
  api.put(podOf('admin', `sha256:${'3e'.repeat(32)}`))
  const folder = temporaryFolder(t)
  const kubeConfig = join(folder, 'kubeconfig')
  writeFileSync(kubeConfig, kubeconfigTextFor(api))
  const missing = { service: 'ghost', namespace: 'shop', endpoint: await startService(t, says('v9.9.9')) }
  const targets = join(folder, 'targets.json')
  writeFileSync(targets, JSON.stringify({ targets: [missing] }))

  const traffic = await startService(t, (_request, response) => response.end(measured(Date.now() / 1000)))
  const gate = join(folder, 'gate.json')
  writeFileSync(gate, JSON.stringify({ service: { name: 'api', namespace: 'bank', url: traffic } }))

  const env = {
    KUBECONFIG: kubeConfig,
    TARGETS_FILE: targets,
    ENDPOINT_ALLOW: '127.0.0.0/8',
    WATCH_PODS: 'true',
    IMAGE_UPDATES: 'opt-in',
    REGISTRY_INSECURE: registry.host,
    GATE_CONFIG: gate,
    GATE_INTERVAL: '500ms',
    CHECK_INTERVAL: '500ms',
    CHECK_TIMEOUT: '400ms'
  }
  const replicas = await Promise.all([serveGuard(t, env), serveGuard(t, env)])
  const prometheus = await startRecording(t, ...replicas.map(({ url }) => url), traffic)
  // For its first seconds, Prometheus looks for its targets.
  await until(async () => assert.equal((await prometheus.query('up == 1')).length, 3))
  const { namespace, service } = ROLLED_OUT
  const object = objects.get(`${namespace}/${service}`)
  api.put({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${service}-7d9f`,
      namespace,
      uid: 'replica-set-of-api',
      creationTimestamp: '2026-11-03T03:04:05Z',
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      labels: { 'pod-template-hash': '7d9f' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: service, controller: true }]
    },
    spec: { replicas: 1, template: object?.spec.template }
  })
  const status = { ...object?.status, conditions: [endedAt(Date.now() + 1000)] }
  api.put({ ...object, status })
  return prometheus
}

/** The service whose rollout ends before everybody's eyes. */
const ROLLED_OUT = { namespace: 'bank', service: 'api' }

/** What Prometheus would have of that service and of a database. */
function measured(seconds: number): string {
  const service = `namespace="${ROLLED_OUT.namespace}",service="${ROLLED_OUT.service}"`
  return `http_requests_total{${service},code="200",path="/accounts"} ${100 * seconds}
http_requests_total{${service},code="503",path="/transfers"} ${2 * seconds}
http_request_duration_seconds_bucket{${service},le="0.25"} ${80 * seconds}
http_request_duration_seconds_bucket{${service},le="+Inf"} ${102 * seconds}
process_start_time_seconds{${service}} ${seconds - 60}
pg_stat_activity_count{namespace="bank",service="postgres"} 12
`
}
