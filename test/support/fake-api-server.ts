import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KubeConfig } from '../../src/sources/kubernetes/kubeconfig.ts'
import { type Certificate, createAuthority } from './certificates.ts'
import { type HttpHandler, serveHttp, serveTls } from './hostile-servers.ts'

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

/** Replaces the server's own answer when it returns true. */
export type Misbehaviour = (request: RecordedRequest, response: ServerResponse) => boolean

/** As much of an API server as a list and a watch need, over HTTPS, which misbehaves on demand. */
export interface FakeApiServer {
  readonly url: string
  readonly caPem: string
  readonly requests: readonly RecordedRequest[]
  /** Resolves with the next request that matches. */
  nextRequest(isSuch: (request: RecordedRequest) => boolean): Promise<RecordedRequest>
  /** Creates or changes an object, which gets a new resource version, and tells the watches. */
  put(object: object): void
  remove(object: object): void
  /** Sends a bookmark to every watch. */
  bookmark(): void
  /** Writes a text to every watch as it is, and then ends the connection if asked to. */
  write(text: string, end?: 'cut' | 'end'): void
  /** Forgets every change up to now: a client that asks for one gets 410. */
  compact(): void
  /** Forgets everything, like a cluster whose etcd was emptied: resource versions start again. */
  empty(): void
  misbehave(misbehaviour: Misbehaviour): void
  behave(): void
  close(): Promise<void>
}

interface Watch {
  readonly path: string
  readonly accept: string | undefined
  readonly response: ServerResponse
}

interface Stored {
  readonly path: string
  readonly object: object
}

interface Change extends Stored {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly version: number
}

const RESOURCES: Readonly<Record<string, string>> = {
  Deployment: 'apis/apps/v1',
  StatefulSet: 'apis/apps/v1',
  DaemonSet: 'apis/apps/v1',
  ReplicaSet: 'apis/apps/v1',
  ControllerRevision: 'apis/apps/v1',
  Node: 'api/v1',
  Pod: 'api/v1',
  Secret: 'api/v1',
  ConfigMap: 'api/v1',
  Job: 'apis/batch/v1'
}

export interface FakeTls extends Certificate {
  /** What a client may trust. */
  readonly caPem: string
}

/** Starts one with a certificate authority of its own, or as it is told; `null`: without TLS. */
export async function startFakeApiServer(wanted?: FakeTls | null): Promise<FakeApiServer> {
  const tls = wanted === undefined ? await createOwnTls() : wanted
  const requests: RecordedRequest[] = []
  const waiting = new Set<(request: RecordedRequest) => void>()
  const watches = new Set<Watch>()
  let stored = new Map<string, Stored>()
  let changes: Change[] = []
  let version = 1
  let compacted = 0
  let misbehaviour: Misbehaviour = () => false

  const list = ({ path, query, headers }: RecordedRequest): object => {
    const all = [...stored.values()].filter(entry => isIn(entry.path, path))
    const start = Number(query.get('continue') ?? '0')
    const end = start + Number(query.get('limit') ?? all.length)
    const metadata = { resourceVersion: String(version), ...(end < all.length ? { continue: String(end) } : {}) }
    // The items of a real list leave out what they are too.
    const items = all.slice(start, end).map(({ object }) => ({ ...object, kind: undefined, apiVersion: undefined }))
    return represent({ kind: 'List', metadata, items }, headers.accept)
  }

  const watch = (request: RecordedRequest, response: ServerResponse): void => {
    const from = Number(request.query.get('resourceVersion'))
    const { accept } = request.headers
    response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
    if (from < compacted) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: status(410, 'too old resource version') })}\n`)
      return
    }
    for (const change of changes) {
      if (change.version > from && isIn(change.path, request.path)) response.write(eventOf(change, accept))
    }
    const entry = { path: request.path, accept, response }
    watches.add(entry)
    const timer = setTimeout(() => response.end(), Number(request.query.get('timeoutSeconds')) * 1000)
    response.on('close', () => {
      clearTimeout(timer)
      watches.delete(entry)
    })
  }

  const tell = (change: Change): void => {
    changes.push(change)
    for (const { path, accept, response } of watches) {
      if (isIn(change.path, path)) response.write(eventOf(change, accept))
    }
  }

  const answer: HttpHandler = (incoming, response) => {
    const url = new URL(incoming.url ?? '', 'https://fake')
    const { method = '', headers } = incoming
    const request = { method, path: url.pathname, query: url.searchParams, headers }
    requests.push(request)
    for (const look of waiting) look(request)
    if (misbehaviour(request, response)) return
    const one = stored.get(url.pathname)
    if (url.searchParams.has('watch')) watch(request, response)
    else if (one !== undefined)
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(represent(one.object, headers.accept)))
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(list(request)))
  }
  const server = await (tls === null ? serveHttp(answer) : serveTls(tls, answer))

  return {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${server.port}`,
    caPem: tls?.caPem ?? '',
    requests,
    nextRequest: isSuch => {
      const { promise, resolve } = Promise.withResolvers<RecordedRequest>()
      const look = (request: RecordedRequest): void => {
        if (!isSuch(request)) return
        waiting.delete(look)
        resolve(request)
      }
      waiting.add(look)
      return promise
    },
    put: object => {
      const path = pathOf(object)
      const type = stored.has(path) ? 'MODIFIED' : 'ADDED'
      version += 1
      const versioned = withVersion(object, version)
      stored.set(path, { path, object: versioned })
      tell({ type, path, object: versioned, version })
    },
    remove: object => {
      const path = pathOf(object)
      stored.delete(path)
      version += 1
      tell({ type: 'DELETED', path, object: withVersion(object, version), version })
    },
    bookmark: () => {
      const object = { metadata: { resourceVersion: String(version) } }
      for (const { accept, response } of watches) {
        response.write(`${JSON.stringify({ type: 'BOOKMARK', object: represent(object, accept) })}\n`)
      }
    },
    write: (text, end) => {
      for (const { response } of watches) {
        response.write(text, () => {
          if (end === 'cut') response.socket?.destroy()
          if (end === 'end') response.end()
        })
      }
    },
    compact: () => {
      version += 1
      compacted = version
      changes = []
    },
    empty: () => {
      stored = new Map()
      changes = []
      version = 1
      compacted = 0
      for (const { response } of watches) response.socket?.destroy()
    },
    misbehave: next => {
      misbehaviour = next
    },
    behave: () => {
      misbehaviour = () => false
    },
    close: server.close
  }
}

async function createOwnTls(): Promise<FakeTls> {
  const authority = await createAuthority()
  return { ...(await authority.issue({ names: ['127.0.0.1'] })), caPem: authority.pem }
}

interface Reachable {
  readonly url: string
  readonly caPem: string
}

/** A configuration for the server; `user` and `cluster` have fields as in a kubeconfig. */
export function kubeConfigFor(server: Reachable, user: object = { token: 'secret' }, cluster: object = {}): KubeConfig {
  return {
    cluster: { title: 'cluster "fake"', folder: '/', fields: { ...clusterFields(server), ...cluster } },
    user: { title: 'user "guard"', folder: '/', fields: { ...user } }
  }
}

/** The text of a kubeconfig for the server. */
export function kubeconfigTextFor(server: Reachable, user: object = { token: 'secret' }): string {
  // JSON is YAML.
  return JSON.stringify({
    clusters: [{ name: 'fake', cluster: clusterFields(server) }],
    users: [{ name: 'guard', user }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'guard' } }],
    'current-context': 'fake'
  })
}

function clusterFields({ url, caPem }: Reachable) {
  return { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') }
}

/** Answers with a Kubernetes Status of this code. */
export function refuse(response: ServerResponse, code: number, message = ''): true {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(status(code, message)))
  return true
}

/** What something on the way to the API server says, such as a balancer without servers. */
export function refuseOnTheWay(response: ServerResponse, code: number): true {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end('{"message":"no healthy upstream"}')
  return true
}

/** What the API server says of an account without rights. */
export function forbid(response: ServerResponse, resource: string, where: string): true {
  const [name, group = ''] = resource.split('.')
  const user = 'system:serviceaccount:monitoring:guard'
  const what = `cannot list resource "${name}" in API group "${group}" ${where}`
  return refuse(response, 403, `${resource} is forbidden: User "${user}" ${what}`)
}

function status(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code }
}

function eventOf({ type, object }: Change, accept: string | undefined): string {
  return `${JSON.stringify({ type, object: represent(object, accept) })}\n`
}

/** A list or an object as the header asks for it: whole, its metadata alone, or as the rows of a table. */
function represent(shown: object, accept = ''): object {
  const as = /;as=(\w+);g=meta\.k8s\.io;v=v1$/.exec(accept)?.[1]
  const objects = 'items' in shown && Array.isArray(shown.items) ? shown.items : [shown]
  const { metadata } = shown as { metadata: object }
  const inMeta = (fields: object) => ({ kind: as, apiVersion: 'meta.k8s.io/v1', metadata, ...fields })
  if (as === 'Table') {
    const columnDefinitions = [{ name: 'Name' }, { name: 'Type' }]
    return inMeta({ columnDefinitions, rows: objects.map(({ metadata, type }) => ({ cells: [metadata.name, type] })) })
  }
  if (as === 'PartialObjectMetadataList') return inMeta({ items: objects.map(({ metadata }) => ({ metadata })) })
  return as === 'PartialObjectMetadata' ? inMeta({}) : shown
}

function fieldsOf(object: object): { kind: string; metadata: { namespace: string; name: string } } {
  return object as { kind: string; metadata: { namespace: string; name: string } }
}

function pathOf(object: object): string {
  const { kind, metadata } = fieldsOf(object)
  const place = kind === 'Node' ? '' : `namespaces/${metadata.namespace}/`
  return `/${RESOURCES[kind]}/${place}${kind.toLowerCase()}s/${metadata.name}`
}

function withVersion(object: object, version: number): object {
  return { ...object, metadata: { ...fieldsOf(object).metadata, resourceVersion: String(version) } }
}

/** Whether an object belongs to a collection, of a namespace or of all. */
function isIn(path: string, collection: string): boolean {
  const inAll = path.replace(/\/namespaces\/[^/]+/, '')
  return path.startsWith(`${collection}/`) || inAll.startsWith(`${collection}/`)
}
