// A cheap stand-in for an API server: it serves lists and watches of Deployments and of what they own, and puts the lists
// together from texts that were made before. Arguments: how many Deployments; the port of their endpoints; whether `all`
// of them have an endpoint or only the `last`; a folder for the kubeconfig; what each Deployment owns, in JSON.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubeconfigTextFor, startFakeApiServer } from '../../../test/support/fake-api-server.ts'
import { endpointOf } from '../fleet.ts'
import { wholeDeployment } from '../whole-deployment.ts'
import { type Owned, replicaSetMetadata, wholePod } from '../whole-pod.ts'

export type ApiQuestion =
  | { readonly await: 'sync' | 'watches' }
  | { readonly change: 'all' | 'last'; readonly tag: string }

const DEPLOYMENTS = '/apis/apps/v1/deployments'
const PODS = '/api/v1/pods'
const REPLICA_SETS = '/apis/apps/v1/replicasets'
const [, , count, port, asked, folder = '', ownedText = ''] = process.argv
const owned: Owned = JSON.parse(ownedText)
const deployments = Array.from({ length: Number(count) }, (_, index) => {
  const isAsked = asked === 'all' || index === Number(count) - 1
  return wholeDeployment(index, isAsked ? endpointOf(index, Number(port)) : undefined)
})
const textsOf = (each: number, make: (deployment: number, index: number) => object) =>
  deployments.flatMap((_, deployment) =>
    Array.from({ length: each }, (_, index) => JSON.stringify(make(deployment, index)))
  )
/** By path: the kind of the list, and its items. */
const lists: Readonly<Record<string, readonly [type: string, texts: readonly string[]]>> = {
  [DEPLOYMENTS]: [
    '"kind":"DeploymentList","apiVersion":"apps/v1"',
    deployments.map(object => JSON.stringify({ ...object, kind: undefined, apiVersion: undefined }))
  ],
  [PODS]: ['"kind":"PodList","apiVersion":"v1"', textsOf(owned.pods, wholePod)],
  [REPLICA_SETS]: [
    '"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"',
    textsOf(owned.replicaSets, (deployment, index) => replicaSetMetadata(deployment, index, owned))
  ]
}

const server = await startFakeApiServer()
server.misbehave(({ path, query }, response) => {
  const listed = lists[path]
  if (listed === undefined || query.has('watch')) return false
  const [type, texts] = listed
  const start = Number(query.get('continue') ?? '0')
  const end = start + Number(query.get('limit') ?? texts.length)
  const metadata = { resourceVersion: '1', ...(end < texts.length ? { continue: String(end) } : {}) }
  const head = `{${type},"metadata":${JSON.stringify(metadata)},"items":[`
  response.setHeader('Content-Type', 'application/json').end(`${head}${texts.slice(start, end).join(',')}]}`)
  return true
})

process.on('message', async (question: ApiQuestion) => {
  if ('await' in question && question.await === 'watches') {
    process.send?.({})
    const isWatchOf = (path: string) => server.nextRequest(one => one.path === path && one.query.has('watch'))
    await Promise.all(Object.keys(lists).map(isWatchOf))
    process.send?.({})
  } else if ('await' in question) {
    server.empty()
    process.send?.({})
    await server.nextRequest(({ path, query }) => path === DEPLOYMENTS && !query.has('watch'))
    const listedAt = performance.now()
    await server.nextRequest(({ path, query }) => path === DEPLOYMENTS && query.has('watch'))
    process.send?.({ syncMs: performance.now() - listedAt })
  } else {
    const changed = question.change === 'all' ? deployments : deployments.slice(-1)
    for (const object of changed) server.put(withTag(object, question.tag))
    process.send?.({})
  }
})

function withTag(object: ReturnType<typeof wholeDeployment>, tag: string): object {
  const { template } = object.spec
  const containers = template.spec.containers.map(one => ({ ...one, image: one.image.replace(/:[^:]*$/, `:${tag}`) }))
  return { ...object, spec: { ...object.spec, template: { ...template, spec: { ...template.spec, containers } } } }
}

const kubeconfig = join(folder, `kubeconfig-${count}`)
writeFileSync(kubeconfig, kubeconfigTextFor(server))
process.send?.({ kubeconfig })
