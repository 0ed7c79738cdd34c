import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../support/address.ts'
import type { Certificates } from './certificates.ts'
import { statusOf } from './kube-apiserver.ts'
import type { LinkedServer } from './linked-server.ts'

// What creates, counts and removes pods. No autoscaler, which needs metrics; no node lifecycle: tests decide about nodes.
const CONTROLLERS = [
  'daemonset-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'job-controller',
  'replicaset-controller',
  'resourcequota-controller',
  // Admission refuses pods in a namespace without the account `default`.
  'serviceaccount-controller',
  'statefulset-controller'
]

export interface ControllerManagerParts {
  readonly program: string
  readonly folder: string
  readonly kubeconfig: string
  readonly certificates: Certificates
}

/** The controllers as a cluster runs them, alone and therefore without an election. */
export async function describeControllerManager(parts: ControllerManagerParts): Promise<LinkedServer> {
  const { program, folder, kubeconfig, certificates } = parts
  const port = await freePort()
  const authority = await readFile(certificates.authority)
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${CONTROLLERS.join()}`,
    '--leader-elect=false',
    '--use-service-account-credentials=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${certificates.server.certificate}`,
    `--tls-private-key-file=${certificates.server.key}`,
    // The default of 20 requests a second makes tests wait.
    '--kube-api-qps=500',
    '--kube-api-burst=500',
    '--profiling=false'
  ]
  const isReady = async (): Promise<boolean> => (await statusOf(`https://127.0.0.1:${port}/healthz`, authority)) === 200
  return { program, args, logFile: join(folder, 'kube-controller-manager.log'), isReady }
}
