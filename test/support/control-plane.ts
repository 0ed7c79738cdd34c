import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateWithKey, makeCertificates } from '../control-plane/certificates.ts'
import { startEtcd } from '../control-plane/etcd.ts'
import { describeApiServer } from '../control-plane/kube-apiserver.ts'
import { describeControllerManager } from '../control-plane/kube-controller-manager.ts'
import { startLinked } from '../control-plane/linked-server.ts'
import type { Child } from './child.ts'
import { isExecutable } from './component.ts'

/** Where the binaries are, by the convention of Kubernetes' own envtest. */
const ASSETS = process.env.KUBEBUILDER_ASSETS

/** Why there can be no control plane here, for `needs()`; its first line says how to get one. */
export const controlPlaneMissing: string | undefined = explainMissing(ASSETS)

/** The same with controllers. */
export const controllersMissing: string | undefined = explainMissing(ASSETS, 'kube-controller-manager')

/** A service account's credential, or the file that a running workload would keep reading it from. */
export type Credential = { readonly token: string } | { readonly tokenFile: string }

export interface TokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** At least 600: the API server grants no shorter life. To end one sooner, delete the account. */
  readonly expirationSeconds?: number
}

/** The fields of an audit.k8s.io/v1 Event that tests ask for; `stage` is ResponseStarted once more for each watch. */
export interface AuditEvent {
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic'
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string; readonly groups?: readonly string[] }
  readonly userAgent?: string
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string }
  readonly responseStatus?: { readonly code: number; readonly reason?: string }
  readonly requestReceivedTimestamp: string
  /** Of writes only, as are answers. */
  readonly requestObject?: unknown
  readonly responseObject?: unknown
}

/**
 * A real etcd and a real kube-apiserver; on request, a real kube-controller-manager. Without it, Deployments
 * get no pods, and namespaces no default account; with it, pods need a `startKubelet` to get anywhere.
 */
export interface ControlPlane {
  /** Stays the same over every stop and start. */
  readonly url: string
  readonly caFile: string
  readonly adminKubeconfig: string
  /** Logs, audit log and certificates, until `close`. */
  readonly folder: string
  /** Runs kubectl as admin and resolves to its output; rejects with what it complained about. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>
  tokenFor(request: TokenRequest): Promise<string>
  /** Writes a kubeconfig for a service account and resolves to its path. */
  kubeconfigFor(credential: Credential): Promise<string>
  /** Everything asked so far, by anybody but the API server itself; a request is there before its answer arrives. */
  auditEvents(): Promise<readonly AuditEvent[]>
  /** Ends it in good order: what is being answered is answered, watches are ended. */
  stopApiServer(): Promise<void>
  /** Ends it as a crash does: connections are reset. */
  killApiServer(): Promise<void>
  startApiServer(): Promise<void>
  /** Stops all its threads: connections stay open, the kernel accepts new ones, and nobody answers. */
  freeze(): void
  thaw(): void
  /** A cluster restored from nothing: the API server crashes and comes back without objects, accounts or history. */
  emptyEtcd(): Promise<void>
  /**
   * Lets every resource version and continue token given out so far expire (410). The API server crashes and comes
   * back meanwhile: alive, it would go on serving recent watches from its memory.
   */
  compact(): Promise<void>
  /** Ends both at once and removes their folder. */
  close(): Promise<void>
}

export interface ControlPlaneOptions {
  /** Such as `--goaway-chance=0.02`. */
  readonly apiServerFlags?: readonly string[]
  /** Whether controllers make pods; they survive every stop and start of the API server. */
  readonly controllers?: boolean
}

/**
 * Starts both servers on free loopback ports and resolves when the API server is ready, as `/readyz` has it. When one
 * does not start, rejects with the end of its log and leaves the folder for a look at the rest. Needs openssl 3 and
 * util-linux's setpriv besides the binaries.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { apiServerFlags = [], controllers = false } = options
  const missing = controllers ? controllersMissing : controlPlaneMissing
  if (ASSETS === undefined || missing !== undefined) throw new Error(missing)
  const folder = await mkdtemp(join(tmpdir(), 'control-plane-'))
  const certificates = await makeCertificates(folder)
  const etcd = await startEtcd(join(ASSETS, 'etcd'), folder)
  const program = await describeApiServer({
    program: join(ASSETS, 'kube-apiserver'),
    folder,
    etcdUrl: etcd.url,
    certificates,
    extraFlags: apiServerFlags
  })
  const cluster = { server: program.url, 'certificate-authority': certificates.authority }
  let apiServer: Child | undefined = await startLinked(program).catch(async error => {
    await etcd.close()
    throw error
  })

  const running = (): Child => {
    if (apiServer === undefined) throw new Error('the API server is stopped')
    return apiServer
  }
  const startApiServer = async (): Promise<void> => {
    if (apiServer !== undefined) throw new Error('the API server runs already')
    apiServer = await startLinked(program)
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const child = running()
    apiServer = undefined
    await child.kill(signal)
  }
  const whileDown = async (work: () => Promise<void>): Promise<void> => {
    if (apiServer === undefined) return work()
    await end('SIGKILL')
    await work()
    await startApiServer()
  }

  const writeKubeconfig = async (user: object): Promise<string> => {
    const path = join(folder, `kubeconfig-${randomUUID()}`)
    // JSON is YAML.
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test'
    }
    await writeFile(path, JSON.stringify(config), { mode: 0o600 })
    return path
  }
  const adminKubeconfig = await writeKubeconfig(clientCertificate(certificates.admin))
  const kubectlFlags = [`--kubeconfig=${adminKubeconfig}`, `--cache-dir=${join(folder, 'kubectl-cache')}`]
  const kubectl = (args: readonly string[], stdin?: string): Promise<string> =>
    run(join(ASSETS, 'kubectl'), [...kubectlFlags, ...args], stdin)

  const controllerManager = controllers
    ? await startLinked(
        await describeControllerManager({
          program: join(ASSETS, 'kube-controller-manager'),
          folder,
          kubeconfig: adminKubeconfig,
          certificates
        })
      )
    : undefined

  return {
    url: program.url,
    caFile: certificates.authority,
    adminKubeconfig,
    folder,
    kubectl,
    tokenFor: async ({ namespace, serviceAccount, expirationSeconds = 3600 }) => {
      const duration = `--duration=${expirationSeconds}s`
      const token = await kubectl(['create', 'token', serviceAccount, `--namespace=${namespace}`, duration])
      return token.trim()
    },
    kubeconfigFor: writeKubeconfig,
    auditEvents: () => readAuditLog(program.auditLog),
    stopApiServer: () => end('SIGTERM'),
    killApiServer: () => end('SIGKILL'),
    startApiServer,
    freeze: () => running().signal('SIGSTOP'),
    thaw: () => running().signal('SIGCONT'),
    emptyEtcd: () => whileDown(etcd.empty),
    compact: () => whileDown(etcd.compact),
    close: async () => {
      await controllerManager?.kill()
      await apiServer?.kill()
      await etcd.close()
      await rm(folder, { recursive: true })
    }
  }
}

function explainMissing(assets: string | undefined, ...more: readonly string[]): string | undefined {
  const howTo = 'no control plane here; get one with: export KUBEBUILDER_ASSETS="$(test/control-plane/make-assets)"'
  if (assets === undefined) return `${howTo}\nKUBEBUILDER_ASSETS is not set.`
  const missing = ['etcd', 'kube-apiserver', 'kubectl', ...more].filter(name => !isExecutable(join(assets, name)))
  return missing.length === 0 ? undefined : `${howTo}\nKUBEBUILDER_ASSETS lacks ${missing.join(', ')}.`
}

function clientCertificate({ certificate, key }: CertificateWithKey): object {
  return { 'client-certificate': certificate, 'client-key': key }
}

function run(program: string, args: readonly string[], stdin = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: Number.POSITIVE_INFINITY }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(stderr.trim() || error.message, { cause: error }))
    })
    // It may end before it has read everything, or anything: its exit code tells how that went.
    child.stdin?.on('error', () => {}).end(stdin)
  })
}

async function readAuditLog(path: string): Promise<readonly AuditEvent[]> {
  const text = await readFile(path, 'utf8')
  // What follows the last line break is still being written.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as AuditEvent)
}
