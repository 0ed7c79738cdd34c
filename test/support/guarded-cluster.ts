import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeConfig } from '../../src/sources/kubernetes/kubeconfig.ts'
import { type AdminClient, createAdminClient } from './admin-client.ts'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts'
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
  readonly write: AdminClient['write']
  close(): Promise<void>
}

export async function startGuardedCluster(
  namespaces: readonly string[],
  options: ControlPlaneOptions = {}
): Promise<GuardedCluster> {
  const controlPlane = await startControlPlane(options)
  const proxy = await startTcpProxy(Number(new URL(controlPlane.url).port))
  const tokenFile = join(controlPlane.folder, 'guard-token')
  const admin = await createAdminClient(controlPlane)
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
    write: admin.write,
    close: async () => {
      admin.close()
      await proxy.close()
      await controlPlane.close()
    }
  }
}

/** Waits on real time, as tests on a real server may; fails with `what` when it does not become so. */
export async function within(ms: number, what: string, isSo: () => boolean): Promise<void> {
  await until(() => assert.ok(isSo(), `not within ${ms} ms: ${what}`), { withinMs: ms })
}

/** Fails if the guard's account did, or tried, anything but reading. */
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
