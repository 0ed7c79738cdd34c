import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ControlPlane, controlPlaneMissing, startControlPlane } from '../support/control-plane.ts'
import { CHART, type HelmName, helmMissing, type Printed, runHelm, startHelm } from '../support/helm.ts'
import { defineOperatorResources, operatorCrdsMissing } from '../support/operator-crds.ts'

/** Why there can be no cluster to install into, for `needs()`. */
export const clusterMissing = controlPlaneMissing ?? helmMissing ?? operatorCrdsMissing

const ROOT = join(import.meta.dirname, '../..')
const LOGS = join(ROOT, 'dist/helm')

export const NAMESPACE = 'monitoring'

/** The service account of release `guard`. */
export const ACCOUNT = 'guard-keybuzz-version-guard'

/** A real control plane with the operator's definitions and the namespaces that the chart's values name. */
export interface HelmCluster {
  readonly controlPlane: ControlPlane
  /** Runs Helm in the namespace `monitoring`. */
  helm(name: HelmName, ...args: readonly string[]): Promise<Printed>
  /** Begins it, for those who end it half way. */
  start(name: HelmName, ...args: readonly string[]): ChildProcess
  kubectl(...args: readonly string[]): Promise<string>
  /** As `kubectl apply --dry-run=server`, of manifests. */
  applyDry(manifests: string): Promise<string>
}

export async function startHelmCluster(): Promise<HelmCluster> {
  const controlPlane = await startControlPlane()
  await defineOperatorResources(controlPlane, ['prometheusrules', 'alertmanagerconfigs', 'servicemonitors'])
  for (const namespace of [NAMESPACE, 'keybuzz-client-dev', 'keybuzz-admin-dev', '123', 'on']) {
    await controlPlane.kubectl(['create', 'namespace', namespace])
  }
  // No controllers run here, so nobody else makes it.
  await controlPlane.kubectl(['create', 'serviceaccount', 'default', `--namespace=${NAMESPACE}`])
  const home = join(controlPlane.folder, 'helm')
  mkdirSync(home)
  const place = [`--kubeconfig=${controlPlane.adminKubeconfig}`, `--namespace=${NAMESPACE}`]
  return {
    controlPlane,
    helm: (name, ...args) => runHelm(name, [...args, ...place], home),
    start: (name, ...args) => startHelm(name, [...args, ...place], home),
    kubectl: (...args) => controlPlane.kubectl([...args, `--namespace=${NAMESPACE}`]),
    applyDry: manifests => controlPlane.kubectl(['apply', '--dry-run=server', '--filename=-'], manifests)
  }
}

/** Arguments that install the chart as release `guard`. */
export function withValues(...settings: readonly string[]): readonly string[] {
  return [
    'guard',
    CHART,
    ...settings.map(setting => (setting.endsWith('.yaml') ? `--values=${setting}` : `--set-json=${setting}`))
  ]
}

/** Keeps what Helm said, for a person to read: `dist/helm/NAME.log`. */
export function keepLog(name: string, { stdout, stderr }: Printed): void {
  mkdirSync(LOGS, { recursive: true })
  writeFileSync(join(LOGS, `${name}.log`), `${stderr}\n${stdout}`)
}
