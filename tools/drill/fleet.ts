import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployment, listOf } from '../../test/support/cluster-objects.ts'
import { kubeconfigTextFor, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { replaceFile } from '../../test/support/files.ts'
import { watching } from '../../test/support/guard-process.ts'
import { startService } from '../../test/support/services.ts'
import type { Stage } from '../../test/support/stage.ts'

/** All that a drill can change about a service: what is deployed, and what the service says about itself. */
export interface ServiceState {
  readonly deployedTag: string
  readonly updatedReplicas: number
  /** Whether the rollout has gone past its deadline. */
  readonly isHung: boolean
  /** The highest revision of its Helm release. */
  readonly helm: { readonly revision: number; readonly status: string }
  readonly httpStatus: number
  readonly reportedVersion: string
  readonly gitSha: string | null
  /** The digest of the image; a new one is a rollout of the same version. Empty: the image has a tag only. */
  readonly digest: string
  /** When the last rollout ended, ms since the epoch; absent: nobody knows. */
  readonly rolledOutAt?: number
  /** The share of its requests that take a second. */
  readonly slow: number
}

export const NAMESPACE = 'keybuzz-drill'
/** The service that drills break; the others are there to show that no other alert fires. */
export const BROKEN_SERVICE = 'keybuzz-client'
const SERVICES = [BROKEN_SERVICE, 'keybuzz-admin', 'keybuzz-api']
const REPLICAS = 3

export const HEALTHY: ServiceState = {
  deployedTag: 'v0.2.12-dev',
  updatedReplicas: REPLICAS,
  isHung: false,
  helm: { revision: 3, status: 'deployed' },
  httpStatus: 200,
  reportedVersion: 'v0.2.12-dev',
  gitSha: '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10',
  digest: '',
  slow: 0
}

interface ScrapeTargets {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** Where the guard reads the fleet: from a file of manifests, or from an API server, which knows Helm's releases too. */
export type FleetSource = 'file' | 'api-server'

export interface Fleet {
  /** Variables by which a guard finds the fleet. */
  readonly environment: Readonly<Record<string, string>>
  /** Where Prometheus finds what each service measures of its requests, in the form that `scrape_configs` takes. */
  readonly scrapeTargets: readonly ScrapeTargets[]
  /** Sets the state of the service that drills break. */
  change(state: ServiceState): void
}

/** A few services on one free port of 127.0.0.1, all healthy, and what deploys them. */
export async function startFleet(stage: Stage, source: FleetSource): Promise<Fleet> {
  const states = new Map(SERVICES.map(name => [name, HEALTHY]))
  const counters = new Map(SERVICES.map(name => [name, countRequests()]))
  const origin = await startService(stage, (request, response) => {
    const [, name = '', path] = (request.url ?? '').split('/')
    const state = states.get(name)
    if (path === 'metrics' && state !== undefined) {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      response.end(counters.get(name)?.(state.slow, performance.now() / 1000))
      return
    }
    response.writeHead(state?.httpStatus ?? 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ version: state?.reportedVersion, gitSha: state?.gitSha }))
  })
  const workloads = () =>
    [...states].map(([name, { deployedTag, digest, updatedReplicas, isHung, rolledOutAt }]) =>
      deployment(name, {
        namespace: NAMESPACE,
        image: `ghcr.io/keybuzzio/${name}:${deployedTag}${digest === '' ? '' : `@${digest}`}`,
        endpoint: `${origin}/${name}/debug/version`,
        annotations: source === 'file' ? {} : { 'meta.helm.sh/release-name': name },
        replicas: REPLICAS,
        updatedReplicas,
        isHung,
        rolledOutAt
      })
    )
  const { environment, apply } = await (source === 'file' ? writeManifests(stage) : startCluster(stage))
  const applyAll = () => apply([...workloads(), ...[...states].map(([name, { helm }]) => helmRecord(name, helm))])
  applyAll()
  return {
    environment,
    scrapeTargets: SERVICES.map(service => ({
      targets: [new URL(origin).host],
      labels: { namespace: NAMESPACE, service, instance: service, __metrics_path__: `/${service}/metrics` }
    })),
    change: state => {
      states.set(BROKEN_SERVICE, state)
      applyAll()
    }
  }
}

interface Deployed extends Pick<Fleet, 'environment'> {
  apply(objects: readonly { readonly kind: string }[]): void
}

async function writeManifests(stage: Stage): Promise<Deployed> {
  const file = join(stage.folder, 'workloads.json')
  return {
    environment: watching(file),
    apply: objects => replaceFile(file, JSON.stringify(listOf(objects.filter(({ kind }) => kind === 'Deployment'))))
  }
}

async function startCluster(stage: Stage): Promise<Deployed> {
  const server = await startFakeApiServer()
  stage.after(() => server.close())
  const kubeconfig = join(stage.folder, 'kubeconfig')
  writeFileSync(kubeconfig, kubeconfigTextFor(server))
  return {
    environment: {
      KUBECONFIG: kubeconfig,
      WATCH_NAMESPACES: NAMESPACE,
      ENDPOINT_ALLOW: '127.0.0.0/8',
      HELM_RELEASES: 'true',
      // A minute of a drill lasts a second, and a step waits for a quarter of one.
      HELM_DEADLINE: '10s'
    },
    apply: objects => {
      for (const object of objects) server.put(object)
    }
  }
}

// Older records stay when newer ones come: an interrupted upgrade is pending in the history for ever.
function helmRecord(name: string, { revision, status }: ServiceState['helm']) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      namespace: NAMESPACE,
      name: `sh.helm.release.v1.${name}.v${revision}`,
      creationTimestamp: new Date().toISOString(),
      labels: { owner: 'helm', name, version: String(revision), status }
    }
  }
}

const REQUESTS_PER_SECOND = 20

/** Counters of requests as a service exposes them: each call adds the requests since the call before. */
function countRequests(): (slow: number, seconds: number) => string {
  let all = 0
  let fast = 0
  let last: number | undefined
  return (slow, seconds) => {
    const since = REQUESTS_PER_SECOND * (seconds - (last ?? seconds))
    last = seconds
    all += since
    fast += since * (1 - slow)
    return `http_requests_total{code="200"} ${all}
http_request_duration_seconds_bucket{le="0.25"} ${fast}
http_request_duration_seconds_bucket{le="1"} ${all}
http_request_duration_seconds_bucket{le="+Inf"} ${all}
`
  }
}
