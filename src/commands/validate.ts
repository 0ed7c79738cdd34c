import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createTargetSelector } from '../check/targets.ts'
import { readCertificates } from '../config/certificates.ts'
import { ConfigError, configMistakes } from '../config/config.ts'
import { readEngineConfig } from '../config/docker-engine.ts'
import { type Environment, VARIABLES, type Variables } from '../config/environment.ts'
import { readSecret } from '../config/headers.ts'
import { readRegistryAuth } from '../config/registries.ts'
import { headerFilesOf, readTargetsFile, targetDefaults } from '../config/targets-file.ts'
import { validateVariables } from '../config/validate-variables.ts'
import { readWebConfig } from '../config/web-config/read.ts'
import { unseen } from '../domain/observation.ts'
import { WHOLE } from '../domain/shard.ts'
import type { Target } from '../domain/target.ts'
import { parseDuration } from '../text/durations.ts'
import { counted } from '../text/lines.ts'
import { accepted, cannotRead, type Result, refused } from '../text/mistake.ts'
import { certificatesIn } from '../text/pem.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { print } from './io-error.ts'
import { renderColumns } from './table.ts'

/** One file, or folder, that a variable names. */
interface NamedFile {
  readonly variable: string
  /** `null`: there is none, which may be right. */
  readonly path: string | null
  readonly content: Result<Content>
}

/** What a file holds, for a person. */
interface Content {
  readonly holds: string
  /** Accepted, but perhaps not intended; a line each. */
  readonly warnings?: readonly string[]
}

const HEADINGS = ['VARIABLE', 'FILE', 'HOLDS']

export const VALIDATE = defineCommand({
  summary: 'read the configuration and every file that it names, and say what is wrong with them',
  description:
    'Reads the environment variables and every file that they name: targets, headers, workloads, release manifests, gate, ' +
    'web config, certificates, registry credentials and kubeconfig. Also checks that LOG_DIR is a folder, or can be created. ' +
    'Reports all mistakes at once, or what it has read. It contacts nothing: no server, no registry, no credential plugin.',
  examples: [['validate', 'before a restart, or in the pipeline of the repository that has the files']],
  exitCodes: [[0, 'nothing is wrong; warnings are on standard error']],
  variables: [
    'WORKLOAD_SOURCE',
    'WORKLOADS_FILE',
    'DOCKER_CERT_PATH',
    'TARGETS_FILE',
    'RELEASES_DIR',
    'GATE_CONFIG',
    'ENDPOINT_CA_FILE',
    'REGISTRY_AUTH_FILE',
    'WEB_CONFIG_FILE',
    'LOG_DIR'
  ],
  run: (_given, context) => validate(context)
})

async function validate(context: CommandContext): Promise<number> {
  const { runtime, loadConfig, stdout, complain } = context
  const { environment } = runtime
  const files = await readFiles(environment, context)
  const mistakes = [
    ...configMistakes(loadConfig),
    ...files.flatMap(({ content }) => (content.ok ? [] : content.mistakes))
  ]
  // The configuration reads most of these files too, and says the same about them.
  const each = new Map(mistakes.map(mistake => [mistake.message, mistake]))
  if (each.size > 0) throw new ConfigError([...each.values()])

  const rows = files.flatMap(({ variable, path, content }) => {
    if (!content.ok) return []
    const { holds, warnings = [] } = content.value
    for (const warning of warnings) complain(warning)
    return path === null ? [] : [{ style: 'green', cells: [variable, path, holds] } as const]
  })
  const variables = [...VARIABLES.keys()].filter(name => (environment[name] ?? '') !== '')
  const totals = `${counted(variables.length, 'variable')} and ${counted(rows.length, 'file')}: no mistakes`
  await print(renderColumns({ headings: HEADINGS, rows, totals }, stdout), stdout)
  return 0
}

const NO_KUBECONFIG: NamedFile = {
  variable: 'KUBECONFIG',
  path: null,
  content: accepted({
    holds: '',
    warnings: [
      'no Kubernetes configuration was found here, so none was read; a guard in a cluster uses its service account'
    ]
  })
}

/** Every file that the variables name, in their order; files that a file names come after it. */
async function readFiles(environment: Environment, context: CommandContext): Promise<NamedFile[]> {
  const { runtime, sources } = context
  const { variables, wrongNames } = validateVariables(environment)
  const {
    WORKLOAD_SOURCE: wanted,
    WORKLOADS_FILE: workloads,
    TARGETS_FILE: targets,
    RELEASES_DIR: releases
  } = variables
  // A wrong source is one mistake; what depends on it cannot be judged.
  const source = wrongNames.has('WORKLOAD_SOURCE') ? null : wanted
  const files: NamedFile[] = []
  const add = (variable: string, path: string | undefined, read: (path: string) => Result<Content>): void => {
    if (path !== undefined) files.push({ variable, path, content: read(path) })
  }

  if (source === 'kubernetes') {
    const access = await sources.checkKubernetes()
    if (access === null) files.push(NO_KUBECONFIG)
    else if (access.ok) add('KUBECONFIG', access.value.place, () => access)
    else add('KUBECONFIG', environment.KUBECONFIG ?? '', () => access)
  }
  const named = targets === undefined ? null : readTargetsFile(targets, targetDefaults(variables.VERSION_MATCH, wanted))
  const guarded = named?.ok === true ? named.value : []
  if (source === 'file' && workloads !== undefined) {
    const content = await readWorkloads(workloads, { variables, guarded, manifests: runtime.manifests })
    add('WORKLOADS_FILE', workloads, () => content)
  }
  if (source === 'docker') {
    const engine = readEngineConfig(variables, environment.HOME ?? '')
    const folder = engine.ok ? engine.value.tls?.folder : undefined
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) {
      if (name !== 'ca.pem' || variables.DOCKER_TLS_VERIFY !== undefined) {
        add('DOCKER_CERT_PATH', folder && join(folder, name), () => accepted({ holds: 'PEM' }))
      }
    }
  }
  if (named !== null) {
    add('TARGETS_FILE', targets, () => holding(named, list => ({ holds: counted(list.length, 'target') })))
    for (const path of headerFilesOf(guarded)) {
      add('TARGETS_FILE', path, () => holding(readSecret(path), () => ({ holds: 'the secret of a header' })))
    }
  }
  add('RELEASES_DIR', releases, path =>
    holding(sources.countReleaseManifests(path), manifests => ({ holds: counted(manifests, 'release manifest') }))
  )
  if (variables.GATE_CONFIG !== undefined) {
    // Loaded only where it is used: it brings a parser for PromQL.
    const { readGateFile } = await import('../gate/config/gate-file.ts')
    add('GATE_CONFIG', variables.GATE_CONFIG, path =>
      holding(readGateFile(path), ({ service }) => ({ holds: `the gate of ${service.name}` }))
    )
  }
  add('ENDPOINT_CA_FILE', variables.ENDPOINT_CA_FILE, path =>
    holding(readCertificates(path), pem => ({ holds: counted(certificatesIn(pem).length, 'certificate') }))
  )
  add('REGISTRY_AUTH_FILE', variables.REGISTRY_AUTH_FILE, path =>
    holding(readRegistryAuth(path), ({ entries, problems }) => ({
      holds: `credentials for ${counted(entries.length, 'registry', 'registries')}`,
      warnings: problems.map(problem => `${path}: ${problem}`)
    }))
  )
  add('WEB_CONFIG_FILE', variables.WEB_CONFIG_FILE, path =>
    holding(readWebConfig(path).result, ({ rules, warnings }) => ({
      holds: `${rules.tls === null ? 'no TLS' : 'TLS'}, ${counted(rules.users.size, 'user')}`,
      warnings
    }))
  )
  add('LOG_DIR', variables.LOG_DIR, findLogFolder)
  return files
}

/** The folder, or the place where `serve` creates it. Another user may run `serve`, so permissions do not count. */
function findLogFolder(path: string): Result<Content> {
  const failure = failureToEnter(path)
  if (failure === null) return accepted({ holds: 'the daily files' })
  const missing = failure === 'ENOENT' ? failureToEnter(dirname(resolve(path))) : failure
  if (missing === null) return accepted({ holds: 'nothing yet: serve creates it' })
  const reason = missing === 'ENOENT' ? 'no such file or directory' : 'not a directory'
  return refused([cannotRead(`LOG_DIR: cannot write to ${path}: ${reason}`)])
}

/** `null`: it is a folder, or may be one that this user may not look at. */
function failureToEnter(path: string): 'ENOENT' | 'ENOTDIR' | null {
  try {
    return statSync(path).isDirectory() ? null : 'ENOTDIR'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'ENOTDIR' ? code : null
  }
}

interface Surroundings {
  readonly variables: Variables
  /** Of the targets file. */
  readonly guarded: readonly Target[]
  readonly manifests: CommandContext['runtime']['manifests']
}

/** Selects services from the workloads as well, for annotations may be wrong. */
async function readWorkloads(path: string, { variables, guarded, manifests }: Surroundings): Promise<Result<Content>> {
  const unread = unseen('never_read', '')
  const { DISCOVERY: discovery, VERSION_MATCH: versionMatch } = variables
  const select = createTargetSelector({ discovery, versionMatch, shard: WHOLE, parseDuration })
  return holding(await manifests.read(path), ({ workloads, warnings }) => {
    const known = workloads.map(workload => ({ workload, pods: unread, revisions: unread }))
    const selection = select(guarded, known)
    return {
      holds: `${counted(workloads.length, 'workload')}; ${counted(selection.targets.length, 'service')}, including those of all files`,
      warnings: [...warnings, ...selection.warnings.map(({ line }) => line)]
    }
  })
}

function holding<Value>(read: Result<Value>, describe: (value: Value) => Content): Result<Content> {
  return read.ok ? accepted(describe(read.value)) : refused(read.mistakes)
}
