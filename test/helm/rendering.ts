import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { parse } from 'yaml'
import { CHART, type HelmName, MATRIX, type Manifest, readManifests, runHelm } from '../support/helm.ts'

export type Values = Readonly<Record<string, unknown>>

/** A file of the repository. */
export const read = (path: string): string => readFileSync(join(CHART, '..', path), 'utf8')

/** The values of the matrix, by the names of their files without `-values.yaml`. */
export const matrix: Readonly<Record<string, Values>> = Object.fromEntries(
  globSync('*.yaml', { cwd: MATRIX }).map(name => [name.replace('-values.yaml', ''), parse(read(`helm/ci/${name}`))])
)

/** A folder for Helm, from the first test of a suite to its last. */
export function helmHome(): () => string {
  let home = ''
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'keybuzz-helm-'))
  })
  after(() => rmSync(home, { recursive: true, force: true }))
  return () => home
}

/** The chart's parts with some values, for a suite. */
export function chartObjects() {
  const home = helmHome()
  const objects = (values: Values = {}) => render(home(), values)
  const workload = async (values: Values = {}) => workloadOf(await objects(values))
  const pod = async (values: Values = {}) => (await workload(values)).spec.template.spec
  const container = async (values: Values = {}) => (await pod(values)).containers[0]
  const variable = async (values: Values, name: string) =>
    (await container(values)).env.find((entry: { name: string }) => entry.name === name)
  return { objects, workload, pod, container, variable }
}

/** What runs the guard. */
export function workloadOf(manifests: readonly Manifest[]): Manifest {
  return only(
    manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet'),
    manifests.some(({ kind }) => kind === 'StatefulSet') ? 'StatefulSet' : 'Deployment'
  )
}

/** The chart's objects with these values, as release `guard` in namespace `monitoring`. */
export async function render(home: string, values: Values, helm: HelmName = 'helm4'): Promise<readonly Manifest[]> {
  const { stdout } = await runHelm(helm, ['template', ...release(home, values)], home)
  return readManifests(stdout)
}

/** What Helm tells the person who installs the chart with these values. */
export async function notes(home: string, values: Values): Promise<string> {
  const { stdout } = await runHelm('helm4', ['install', '--dry-run=client', ...release(home, values)], home)
  return stdout.split(/^NOTES:$/m)[1] ?? ''
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
