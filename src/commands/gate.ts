import { writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { ConfigError } from '../config/config.ts'
import type { GateReport } from '../domain/gate.ts'
import { shown } from '../domain/text.ts'
import { readGateFile } from '../gate/config/gate-file.ts'
import { GATE_TEMPLATE } from '../gate/config/template.ts'
import { watchDrill } from '../gate/drill/drill.ts'
import type { DrillFacts } from '../gate/drill/drill-facts.ts'
import { createDrillTimeline } from '../gate/drill/timeline.ts'
import { renderGateJson } from '../gate/formats/json.ts'
import { renderGateJunit } from '../gate/formats/junit.ts'
import { renderGateMarkdown } from '../gate/formats/markdown.ts'
import { renderGateTable } from '../gate/formats/table.ts'
import { reasonOf, verdictOf } from '../gate/formats/words.ts'
import type { GateConfig } from '../gate/gate-config.ts'
import { withDrills } from '../gate/gate-items.ts'
import { exitCodeOf, type GateHeader } from '../gate/judge-items.ts'
import type { GateClients } from '../gate/live/look-live.ts'
import { type GateRun, reportStopped, runGate, withClients } from '../gate/run-gate.ts'
import { readProxyRules } from '../proxy-environment.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { formatDuration } from '../text/durations.ts'
import { badInput, type Mistake, type Result, refused } from '../text/mistake.ts'
import type { CommandContext } from './command.ts'
import { DEFAULT_FILE, type GATE_FORMATS, type GateOptions } from './gate-command.ts'
import { orIoError, print } from './io-error.ts'
import { createProgress, type Progress } from './progress.ts'

// Between two looks: often enough for a short wait, seldom enough for a long one.
const LEAST_PAUSE_MS = 500
const MOST_PAUSE_MS = 5_000
const INTERRUPTED = 3

/** Writes a gate file with comments, but never over an existing file. */
export async function initGate({ config }: GateOptions, { stdout, complain }: CommandContext): Promise<number> {
  if (config === null) await print(GATE_TEMPLATE, stdout)
  else {
    const written = writeFile(config, GATE_TEMPLATE, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause
      throw new Error('file already exists; name another with --config', { cause })
    })
    await orIoError(`${shown(config)}: cannot be written`, written)
    complain(`${shown(config)} is written; change it, then run gate --config ${shown(config)}`)
  }
  return 0
}

/** Looks, prints the report and gives the exit code. */
export async function gate(options: GateOptions, context: CommandContext): Promise<number> {
  const { runtime, stdout, stderr, complain } = context
  const { environment: env, buildInfo } = runtime
  const path = options.config ?? (env.GATE_CONFIG || DEFAULT_FILE)
  const [file, proxies] = allOrConfigError([readConfig(path, options.drill), readProxyRules(env)])
  const config = withDrills(file, options.drill)
  const signal = context.interruption()
  const asking = { version: buildInfo.version, proxies, signal }
  const drills = await watchDrills(config, options.drill, { asking, stderr })
  const header = headerOf(options, env)
  const progress = createProgress(stderr)
  const look = () => runGate(config, { ...asking, drills, header, onProgress: progress.show })
  const rendering = { format: options.format ?? 'table', service: nameOf(config), stdout }
  const report = await untilGo(look, { waitMs: options.wait ?? 0, signal, progress, context }).finally(progress.end)
  if (report !== null && !signal.aborted) {
    await print(render(report, rendering), stdout)
    return exitCodeOf(report)
  }
  // What was seen, and what a drill broke, must not be lost.
  const left = drills.size > 0 ? reportStopped(config, { drills, header }) : report
  if (left !== null) await print(render(left, rendering), stdout)
  const source = drills.size > 0 ? 'the report has only what the drills saw' : 'the report is of the last complete look'
  complain(`interrupted: ${left === null ? 'there is no verdict' : source}`)
  return INTERRUPTED
}

interface Watching {
  readonly asking: Pick<GateRun, 'version' | 'proxies' | 'signal'>
  readonly stderr: CommandContext['stderr']
}

// One after the other: what one breaks would show in the other.
async function watchDrills(config: GateConfig, names: readonly string[], { asking, stderr }: Watching) {
  const drills = new Map<string, DrillFacts>()
  for (const name of new Set(names)) {
    if (asking.signal.aborted) break
    const timeline = createDrillTimeline(stderr, () => performance.now())
    const watch = (clients: GateClients) => watchDrill(config, { name, clients, timeline, signal: asking.signal })
    drills.set(name, await withClients(config, asking, watch))
  }
  return drills
}

function readConfig(path: string, drills: readonly string[]): Result<GateConfig> {
  const config = readGateFile(path)
  if (!config.ok) return { ok: false, mistakes: config.mistakes.map(mistake => withHint(mistake, path)) }
  const names = config.value.drills.map(({ name }) => name)
  const wrong = drills.filter(name => !names.includes(name))
  if (wrong.length === 0) return config
  const there = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  return refused(
    wrong.map(name =>
      badInput(`--drill: ${shown(path)} has no drill "${shown(name)}"; ${didYouMean(name, names) ?? there}`)
    )
  )
}

function withHint(mistake: Mistake, path: string): Mistake {
  if (mistake.message !== `${path}: cannot be read: no such file or directory`) return mistake
  return { ...mistake, message: `${mistake.message}; name another with --config, or write one with gate --init` }
}

function allOrConfigError<First, Second>([first, second]: [Result<First>, Result<Second>]): [First, Second] {
  if (first.ok && second.ok) return [first.value, second.value]
  throw new ConfigError([first, second].flatMap(result => (result.ok ? [] : result.mistakes)))
}

interface Waiting {
  readonly waitMs: number
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly context: Pick<CommandContext, 'complain' | 'stderr'>
}

/** The first report that is GO, or the last one before the time is up or the signal comes; `null`: there is none. */
async function untilGo(look: () => Promise<GateReport>, { waitMs, ...waiting }: Waiting): Promise<GateReport | null> {
  const { signal, progress, context } = waiting
  const end = performance.now() + waitMs
  const pauseMs = Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, waitMs / 20))
  let told = ''
  let last: GateReport | null = null
  while (!signal.aborted) {
    const report = await look()
    // It was stopped half way.
    if (signal.aborted) break
    last = report
    const left = end - performance.now()
    if (report.verdict === 'GO' || left <= 0) break
    const words = `${verdictOf(report)}: ${reasonOf(report)}`
    // A log gets only what changes; a terminal shows it all the time.
    if (words !== told && !context.stderr.isTTY) context.complain(`${words}; looking again for ${inWords(left)}`)
    told = words
    progress.show(`${words}; looking again for ${inWords(left)}`)
    await setTimeout(Math.min(pauseMs, left), undefined, { signal }).catch(() => {})
  }
  return last
}

function inWords(ms: number): string {
  return formatDuration(Math.ceil(ms / 1000) * 1000)
}

function headerOf({ commit, environment, validator }: GateOptions, env: NodeJS.ProcessEnv): GateHeader {
  const said = (...values: readonly (string | null | undefined)[]) => {
    const first = values.find(value => typeof value === 'string' && value.trim() !== '')
    return typeof first === 'string' ? shown(first) : null
  }
  return {
    commit: said(commit, env.GITHUB_SHA, env.CI_COMMIT_SHA),
    environment: said(environment, env.CI_ENVIRONMENT_NAME),
    validator: said(validator, env.GITHUB_ACTOR, env.GITLAB_USER_LOGIN)
  }
}

interface Rendering {
  readonly format: (typeof GATE_FORMATS)[number]
  readonly service: string
  readonly stdout: CommandContext['stdout']
}

function render(report: GateReport, { format, service, stdout }: Rendering): string {
  if (format === 'json') return renderGateJson(report)
  if (format === 'junit') return renderGateJunit(report)
  return format === 'markdown' ? renderGateMarkdown(report, service) : renderGateTable(report, service, stdout)
}

function nameOf({ service: { namespace, name } }: GateConfig): string {
  return namespace === null ? name : `${namespace}/${name}`
}
