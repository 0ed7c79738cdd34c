import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { shown } from '../../domain/text.ts'
import { readYaml } from '../../files/read-yaml.ts'
import { isJsonObject, type JsonObject, parseJson, valueAt } from '../../text/json.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import { ApiError, misconfigured } from './failure.ts'
import { type Entry, flagIn, type KubeEnvironment, textIn, textsIn } from './kubeconfig.ts'

/** What a plugin gave; empty: it did not give that. */
export interface ExecCredential {
  readonly token: string
  readonly cert: string
  readonly key: string
  /** Milliseconds since the epoch; `null`: it does not say when it ends. */
  readonly expiresAt: number | null
}

export interface ExecPluginOptions {
  readonly environment: KubeEnvironment
  /** As in the client.authentication.k8s.io API, for plugins that ask for it. */
  readonly clusterInfo: () => Promise<JsonObject>
  /** Kills the plugin. */
  readonly signal: AbortSignal
}

interface Run {
  readonly stdout: string
  readonly stderr: string
  /** How it failed, for a person; `null`: it did not. */
  readonly failure: string | null
}

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']
const INTERACTIVE_MODES = ['Never', 'IfAvailable', 'Always']
/** A plugin may ask a cloud, which may ask somebody else in turn. Only the next request waits for it. */
const TIMEOUT_MS = 60_000
const MAX_OUTPUT_LENGTH = 1024 * 1024
const MAX_COMPLAINT_LENGTH = 16 * 1024
const MAX_HINT_WORDS = 100
const LONG_WORD = /[\w+=~-]{16,}/g

/**
 * Runs a user's credential plugin by the rules of client-go (plugin/pkg/client/auth/exec), except for standard input:
 * nobody is there to answer. Throws an `ApiError` that says what is wrong.
 */
export async function runExecPlugin(user: Entry, options: ExecPluginOptions): Promise<ExecCredential> {
  const exec = readExec(user)
  const apiVersion = textIn(exec, 'apiVersion')
  const info: JsonObject = {
    kind: 'ExecCredential',
    apiVersion,
    spec: {
      interactive: false,
      ...(flagIn(exec, 'provideClusterInfo') ? { cluster: await options.clusterInfo() } : {})
    }
  }
  const env: KubeEnvironment = {
    ...options.environment,
    ...variablesIn(exec),
    KUBERNETES_EXEC_INFO: JSON.stringify(info)
  }
  const name = textIn(exec, 'command')
  // Like a shell, looks only for a bare name in PATH.
  const command = name.includes('/') ? resolve(exec.folder, name) : name
  const run = await spawnPlugin({ command, args: textsIn(exec, 'args'), env, signal: options.signal }).catch(error => {
    const words = describeSpawnFailure(error, name, isThere(command, env.PATH))
    throw failed(`exec: ${words}${describeHint(textIn(exec, 'installHint'))}`)
  })
  if (run.failure !== null) throw failed(`exec: executable ${shown(name)} ${run.failure}${complaint(run)}`)
  return readCredential(run.stdout, apiVersion)
}

/**
 * Replaces `runExecPlugin` for a check: runs no plugin, and throws the same for a configuration that cannot be used.
 */
export async function checkExecPlugin(user: Entry): Promise<ExecCredential> {
  const exec = readExec(user)
  variablesIn(exec)
  textsIn(exec, 'args')
  flagIn(exec, 'provideClusterInfo')
  return { token: '', cert: '', key: '', expiresAt: null }
}

function readExec(user: Entry): Entry {
  const fields = user.fields.exec
  const exec = { ...user, title: `${user.title}: exec`, fields: isJsonObject(fields) ? fields : {} }
  const apiVersion = textIn(exec, 'apiVersion')
  if (textIn(exec, 'command') === '') throw misconfigured(`${exec.title}: command must be specified`)
  if (apiVersion === '') throw misconfigured(`${exec.title}: apiVersion must be specified`)
  if (!API_VERSIONS.includes(apiVersion)) {
    throw misconfigured(
      `${exec.title}: invalid apiVersion "${shown(apiVersion)}"; it takes ${API_VERSIONS.join(' or ')}`
    )
  }
  const mode = textIn(exec, 'interactiveMode') || (apiVersion.endsWith('/v1') ? '' : 'IfAvailable')
  if (mode === '') throw misconfigured(`${exec.title}: interactiveMode must be specified`)
  if (!INTERACTIVE_MODES.includes(mode)) {
    throw misconfigured(
      `${exec.title}: invalid interactiveMode "${shown(mode)}"; it takes ${INTERACTIVE_MODES.join(', ')}`
    )
  }
  if (mode === 'Always') {
    throw misconfigured(`${exec.title}: interactiveMode is Always, but nobody is there to answer: use another account`)
  }
  return exec
}

function variablesIn({ title, fields }: Entry): Readonly<Record<string, string>> {
  const variables = fields.env ?? []
  const pairs = (Array.isArray(variables) ? variables : []).map(variable => {
    const name = valueAt(variable, 'name')
    const value = valueAt(variable, 'value') ?? ''
    if (typeof name === 'string' && name !== '' && typeof value === 'string') return [name, value] as const
    throw misconfigured(`${title}: each entry of env takes a name and a value, both strings; put them in quotes`)
  })
  return Object.fromEntries(pairs)
}

interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly env: KubeEnvironment
  readonly signal: AbortSignal
}

/** Rejects if it cannot be started. */
function spawnPlugin({ command, args, env, signal }: Command): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    let ourReason: string | null = null
    const kill = (reason: string): void => {
      ourReason = reason
      child.kill('SIGKILL')
      // Processes that it started may live on, and keep these open.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const stop = (): void => kill('was stopped')
    const timer = setTimeout(() => kill(`did not end within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS)
    signal.addEventListener('abort', stop, { once: true })
    child.stdout.setEncoding('utf8').on('data', piece => {
      stdout += piece
      if (stdout.length > MAX_OUTPUT_LENGTH) kill(`printed more than ${MAX_OUTPUT_LENGTH} characters`)
    })
    child.stderr.setEncoding('utf8').on('data', piece => {
      if (stderr.length < MAX_COMPLAINT_LENGTH) stderr += piece
    })
    const clear = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
    child.on('error', error => {
      clear()
      reject(error)
    })
    const end = (exitCode: number | null, killedBy: string | null): void => {
      clear()
      resolve({ stdout, stderr, failure: ourReason ?? describeExit(exitCode, killedBy) })
    }
    // Processes that it started may keep its standard error open. Like kubectl, do not wait for that if all went well.
    let isOutputWhole = false
    const endWell = (): void => {
      if (isOutputWhole && child.exitCode === 0) end(0, null)
    }
    child.stdout.on('close', () => {
      isOutputWhole = true
      endWell()
    })
    child.on('exit', endWell)
    child.on('close', end)
  })
}

function describeExit(exitCode: number | null, killedBy: string | null): string | null {
  if (killedBy !== null) return `was killed by ${killedBy}`
  return exitCode === 0 ? null : `failed with exit code ${exitCode}`
}

/** Whether a file is where the system looks for a command. */
function isThere(command: string, path = ''): boolean {
  if (command.includes('/')) return existsSync(command)
  return path.split(delimiter).some(folder => folder !== '' && existsSync(join(folder, command)))
}

function describeSpawnFailure(error: unknown, name: string, isFile: boolean): string {
  const code = valueAt(error, 'code')
  // The system says the same about a script's interpreter, and about the loader of a program built for another libc.
  if (code === 'ENOENT' && isFile) {
    return `executable ${shown(name)} is there, but not the interpreter in its first line or the libc that it was built for`
  }
  if (code === 'ENOENT') return `executable ${shown(name)} not found`
  if (code === 'EACCES') return `executable ${shown(name)} may not be run: permission denied`
  return `executable ${shown(name)} cannot be started (${shown(String(code))})`
}

/** Shows the hint whole, because it is the cure, and each word only as far as it is safe to show. */
function describeHint(hint: string): string {
  const words = hint.split(/\s+/).filter(word => word !== '')
  return words.length === 0 ? '' : `; ${words.slice(0, MAX_HINT_WORDS).map(shown).join(' ')}`
}

// What it printed, or a part of it: words for a person at best, a token at worst.
function complaint({ stderr }: Run): string {
  const words = withoutUrlSecrets(stderr.trim().replace(/\s+/g, ' '))
  if (words === '') return ''
  return `: ${shown(words.replace(LONG_WORD, word => (/\d/.test(word) && /[a-z]/i.test(word) ? '…' : word)))}`
}

function readCredential(stdout: string, apiVersion: string): ExecCredential {
  const answer = parseOutput(stdout)
  const returned = valueAt(answer, 'apiVersion')
  if (valueAt(answer, 'kind') !== 'ExecCredential') throw failed('exec plugin: it did not print an ExecCredential')
  if (returned !== apiVersion) {
    const versions = `${apiVersion}, plugin returned version ${shown(String(returned))}`
    throw failed(`exec plugin is configured to use API version ${versions}`)
  }
  const status = valueAt(answer, 'status')
  if (!isJsonObject(status)) throw failed("exec plugin didn't return a status field")
  const textOf = (name: string): string => {
    const value = status[name] ?? ''
    if (typeof value === 'string') return value
    throw failed(`exec plugin: status.${name} is not a string`)
  }
  const token = textOf('token')
  const cert = textOf('clientCertificateData')
  const key = textOf('clientKeyData')
  if (token === '' && cert === '' && key === '') throw failed("exec plugin didn't return a token or cert/key pair")
  if ((cert === '') !== (key === '')) throw failed('exec plugin returned only certificate or key, not both')
  const expires = textOf('expirationTimestamp')
  const expiresAt = expires === '' ? null : Date.parse(expires)
  if (Number.isNaN(expiresAt)) throw failed('exec plugin: status.expirationTimestamp is not a time')
  return { token, cert, key, expiresAt }
}

/** JSON, or YAML, which client-go takes too. */
function parseOutput(text: string): unknown {
  const json = parseJson(text)
  if (json !== undefined) return json
  const read = readYaml(text, { isReadAsInGo: true })
  const value = read.ok ? read.value[0]?.value : undefined
  if (isJsonObject(value)) return value
  // Without the parser's words, which quote what may be a token.
  throw failed('exec plugin: it did not print JSON')
}

function failed(message: string): ApiError {
  return new ApiError({ kind: 'credentials', message })
}
