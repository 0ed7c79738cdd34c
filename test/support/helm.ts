import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { isExecutable } from './component.ts'

const BIN = process.env.HELM_BIN
const HOW_TO = 'no Helm here; get it with: export HELM_BIN="$(test/helm/make-helm)"'

/** Both lines of Helm that are in use. */
export const HELMS = ['helm4', 'helm3'] as const

/** And the oldest that the chart is for. */
export const ALL_HELMS = [...HELMS, 'helm3.11'] as const

export type HelmName = (typeof ALL_HELMS)[number]

/** Why there can be no test with Helm here, for `needs()`. */
export const helmMissing: string | undefined = ALL_HELMS.every(isThere) ? undefined : HOW_TO

export const CHART = join(import.meta.dirname, '../../helm')

/** Folder of the chart's matrix of values. */
export const MATRIX = join(CHART, 'ci')

export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** Runs Helm to its end; rejects with what it complained about. It writes nothing but into `home`. */
export async function runHelm(name: HelmName, args: readonly string[], home: string): Promise<Printed> {
  const env = { PATH: process.env.PATH, HOME: home }
  try {
    return await promisify(execFile)(join(BIN ?? '', name), [...args], { env, maxBuffer: Number.POSITIVE_INFINITY })
  } catch (cause) {
    throw new Error(`helm ${args.join(' ')}: ${withoutLinks(Object(cause).stderr)}`, { cause })
  }
}

/** Begins what `runHelm` runs to its end; nobody reads what it says. */
export function startHelm(name: HelmName, args: readonly string[], home: string): ChildProcess {
  return spawn(join(BIN ?? '', name), [...args], { env: { PATH: process.env.PATH, HOME: home }, stdio: 'ignore' })
}

/** A Kubernetes object as tests look at it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  // biome-ignore lint/suspicious/noExplicitAny: every kind has its own fields, and the API server checks them
  readonly [field: string]: any
}

/** The objects of a rendered chart. */
export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap(document => {
    if (document.errors.length > 0) throw new Error(`${document.errors[0]}\n${text}`)
    const object = document.toJSON()
    return object === null ? [] : [object]
  })
}

/** Helm notes each link that it follows. */
function withoutLinks(stderr: unknown): string {
  const lines = String(stderr).split('\n')
  return lines.filter(line => !line.includes('found symbolic link')).join('\n')
}

function isThere(name: HelmName): boolean {
  return BIN !== undefined && isExecutable(join(BIN, name))
}
