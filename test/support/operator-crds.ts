import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { until } from './until.ts'

const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, '../control-plane/make-crds'), {
  encoding: 'utf8'
})

/** Why the Prometheus operator's resource definitions cannot be had here, for `needs()`. */
export const operatorCrdsMissing: string | undefined =
  status === 0 ? undefined : `test/control-plane/make-crds failed: ${stderr.trim()}`

/** Defines resources of the Prometheus operator, such as `prometheusrules`; resolves when they are served. */
export async function defineOperatorResources({ kubectl }: ControlPlane, plurals: readonly string[]): Promise<void> {
  const files = plurals.map(plural => join(stdout.trim(), `monitoring.coreos.com_${plural}.yaml`))
  await kubectl(['create', ...files.map(file => `--filename=${file}`)])
  // `kubectl wait` fails on one that has no status yet.
  await until(() => kubectl(['get', plurals.map(plural => `${plural}.monitoring.coreos.com`).join()]))
}
