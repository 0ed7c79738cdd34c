import { existsSync, statSync } from 'node:fs'
import { devNull } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { shown } from '../../domain/text.ts'
import { readPemFile, readTextFile } from '../../files/read-text.ts'
import { readYaml } from '../../files/read-yaml.ts'
import { isJsonObject, type JsonObject, valueAt } from '../../text/json.ts'
import type { Mistake } from '../../text/mistake.ts'
import { ApiError, misconfigured } from './failure.ts'

/** The process's environment: says where the configuration and the proxy are, and is passed on to plugins. */
export type KubeEnvironment = Readonly<Record<string, string | undefined>>

/** What the current context names; not checked yet. */
export interface KubeConfig {
  readonly cluster: Entry
  /** `null`: the context names none, and requests do not say who asks. */
  readonly user: Entry | null
}

/** One cluster or user, with the fields that kubectl knows: `certificate-authority-data`, `tokenFile`, … */
export interface Entry {
  /** For messages, such as `cluster "prod"`. */
  readonly title: string
  readonly fields: JsonObject
  /** The folder of its file, where relative paths begin. */
  readonly folder: string
}

interface KubeConfigFile {
  readonly path: string
  readonly document: JsonObject
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'
const CURE = 'KUBECONFIG, or WORKLOAD_SOURCE=file with WORKLOADS_FILE'
// Enough for hundreds of clusters with their certificates, and for any token, certificate or key.
const MAX_BYTES = 4 * 1024 * 1024

/**
 * The configuration of the service account in a cluster, else of the files of `KUBECONFIG`, else of `~/.kube/config`.
 *
 * The rules are kubectl's (client-go, tools/clientcmd): missing and empty files are skipped, the first file that names
 * a thing defines it, and unused entries are not checked. Throws an `ApiError` that says what is wrong and where.
 */
export function loadKubeConfig(
  environment: KubeEnvironment,
  serviceAccountFolder = SERVICE_ACCOUNT_FOLDER
): KubeConfig {
  const inCluster = ofServiceAccount(environment, serviceAccountFolder)
  if (inCluster !== null) return inCluster
  const { KUBECONFIG = '', HOME } = environment
  const listed = [...new Set(KUBECONFIG.split(delimiter).filter(path => path !== ''))]
  const paths = listed.length > 0 ? listed : HOME === undefined ? [] : [join(HOME, '.kube', 'config')]
  const files = paths.map(readFileOf).filter(file => file !== null)
  if (files.length > 0) return chooseCurrent(files)
  const looked =
    listed.length > 0 ? `no file in KUBECONFIG, ${quoted(KUBECONFIG)}, exists and has content` : 'KUBECONFIG is not set'
  const home = listed.length > 0 ? '' : ', ~/.kube/config does not exist'
  if (!isInPod(environment)) throw misconfigured(`not found: not in a cluster, ${looked}${home}; set ${CURE}`)
  const token = `in a pod without ${join(serviceAccountFolder, 'token')}`
  throw misconfigured(`not found: ${token}, ${looked}${home}; set automountServiceAccountToken: true, ${CURE}`)
}

/**
 * Where the configuration comes from, for a person; `null`: there is none, and no variable says that there should be.
 */
export function kubeConfigPlace(
  environment: KubeEnvironment,
  serviceAccountFolder = SERVICE_ACCOUNT_FOLDER
): string | null {
  if (ofServiceAccount(environment, serviceAccountFolder) !== null) return serviceAccountFolder
  const { KUBECONFIG = '', HOME } = environment
  if (KUBECONFIG !== '') return KUBECONFIG
  const path = HOME === undefined ? null : join(HOME, '.kube', 'config')
  return path === null || isMissing(path) ? null : path
}

function ofServiceAccount(environment: KubeEnvironment, folder: string): KubeConfig | null {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment
  const tokenFile = join(folder, 'token')
  if (!isInPod(environment) || !existsSync(tokenFile)) return null
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  const title = 'the service account'
  return {
    cluster: { title, folder, fields: { server, 'certificate-authority': 'ca.crt' } },
    user: { title, folder, fields: { tokenFile } }
  }
}

/** By the variables that Kubernetes sets in each container. */
function isInPod({ KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' }: KubeEnvironment): boolean {
  return host !== '' && port !== ''
}

/** `null`: not there, or empty. */
function readFileOf(path: string): KubeConfigFile | null {
  if (path === devNull || isMissing(path)) return null
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) throw unreadable(file.mistakes)
  const document = parseYaml(file.value, path)
  if (document === null || document === undefined) return null
  if (!isJsonObject(document)) throw misconfigured(`${path}: not a kubeconfig`)
  return { path, document }
}

// A folder without permission fails later, when the file is read.
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

// Not the parser's own words, which quote the lines around a mistake: there are secrets in them.
function parseYaml(text: string, path: string): unknown {
  // As kubectl's parser reads it: its version of YAML, several documents, duplicate keys.
  const read = readYaml(text, { version: '1.1', isReadAsInGo: true })
  if (!read.ok) {
    const [line] = read.mistakes.flatMap(mistake => mistake.line ?? [])
    throw misconfigured(`${path}${line === undefined ? '' : `:${line}`}: not valid YAML`)
  }
  return read.value[0]?.value
}

function chooseCurrent(files: readonly KubeConfigFile[]): KubeConfig {
  const where = files.map(({ path }) => path).join(delimiter)
  const current = files
    .map(({ document }) => document['current-context'])
    .find(name => name !== undefined && name !== null && name !== '')
  if (current === undefined) {
    throw misconfigured(`${where}: current-context is not set; choose one with kubectl config use-context NAME`)
  }
  const context = findEntry(files, 'context', current)
  if (context === null) throw misconfigured(`${where}: the current context ${quoted(current)} does not exist`)
  const named = (kind: 'cluster' | 'user'): Entry | null => {
    const name = context.fields[kind]
    if (name === undefined || name === '') return null
    const entry = findEntry(files, kind, name)
    if (entry !== null) return entry
    throw misconfigured(`${where}: ${kind} ${quoted(name)} does not exist, but ${context.title} names it`)
  }
  const cluster = named('cluster')
  if (cluster === null) throw misconfigured(`${where}: ${context.title} names no cluster`)
  return { cluster, user: named('user') }
}

/** The first entry with this name; others of the same name are not merged into it. */
function findEntry(
  files: readonly KubeConfigFile[],
  kind: 'context' | 'cluster' | 'user',
  name: unknown
): Entry | null {
  for (const { path, document } of files) {
    const entries = document[`${kind}s`]
    const found = Array.isArray(entries) ? entries.find(entry => valueAt(entry, 'name') === name) : undefined
    if (found === undefined) continue
    const fields = valueAt(found, kind)
    const title = `${kind} ${quoted(name)}`
    return { title, fields: isJsonObject(fields) ? fields : {}, folder: dirname(resolve(path)) }
  }
  return null
}

/** A text among the fields of an entry; empty: it is not there. */
export function textIn({ title, fields }: Entry, name: string): string {
  const value = fields[name] ?? ''
  if (typeof value !== 'string') throw misconfigured(`${title}: ${name} is not a string; put it in quotes`)
  return value
}

/** Texts among the fields of an entry; none: the field is not there. */
export function textsIn({ title, fields }: Entry, name: string): readonly string[] {
  const texts = fields[name] ?? []
  if (Array.isArray(texts) && texts.every(text => typeof text === 'string')) return texts
  throw misconfigured(`${title}: ${shown(name)} is not a list of strings; put each in quotes`)
}

/** A switch among the fields of an entry; false: it is not there. */
export function flagIn({ title, fields }: Entry, name: string): boolean {
  const flag = fields[name] ?? false
  if (typeof flag === 'boolean') return flag
  throw misconfigured(`${title}: ${name} takes true or false, without quotes`)
}

/** A path among the fields of an entry, as an absolute one; empty: it is not there. */
export function pathIn(entry: Entry, name: string): string {
  const path = textIn(entry, name)
  return path === '' ? '' : resolve(entry.folder, path)
}

/** The text of the file that a field of an entry names; empty: the field is not there. */
export function fileIn(entry: Entry, name: string, read = readTextFile): string {
  const path = pathIn(entry, name)
  if (path === '') return ''
  const file = read(path, MAX_BYTES)
  if (file.ok) return file.value
  throw unreadable(file.mistakes, `${entry.title}: ${name} `)
}

/** PEM that an entry holds inline (`NAME-data`, in base64) or in a file (`NAME`); empty: it has none. */
export function pemIn(entry: Entry, name: string): string {
  const data = textIn(entry, `${name}-data`)
  if (data === '') return fileIn(entry, name, readPemFile)
  // kubectl says that one overrides the other, and refuses both.
  if (textIn(entry, name) !== '') throw misconfigured(`${entry.title}: ${name}-data and ${name} are both specified`)
  if (!/^[\w+/\s]+={0,2}\s*$/.test(data)) throw misconfigured(`${entry.title}: ${name}-data is not base64`)
  return Buffer.from(data, 'base64').toString()
}

function unreadable(mistakes: readonly Mistake[], what = ''): ApiError {
  const message = `${what}${mistakes.map(mistake => mistake.message).join('; ')}`
  if (mistakes.some(({ kind }) => kind === 'bad_input')) return misconfigured(message)
  return new ApiError({ kind: 'configuration', message, isUnreadable: true })
}

function quoted(name: unknown): string {
  return `"${shown(String(name))}"`
}
