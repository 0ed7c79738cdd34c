import type { SourceHealth } from '../../domain/ports.ts'
import { describeLeftOut, type Exposure, isExposed, type LeftOut } from '../../domain/report.ts'
import { describePart, type Shard } from '../../domain/shard.ts'
import type { ServiceIdentity } from '../../domain/target.ts'
import type { Readiness } from '../ports.ts'
import { renderAge } from './age.ts'
import { type Html, html } from './html.ts'
import { renderWords } from './identifiers.ts'

/** What stands above the table because it limits how far the table can be believed, or needs fixing. */
export interface NoticesView {
  readonly now: number
  readonly readiness: Readiness
  readonly source: SourceHealth
  readonly warnings: readonly string[]
  readonly shard: Shard
  readonly leftOut: LeftOut | null
}

/** Nothing when all is well and the whole is shown. */
export function renderNotices({ now, readiness, source, warnings, shard, leftOut }: NoticesView): Html {
  return html`${renderShard(shard)}${renderSource(source, now)}${renderReadiness(readiness, source)}${renderLeftOut(leftOut)}${renderWarnings(warnings)}`
}

function renderShard(shard: Shard): Html | null {
  const part = describePart(shard)
  if (part === null) return null
  return renderNotice('info', html`This is ${part}: services of the other shards are not on this page`, [])
}

/** What the guard cannot see of workloads now, and since when; `null`: it sees all of them. */
export function renderSource({ up, lastSyncAt, problems }: SourceHealth, now: number): Html | null {
  if (up && problems.length === 0) return null
  // Only facts that are not needed are missing: the versions are judged all the same.
  if (up)
    return renderNotice(
      'info',
      html`Some facts cannot be seen`,
      problems.map(({ message }) => message)
    )
  const title =
    lastSyncAt === null
      ? html`What is deployed has never been read`
      : html`What is deployed may be old: last read in full ${renderAge(lastSyncAt, now)} ago`
  return renderNotice(
    'critical',
    title,
    problems.map(({ message }) => message)
  )
}

function renderReadiness({ ready, checks }: Readiness, { problems }: SourceHealth): Html | null {
  if (ready) return null
  const failed = Object.entries(checks).filter(([, check]) => check.status === 'error')
  // What the source says is shown above, and only once.
  const isTold = (message: string) => problems.some(problem => message.includes(problem.message))
  const lines = failed.map(([name, { message }]) =>
    message === undefined || isTold(message) ? name : `${name}: ${message}`
  )
  return renderNotice('critical', html`The guard is not ready`, lines)
}

function renderLeftOut(leftOut: LeftOut | null): Html | null {
  return leftOut === null ? null : renderNotice('critical', html`/metrics is full`, [describeLeftOut(leftOut)])
}

/** That alerts do not see one service; `null`: they do. */
export function renderNotExposed(exposure: Exposure, service: ServiceIdentity): Html | null {
  if (isExposed(exposure, service)) return null
  const { leftOut } = exposure
  const title = html`Left out of /metrics: no alert can see it`
  return renderNotice('critical', title, leftOut === null ? [] : [describeLeftOut(leftOut)])
}

function renderWarnings(warnings: readonly string[]): Html | null {
  return warnings.length === 0 ? null : renderNotice('warning', html`The configuration needs fixing`, warnings)
}

function renderNotice(level: 'critical' | 'warning' | 'info', title: Html, lines: readonly string[]): Html {
  const list = lines.length === 0 ? null : html`<ul>${lines.map(line => html`<li>${renderWords(line)}</li>`)}</ul>`
  return html`<div class="notice" data-level="${level}"><strong>${title}</strong>${list}</div>`
}
