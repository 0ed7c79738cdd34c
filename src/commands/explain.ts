import type { Writable } from 'node:stream'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config.ts'
import { describePart } from '../domain/shard.ts'
import { targetKey } from '../domain/target.ts'
import { explain } from '../explain/explain.ts'
import type { ServiceExplanation } from '../explain/explanation.ts'
import { type FoundService, findService, type WantedService, whyNotKnown } from '../explain/find-service.ts'
import { unreadRevisions } from '../explain/revisions.ts'
import { badInput } from '../text/mistake.ts'
import { askServices, type CheckOnceOptions, readWorkloads } from './check-once.ts'
import { defineCommand, EXIT_CODES } from './command.ts'
import { renderExplanation } from './explanation-text.ts'
import { print } from './io-error.ts'
import { choice } from './options.ts'
import { createProgress } from './progress.ts'
import { namesOf, parseServiceName, SERVICE_NAME_TAKES } from './selection.ts'
import type { Screen } from './table.ts'

const FORMATS = ['text', 'json'] as const

export const EXPLAIN = defineCommand({
  summary: 'check one service and explain it: every fact, every finding, and what to do',
  description:
    'Asks one service once and prints all that is known of it: each fact with its source and its age, what each guard finds ' +
    'and why, the check of its endpoint step by step, and the commands to look further and to go back.',
  options: { format: choice(FORMATS, 'for people, or as JSON, as /api/v1/services has it (default: text)') },
  positional: {
    placeholder: 'SERVICE',
    takes: SERVICE_NAME_TAKES,
    description: 'NAME or NAMESPACE/NAME; a name alone must be unique',
    least: 1,
    most: 1,
    parse: parseServiceName
  },
  examples: [
    ['explain shop-prod/shop', 'explain one service'],
    ['explain shop --format json', 'for a program']
  ],
  exitCodes: [
    [0, 'the service is OK'],
    [1, 'the service is MISMATCH or WARNING'],
    [2, 'the service is ERROR'],
    [3, 'the service is UNKNOWN, or does not exist']
  ],
  variables: [
    'CHECK_TIMEOUT',
    'CHECK_DEADLINE',
    'WORKLOAD_SOURCE',
    'WATCH_NAMESPACES',
    'WATCH_PODS',
    'HELM_RELEASES',
    'RELEASES_DIR',
    'WORKLOADS_FILE',
    'TARGETS_FILE',
    'DISCOVERY',
    'ENDPOINT_ALLOW',
    'RUNBOOK_URL',
    'DASHBOARD_URL'
  ],
  run: async ({ options: { format }, words }, { loadConfig, runtime, stdout, stderr, complain }) => {
    const [wanted] = words
    if (wanted === undefined) throw new ConfigError([badInput('SERVICE: missing')])
    const progress = createProgress(stderr)
    const given = { wanted, format: format ?? 'text', runtime, progress, stdout, complain }
    return explainService(loadConfig(), given).finally(progress.end)
  }
})

interface ExplainOptions extends Pick<CheckOnceOptions, 'runtime' | 'progress'> {
  readonly wanted: WantedService
  readonly format: (typeof FORMATS)[number]
  readonly stdout: Screen & Writable
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
}

/** Asks one service within CHECK_DEADLINE, prints what is known of it, and gives the exit code. */
async function explainService(config: Config, options: ExplainOptions): Promise<number> {
  const { wanted, format, runtime, progress, stdout, complain } = options
  const { parts, budgetMs } = await readWorkloads(config, { runtime, progress })
  const { checker, source } = parts
  // Before any service is asked: the workloads tell which services there are.
  await checker.rejudge()
  const named = findService(checker.report().services, wanted)
  if (named.found === null) {
    await parts.close()
    progress.end()
    const health = checker.health()
    for (const { message } of health.problems) complain(message)
    const part = describePart(config.shard)
    if (part !== null) complain(`this is ${part}: services of the other shards are not known here`)
    complain(describeMissing(named, { unread: whyNotKnown(health), known: checker.report().services.map(targetKey) }))
    return EXIT_CODES.unknown
  }
  const key = targetKey(named.found)
  await askServices(parts, { budgetMs, progress, isWanted: service => targetKey(service) === key })
  const facts = checker.find(key)?.facts
  const unread = facts === undefined ? [] : unreadRevisions(facts)
  if (facts?.workload.seen && unread.length > 0) {
    await source.readTemplates(facts.workload.value, unread)
    await checker.rejudge()
  }
  const known = checker.find(key)
  const now = Date.now()
  const health = checker.health()
  await parts.close()
  progress.end()
  if (known === undefined) return EXIT_CODES.unknown
  const context = { now, source: { ...health, kind: config.workloads.source }, links: config.links, isServing: false }
  const explanation = explain(known, context)
  await print(render(explanation, { format, now, stdout }), stdout)
  return EXIT_CODES[explanation.verdict.severity]
}

function describeMissing(
  { message, near }: Extract<FoundService, { readonly found: null }>,
  { unread, known }: { readonly unread: string | null; readonly known: readonly string[] }
): string {
  if (unread !== null) return `${message}; ${unread}`
  const names = near.map(targetKey)
  // Not only those that check prints: it leaves out what has no endpoint.
  if (names.length === 0) return `${message}; ${namesOf(known)}`
  return `${message}; did you mean ${new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names)}?`
}

function render(
  explanation: ServiceExplanation,
  { format, now, stdout }: { readonly format: string; readonly now: number; readonly stdout: Screen }
): string {
  return format === 'json' ? `${JSON.stringify(explanation)}\n` : renderExplanation(explanation, now, stdout)
}
