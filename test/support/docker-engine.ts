import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http, { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { freePort } from './address.ts'
import { type Child, startServer } from './child.ts'
import { isExecutable } from './component.ts'
import { ROOT, temporaryFolder } from './files.ts'
import type { Lifetime } from './stage.ts'

const PROGRAMS = process.env.ENGINE_ROOT ?? ''
const HAPROXY = join(PROGRAMS, 'bookworm/usr/sbin/haproxy')
const DOCKERD = 'usr/sbin/dockerd'

/** Two engines that describe images in different ways. */
export const ENGINES = {
  "Docker 20.10 with Docker's image store": { folder: 'bookworm', args: ['--storage-driver=vfs'], features: {} },
  "Docker 28 with containerd's image store": {
    folder: 'sid',
    args: ['--storage-driver=native', '--ip6tables=false'],
    features: { 'containerd-snapshotter': true }
  }
} as const

export type EngineName = keyof typeof ENGINES

/** Why tests with a real Docker Engine must be skipped, if they must. */
export const engineMissing =
  PROGRAMS === '' ||
  ![HAPROXY, ...Object.values(ENGINES).map(({ folder }) => join(PROGRAMS, folder, DOCKERD))].every(isExecutable)
    ? 'ENGINE_ROOT is not set to what test/sources/docker/make-engine prints'
    : process.getuid?.() !== 0 || process.arch !== 'x64'
      ? 'a Docker Engine takes root, and its images here are for x86-64'
      : undefined

/** A real Docker Engine, which a test may change. */
export interface DockerEngine {
  readonly socketPath: string
  /** Asks with any method; rejects unless the answer is a success. */
  change(method: 'POST' | 'DELETE', path: string, body?: object | Buffer): Promise<unknown>
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts a Docker Engine with nothing in it, without network and in folders of its own. */
export async function startDockerEngine(life: Lifetime, name: EngineName): Promise<DockerEngine> {
  const { folder: suite, features, args: more } = ENGINES[name]
  const programs = join(PROGRAMS, suite)
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const socketPath = join(folder, 'docker.sock')
  const env = { PATH: [join(programs, 'usr/sbin'), join(programs, 'usr/bin'), process.env.PATH].join(':') }
  const settings = join(folder, 'daemon.json')
  writeFileSync(settings, JSON.stringify({ features }))
  const paths = { '--data-root': 'data', '--exec-root': 'exec', '--pidfile': 'pid' }
  const args = [
    `--host=unix://${socketPath}`,
    ...Object.entries(paths).map(([option, name]) => `${option}=${join(folder, name)}`),
    `--config-file=${settings}`,
    ...more,
    '--bridge=none',
    '--iptables=false',
    '--ip-forward=false',
    '--insecure-registry=127.0.0.0/8',
    '--shutdown-timeout=1'
  ]
  let child: Child | undefined
  const isReady = async () => (await send(socketPath, 'GET', '/_ping')).statusCode === 200
  leaveRootCgroup()

  const engine: DockerEngine = {
    socketPath,
    change: async (method, path, body) => {
      const response = await send(socketPath, method, path, body)
      const text = (await response.toArray()).join('')
      // A pull that fails says so at the end of a success.
      if ((response.statusCode ?? 500) < 300 && !text.includes('"errorDetail"'))
        return text === '' ? null : lastOf(text)
      throw new Error(`${method} ${path}: HTTP ${response.statusCode} ${text}`)
    },
    stop: async () => {
      await child?.kill('SIGTERM')
    },
    start: async () => {
      child = await startServer({ program: join(programs, DOCKERD), args, env }, isReady)
    }
  }
  life.after(async () => {
    // So that none of them outlives the engine.
    const containers = (await json(await send(socketPath, 'GET', '/containers/json?all=1')).catch(() => [])) as {
      Id: string
    }[]
    for (const { Id } of containers) await engine.change('DELETE', `/containers/${Id}?force=1`).catch(() => {})
    await engine.stop()
    const mounted = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    for (const line of mounted) {
      const at = line.split(' ')[1] ?? ''
      if (at.startsWith(folder)) execFileSync('umount', [at])
    }
    rmSync(folder, { recursive: true, force: true })
  })
  await engine.start()
  return engine
}

/**
 * In a container with cgroups of version 2, an engine can give its own containers no cgroups while processes are in the
 * root of the namespace: they move one down, as in moby's `hack/dind`. The root of a machine has no `cgroup.type`.
 */
function leaveRootCgroup(): void {
  const root = '/sys/fs/cgroup'
  if (!existsSync(join(root, 'cgroup.type'))) return
  mkdirSync(join(root, 'init'), { recursive: true })
  for (const pid of readFileSync(join(root, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    try {
      writeFileSync(join(root, 'init/cgroup.procs'), pid)
    } catch {
      // It has ended meanwhile.
    }
  }
}

// A pull answers with many objects, a line each.
function lastOf(text: string): unknown {
  return JSON.parse(text.trim().split('\n').at(-1) ?? 'null')
}

async function send(
  socketPath: string,
  method: string,
  path: string,
  body?: object | Buffer
): Promise<IncomingMessage> {
  const isRaw = Buffer.isBuffer(body)
  const headers = { 'Content-Type': isRaw ? 'application/x-tar' : 'application/json' }
  const request = http.request({ socketPath, method, path, headers, agent: false })
  request.end(body === undefined || isRaw ? body : JSON.stringify(body))
  const [response] = await once(request, 'response')
  return response
}

/** The proxy of compose.yaml in front of an engine. */
export interface EngineProxy {
  readonly host: string
  readonly port: number
  /** `METHOD path` of whatever it let through to the engine. */
  readonly passed: string[]
  /** How many requests it keeps open at the engine. */
  open(): number
}

/** Starts HAProxy with the configuration that is shipped, changed only in where it listens and where the engine is. */
export async function startEngineProxy(life: Lifetime, { socketPath }: DockerEngine): Promise<EngineProxy> {
  const folder = temporaryFolder(life)
  mkdirSync(join(folder, 'run'))
  const passed: string[] = []
  const recorded = join(folder, 'run/recorder.sock')
  let open = 0
  const recorder = createServer((asked, answer) => {
    passed.push(`${asked.method} ${asked.url}`)
    open += 1
    answer.on('close', () => {
      open -= 1
    })
    const { method, url: path, headers } = asked
    const onward = http.request({ socketPath, method, path, headers, agent: false }, response => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      answer.flushHeaders()
      response.pipe(answer)
      response.on('aborted', () => answer.destroy())
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    asked.pipe(onward)
  })
  recorder.listen(recorded)
  await once(recorder, 'listening')
  life.after(() => {
    recorder.close()
    recorder.closeAllConnections()
  })

  const port = await freePort()
  const shipped = readFileSync(join(ROOT, 'compose/docker-proxy/haproxy.cfg'), 'utf8')
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(
    config,
    shipped.replace('bind :2375', `bind 127.0.0.1:${port}`).replace('/var/run/docker.sock', recorded)
  )
  const env = { LD_LIBRARY_PATH: join(PROGRAMS, 'bookworm/usr/lib/x86_64-linux-gnu') }
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/_ping`)).ok
  const child = await startServer({ program: HAPROXY, args: ['-db', '-f', config], env }, isReady)
  life.after(() => child.kill())
  return { host: '127.0.0.1', port, passed, open: () => open }
}
