import { join } from 'node:path'
import { stringify } from 'yaml'
import { deployment } from '../../test/support/cluster-objects.ts'
import { nextMessage, startNode } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import type { Answer } from './service.ts'

export interface DemoService {
  readonly name: string
  readonly kind: 'Deployment' | 'StatefulSet'
  readonly image: string
  /** More than one: it changes its mind every few seconds. */
  readonly answers: readonly Answer[]
  readonly updatedReplicas: number
  /** Whether its rollout has gone past its deadline. */
  readonly isHung?: boolean
}

const REPLICAS = 3
const NAMESPACE = 'keybuzz-demo'
/** The tags that the registry has of the portal's image. */
export const PORTAL_TAGS = ['v2.4.0', 'v2.4.1', 'v2.5.0'] as const
const GIT_SHA = '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10'
const says = (version: string, gitSha: string | null = GIT_SHA): Answer => ({
  report: { version, gitSha, buildDate: '2026-11-03T08:15:00Z' }
})
const service = (name: string, image: string, answers: readonly Answer[], more: Partial<DemoService> = {}) => ({
  name,
  kind: 'Deployment' as const,
  image: `ghcr.io/keybuzzio/${image}`,
  answers,
  updatedReplicas: REPLICAS,
  ...more
})

/** One service for each status, two in the middle of a rollout, one of which hangs, and one that changes its mind. */
export const FLEET: readonly DemoService[] = [
  service('keybuzz-client', 'keybuzz-client:v0.2.12-dev', [says('v0.2.33-dev')]),
  service('keybuzz-admin', 'keybuzz-admin:v0.2.33-dev', [says('v0.2.33-dev')]),
  service('keybuzz-api', 'keybuzz-api:v1.8.0', [{ status: 404 }]),
  service('keybuzz-worker', 'keybuzz-worker:v1.8.0', [says('v1.8.0', 'unknown')]),
  service('keybuzz-search', `keybuzz-search@sha256:${'7c'.repeat(32)}`, [says('v3.1.0')], { kind: 'StatefulSet' }),
  service('keybuzz-billing', 'keybuzz-billing:v2.0.1', [says('v2.0.0')], { updatedReplicas: 1 }),
  service('keybuzz-orders', 'keybuzz-orders:v3.2.0', [says('v3.2.0')], { updatedReplicas: 1, isHung: true }),
  service('keybuzz-mailer', 'keybuzz-mailer:v1.4.0', [says('v1.4.0'), says('v1.3.9'), { status: 503 }])
]

/**
 * Starts each service as a process of its own, on a free port of 127.0.0.1. When all of them listen, resolves with the
 * manifests that deploy them.
 */
export async function startFleet(stage: Stage, services: readonly DemoService[]): Promise<DemoManifest[]> {
  const file = join(import.meta.dirname, 'service.ts')
  const starting = services.map(async demo => {
    const port = await nextMessage(startNode(stage, { file, args: [JSON.stringify(demo.answers)] }))
    return manifestOf(demo, `http://127.0.0.1:${port}/debug/version`)
  })
  return Promise.all(starting)
}

type DemoManifest = ReturnType<typeof manifestOf>

/** A gate on the first of these services, which nobody scrapes: it says NO-GO, and what to do. */
export function gateOf([first]: readonly DemoManifest[]): string {
  const { name = '', annotations } = first?.metadata ?? {}
  const { origin } = new URL(annotations?.['version-guard.keybuzz.io/endpoint'] ?? '')
  const service = { name, namespace: NAMESPACE, url: origin }
  return stringify({ service, health: { '/debug/version': { status: 200 }, '/readyz': { status: 200 } } })
}

function manifestOf({ name, kind, image, updatedReplicas, isHung = false }: DemoService, endpoint: string) {
  const manifest = deployment(name, {
    namespace: NAMESPACE,
    image,
    endpoint,
    replicas: REPLICAS,
    updatedReplicas,
    isHung
  })
  if (kind === 'Deployment') return manifest
  const revisions = { currentRevision: `${name}-1`, updateRevision: `${name}-1` }
  return { ...manifest, kind, status: { ...manifest.status, ...revisions } }
}

/** A Deployment without an endpoint, whose image waits for an update in this registry. */
export function outdatedPortal(registry: string): object {
  return deployment('keybuzz-portal', {
    namespace: NAMESPACE,
    image: `${registry}/keybuzzio/keybuzz-portal:${PORTAL_TAGS[0]}`,
    annotations: { 'version-guard.keybuzz.io/enabled': 'true', 'version-guard.keybuzz.io/image-updates': 'true' },
    replicas: REPLICAS
  })
}
