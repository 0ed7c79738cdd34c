import { createHash, createPrivateKey, sign } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { hashSync } from 'bcryptjs'
import { freePort } from './address.ts'
import { selfSigned } from './certificates.ts'
import { startServer } from './child.ts'
import { findProgram, isExecutable } from './component.ts'
import { temporaryFolder } from './files.ts'

/** A registry's program. */
export interface RegistryProgram {
  readonly name: string
  readonly path: string
  /** Why it cannot be had here, for `needs()`. */
  readonly missing: string | undefined
  /** How many pages 1,200 tags take. */
  readonly pagesOf1200: number
}

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const BUILT = process.env.DISTRIBUTION_REGISTRY ?? join(CACHE, 'keybuzz-version-guard/distribution-v3.0.0/registry')
const DEBIAN = findProgram('docker-registry')

/** Two generations of the same registry: the older one knows no pages. */
export const REGISTRY_PROGRAMS: readonly RegistryProgram[] = [
  {
    name: 'docker-registry of Debian',
    path: DEBIAN ?? '',
    missing: DEBIAN === undefined ? 'docker-registry is not on the PATH: apt-get install docker-registry' : undefined,
    pagesOf1200: 1
  },
  {
    name: 'distribution v3',
    path: BUILT,
    missing: isExecutable(BUILT) ? undefined : 'no distribution v3 here; get it with: test/registry/make-registry',
    pagesOf1200: 2
  }
]

export const USER = { kind: 'basic', user: 'u', password: 'p:w' } as const

/** Whom a registry lets in: everybody; `USER` with a password; `USER` with a token, and everybody to `public/`. */
export type RegistryAuth = 'open' | 'password' | 'token'

export interface Pushed {
  readonly digest: string
  readonly mediaType: string
  readonly size: number
}

interface ManifestToPush {
  readonly mediaType: string
  readonly [member: string]: unknown
}

export interface RealRegistry {
  /** Host and port. */
  readonly host: string
  /** Host and port of its token server, which is another host; empty: it has none. */
  readonly realm: string
  pushBlob(repository: string, bytes: string): Promise<Pushed>
  /** Under a tag, or by its digest alone. */
  pushManifest(repository: string, manifest: ManifestToPush, tag?: string): Promise<Pushed>
  deleteManifest(repository: string, digest: string): Promise<void>
  /** Method and path of what was asked by our own program. */
  askedByGuard(): readonly string[]
}

/** Starts a registry with a store of its own; it ends with the test. */
export async function startRealRegistry(
  t: TestContext,
  program: RegistryProgram,
  auth: RegistryAuth
): Promise<RealRegistry> {
  const folder = temporaryFolder(t)
  const host = `127.0.0.1:${await freePort()}`
  const tokens = auth === 'token' ? await startTokenServer(t, folder) : null
  const logFile = join(folder, 'log')
  const config = join(folder, 'config.yml')
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: false } },
      storage: { filesystem: { rootdirectory: join(folder, 'store') }, delete: { enabled: true } },
      http: { addr: host },
      ...(auth === 'password' ? { auth: { htpasswd: { realm: 'lab', path: writePasswords(folder) } } } : {}),
      ...(tokens === null ? {} : { auth: { token: tokens.config } })
    })
  )
  const isReady = async () => (await fetch(`http://${host}/v2/`)).status < 500
  const child = await startServer({ program: program.path, args: ['serve', config], logFile }, isReady)
  t.after(() => child.kill('SIGTERM'))

  const write = async (method: string, url: string, wish: { body?: string; type?: string } = {}) => {
    const headers: Record<string, string> = { 'content-type': wish.type ?? 'application/octet-stream' }
    const repository = new URL(url).pathname.split('/').slice(2, 4).join('/')
    if (auth === 'password') headers.authorization = `Basic ${Buffer.from('u:p:w').toString('base64')}`
    if (tokens !== null)
      headers.authorization = `Bearer ${tokens.tokenFor('u', repository, ['pull', 'push', 'delete'])}`
    const answer = await fetch(url, { method, headers, ...(wish.body === undefined ? {} : { body: wish.body }) })
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  return {
    host,
    realm: tokens?.host ?? '',
    pushBlob: async (repository, bytes) => {
      const digest = digestOf(bytes)
      const begun = await write('POST', `http://${host}/v2/${repository}/blobs/uploads/`)
      const upload = new URL(begun.headers.get('location') ?? '', `http://${host}`)
      upload.searchParams.set('digest', digest)
      await write('PUT', upload.href, { body: bytes })
      return { digest, mediaType: 'application/octet-stream', size: Buffer.byteLength(bytes) }
    },
    pushManifest: async (repository, manifest, tag) => {
      const body = JSON.stringify(manifest)
      const digest = digestOf(body)
      const { mediaType: type } = manifest
      await write('PUT', `http://${host}/v2/${repository}/manifests/${tag ?? digest}`, { body, type })
      return { digest, mediaType: type, size: Buffer.byteLength(body) }
    },
    deleteManifest: async (repository, digest) => {
      await write('DELETE', `http://${host}/v2/${repository}/manifests/${digest}`)
    },
    askedByGuard: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .flatMap(line => /"([A-Z]+ \S+) HTTP[^"]*" .*"keybuzz-version-guard[^"]*"$/.exec(line.trim())?.[1] ?? [])
  }
}

const OCI = 'application/vnd.oci.image'
export const OCI_IMAGE = `${OCI}.manifest.v1+json`

/** One image with a configuration of its own. */
export async function pushImage(
  registry: RealRegistry,
  repository: string,
  wish: { version: string; type?: string; tag?: string }
): Promise<Pushed> {
  const { version, type = OCI_IMAGE, tag } = wish
  const Labels = {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.source': 'https://example.com'
  }
  const config = await registry.pushBlob(repository, JSON.stringify({ os: 'linux', config: { Labels } }))
  const layer = await registry.pushBlob(repository, version)
  const [configType, layerType] =
    type === OCI_IMAGE
      ? [`${OCI}.config.v1+json`, `${OCI}.layer.v1.tar`]
      : ['application/vnd.docker.container.image.v1+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip']
  const manifest = {
    schemaVersion: 2,
    mediaType: type,
    config: { ...config, mediaType: configType },
    layers: [{ ...layer, mediaType: layerType }]
  }
  return registry.pushManifest(repository, manifest, tag)
}

function digestOf(bytes: string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function writePasswords(folder: string): string {
  const path = join(folder, 'htpasswd')
  writeFileSync(path, `u:${hashSync('p:w', 4)}\n`)
  return path
}

/** As distribution's specification has it: a GET with Basic or without, a JWT with the certificate in it. */
async function startTokenServer(t: TestContext, folder: string) {
  const { cert, key } = await selfSigned({ names: ['tokens'] })
  const bundle = join(folder, 'tokens.pem')
  writeFileSync(bundle, cert)
  const claims = { issuer: 'lab-tokens', service: 'lab-registry' }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const tokenFor = (user: string, name: string, actions: readonly string[]) => {
    const now = Math.floor(Date.now() / 1000)
    const x5c = [cert.replace(/-----[^-]+-----|\s/g, '')]
    const body = {
      iss: claims.issuer,
      sub: user,
      aud: claims.service,
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: String(Math.random()),
      access: [{ type: 'repository', name, actions }]
    }
    const text = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(body)}`
    const signature = sign('sha256', Buffer.from(text), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://tokens')
    const { authorization } = request.headers
    const isUser = authorization === `Basic ${Buffer.from('u:p:w').toString('base64')}`
    if (authorization !== undefined && !isUser) return void response.writeHead(401).end('{}')
    const [, name = '', actions = ''] = searchParams.get('scope')?.split(':') ?? []
    const granted = isUser || name.startsWith('public/') ? actions.split(',').filter(action => action === 'pull') : []
    response.end(JSON.stringify({ access_token: tokenFor(isUser ? 'u' : '', name, granted), expires_in: 300 }))
  })
  // Another address of the loopback network is another host.
  server.listen(0, '127.0.0.2')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const host = `127.0.0.2:${typeof address === 'object' && address !== null ? address.port : 0}`
  const config = { realm: `http://${host}/token`, ...claims, rootcertbundle: bundle }
  return { host, config, tokenFor }
}
