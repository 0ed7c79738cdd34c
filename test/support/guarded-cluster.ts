import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileIn, type KubeConfig, loadKubeConfig } from '../../src/sources/kubernetes/kubeconfig.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

export const GUARD = 'system:serviceaccount:monitoring:guard'

const READER = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'guard' },
  rules: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['replicasets', 'controllerrevisions'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }
  ]
}

/** A real control plane with RBAC, an account of its own for the guard, and a proxy between the two. */
export interface GuardedCluster {
  readonly controlPlane: ControlPlane
  readonly proxy: TcpProxy
  /** Has the guard's token, as a running pod has it. */
  readonly tokenFile: string
  /** The guard's access, through the proxy, with the token from a file. */
  loadKubeConfig(): KubeConfig
  /** Makes the namespaces, the account, and where `mayRead` its rights; writes a new token into the file. */
  admit(options?: { readonly mayRead: boolean }): Promise<void>
  grant(): Promise<void>
  /** Makes the account where it is gone, and writes a new token of it into the file. */
  renewToken(): Promise<void>
  /** Writes as an administrator, on connections that are kept: much faster than kubectl. */
  write(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<void>
  close(): Promise<void>
}

export async function startGuardedCluster(namespaces: readonly string[]): Promise<GuardedCluster> {
  const controlPlane = await startControlPlane()
  const proxy = await startTcpProxy(Number(new URL(controlPlane.url).port))
  const tokenFile = join(controlPlane.folder, 'guard-token')
  const { cluster, user } = await loadKubeConfig({ KUBECONFIG: controlPlane.adminKubeconfig })
  assert.ok(user !== null)
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 32,
    ca: await fileIn(cluster, 'certificate-authority'),
    cert: await fileIn(user, 'client-certificate'),
    key: await fileIn(user, 'client-key')
  })
  const grant = async (): Promise<void> => {
    await controlPlane.kubectl(['create', '-f=-'], JSON.stringify(READER))
    const binding = [
      'create',
      'clusterrolebinding',
      'guard',
      '--clusterrole=guard',
      '--serviceaccount=monitoring:guard'
    ]
    await controlPlane.kubectl(binding)
  }
  const renewToken = async (): Promise<void> => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'guard', namespace: 'monitoring' } }
    await controlPlane.kubectl(['apply', '-f=-'], JSON.stringify(account))
    await writeFile(tokenFile, await controlPlane.tokenFor({ namespace: 'monitoring', serviceAccount: 'guard' }))
  }

  return {
    controlPlane,
    proxy,
    tokenFile,
    loadKubeConfig: () => ({
      cluster: {
        title: 'cluster "test"',
        folder: controlPlane.folder,
        fields: { server: `https://127.0.0.1:${proxy.port}`, 'certificate-authority': controlPlane.caFile }
      },
      user: { title: 'user "guard"', folder: controlPlane.folder, fields: { tokenFile } }
    }),
    admit: async ({ mayRead } = { mayRead: true }) => {
      for (const namespace of ['monitoring', ...namespaces]) {
        await controlPlane.kubectl(['create', 'namespace', namespace])
      }
      if (mayRead) await grant()
      await renewToken()
    },
    grant,
    renewToken,
    write: async (method, path, body) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const { status, answer } = await send(`${controlPlane.url}${path}`, { method, type, agent, body })
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer}`)
    },
    close: async () => {
      agent.destroy()
      await proxy.close()
      await controlPlane.close()
    }
  }
}

interface Sent {
  readonly method: string
  readonly type: string
  readonly agent: Agent
  readonly body: object | undefined
}

function send(url: string, { method, type, agent, body }: Sent): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': type }
    request(url, { method, agent, headers }, response => {
      text(response).then(answer => resolve({ status: response.statusCode ?? 0, answer }), reject)
    })
      .on('error', reject)
      .end(body && JSON.stringify(body))
  })
}

/** Waits on real time, as tests on a real server may; fails with `what` when it does not become so. */
export async function within(ms: number, what: string, isSo: () => boolean): Promise<void> {
  await until(() => assert.ok(isSo(), `not within ${ms} ms: ${what}`), { withinMs: ms })
}

/** Fails when the guard's account did, or tried, anything but to read. */
export async function assertReadOnly(controlPlane: ControlPlane): Promise<void> {
  const events = (await controlPlane.auditEvents()).filter(({ user }) => user.username === GUARD)
  assert.ok(events.length > 0, 'the audit log knows the guard')
  const others = events.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
  assert.deepEqual(
    others.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
    [],
    'the guard only reads'
  )
}
