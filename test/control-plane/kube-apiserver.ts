import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { freePort } from '../support/address.ts'
import type { Certificates } from './certificates.ts'
import type { LinkedServer } from './linked-server.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'

export interface ApiServerParts {
  readonly program: string
  readonly folder: string
  readonly etcdUrl: string
  readonly certificates: Certificates
  readonly extraFlags: readonly string[]
}

export interface ApiServerProgram extends LinkedServer {
  readonly url: string
  readonly auditLog: string
}

/** The API server as a hardened cluster runs it, less what only matters between several machines. */
export async function describeApiServer(parts: ApiServerParts): Promise<ApiServerProgram> {
  const { program, folder, etcdUrl, certificates, extraFlags } = parts
  const port = await freePort()
  const url = `https://127.0.0.1:${port}`
  const auditLog = join(folder, 'audit.jsonl')
  const authority = await readFile(certificates.authority)
  const args = [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${certificates.server.certificate}`,
    `--tls-private-key-file=${certificates.server.key}`,
    `--client-ca-file=${certificates.authority}`,
    `--authentication-config=${join(import.meta.dirname, 'authentication.yaml')}`,
    '--authorization-mode=RBAC',
    `--service-account-issuer=${ISSUER}`,
    `--service-account-signing-key-file=${certificates.serviceAccountKey}`,
    `--service-account-key-file=${certificates.serviceAccountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // Nothing is behind the Service `kubernetes` here, and a loopback address may not be.
    '--endpoint-reconciler-type=none',
    `--audit-policy-file=${join(import.meta.dirname, 'audit-policy.yaml')}`,
    `--audit-log-path=${auditLog}`,
    // Written before the answer goes out: a test that has its answer finds it in the log.
    '--audit-log-mode=blocking-strict',
    // Without it, a server that is asked to end waits a minute for its watches and then breaks them off.
    '--shutdown-watch-termination-grace-period=5s',
    '--profiling=false',
    ...extraFlags
  ]
  const isReady = async (): Promise<boolean> => (await statusOf(`${url}/readyz`, authority)) === 200
  return { program, args, logFile: join(folder, 'kube-apiserver.log'), isReady, url, auditLog }
}

export function statusOf(url: string, authority: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca: authority, agent: false, timeout: 1_000 }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
  })
}
