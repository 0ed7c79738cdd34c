import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHART, type HelmName, type Manifest, readManifests, runHelm } from '../support/helm.ts'

export type Values = Readonly<Record<string, unknown>>

/** The chart's objects with these values, as release `guard` in namespace `monitoring`. */
export async function render(home: string, values: Values, helm: HelmName = 'helm4'): Promise<readonly Manifest[]> {
  const { stdout } = await runHelm(helm, ['template', ...release(home, values)], home)
  return readManifests(stdout)
}

/** What Helm has to say against these values. */
export async function refusal(home: string, values: Values, helm: HelmName): Promise<string> {
  const rendered = runHelm(helm, ['template', ...release(home, values)], home)
  const error = await rendered.then(
    () => assert.fail(`taken: ${JSON.stringify(values)}`),
    (reason: unknown) => reason
  )
  return error instanceof Error ? error.message : String(error)
}

/** The one object of a kind. */
export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, ...more] = manifests.filter(manifest => manifest.kind === kind)
  assert.ok(found !== undefined && more.length === 0, `one ${kind} among ${kindsOf(manifests)}`)
  return found
}

export function kindsOf(manifests: readonly Manifest[]): readonly string[] {
  return [...new Set(manifests.map(({ kind }) => kind))].sort()
}

function release(home: string, values: Values): readonly string[] {
  const file = join(mkdtempSync(join(home, 'values-')), 'values.yaml')
  // JSON is YAML, of 1.1 too, where yes is true.
  writeFileSync(file, JSON.stringify(values))
  return ['guard', CHART, '--namespace=monitoring', `--values=${file}`]
}
