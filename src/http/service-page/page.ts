import type { BuildInfo } from '../../build-info.ts'
import { servicePath } from '../../domain/links.ts'
import { type Exposure, isExposed, type Report } from '../../domain/report.ts'
import { tellDiagnosis, tellOthers } from '../../explain/explain.ts'
import type { ExplainedFinding, ServiceExplanation } from '../../explain/explanation.ts'
import { SERVICE_STYLE } from '../page/assets.ts'
import { type Html, html } from '../page/html.ts'
import { renderWords } from '../page/identifiers.ts'
import { renderNotExposed, renderSource } from '../page/notices.ts'
import { paceOf, renderShell } from '../page/shell.ts'
import { statusMark } from '../page/status-mark.ts'
import { renderFacts } from './facts.ts'
import { renderFindings, renderFound } from './findings.ts'
import { renderProbe } from './probe.ts'
import { renderChanges, renderCommands, renderLinks, renderRevisions } from './sections.ts'
import { age } from './times.ts'

export interface ServicePageView {
  readonly explanation: ServiceExplanation
  /** Whether what is known of the workload is current, and whether alerts can see the service. */
  readonly report: Exposure & Pick<Report, 'source'>
  readonly buildInfo: BuildInfo
  /** Ages are counted to this moment, ms since the epoch. */
  readonly now: number
  readonly refreshSeconds: number
}

// From `/services/NAMESPACE/SERVICE`; relative, so that a path in front of the guard does no harm.
export const ROOT = '../../'

/** The page of one service: what is known of it, why it is judged so, and what to do. */
export function renderServicePage({ explanation, report, buildInfo, now, refreshSeconds }: ServicePageView): string {
  const { namespace, service, verdict, diagnosis, workload, endpoint } = explanation
  const { status, severity, message, since, isSinceStart } = verdict
  const path = servicePath(explanation)
  const worst = worstOf(explanation)
  const isWell = worst.severity === 'ok' || worst.severity === 'info'
  return renderShell({
    title: `${isWell ? '' : `${worst.status}: `}${service}, Version Guard`,
    headline: html`<bdi>${service}</bdi>`,
    header: html`<p id="what" class="detail" data-live>in namespace <bdi>${namespace}</bdi> · ${workload.kind}/<bdi>${workload.name}</bdi>${endpoint === null ? null : html` · <bdi>${endpoint}</bdi>`}</p>`,
    main: html`<div id="service" data-live>
${renderSource(report.source, now)}${renderNotExposed(report, explanation)}
<section class="verdict" data-status="${worst.status}" data-severity="${worst.severity}" aria-label="Verdict">
<p>${statusMark(status, severity)} <span class="message">${renderWords(message)}</span></p>
${renderDiagnosis(explanation)}
${since === null ? null : html`<p class="detail">for ${isSinceStart ? 'at least ' : ''}${age(since, now)}</p>`}
${tellOthers(explanation).map(finding => html`<p class="other">${renderFound(finding)}</p>`)}
${renderLinks(explanation)}
</section>
${renderFacts(explanation, now)}
${renderFindings(explanation, now)}
${renderProbe(explanation, now)}
${renderCommands(explanation)}
${renderChanges(explanation, now)}
${renderRevisions(explanation, now)}
</div>
${path === null ? null : html`<p><a href="${ROOT}api/v1/${path}">All of this as JSON</a></p>`}`,
    style: SERVICE_STYLE,
    isWell: isWell && diagnosis?.culprit !== 'pods' && report.source.up && isExposed(report, explanation),
    root: ROOT,
    now,
    pace: paceOf(refreshSeconds),
    buildInfo
  })
}

// A service whose version agrees may be broken all the same. The findings are in order, the worst first.
function worstOf({ verdict, findings }: ServiceExplanation): Pick<ExplainedFinding, 'status' | 'severity'> {
  const isFine = verdict.severity === 'ok' || verdict.severity === 'info'
  return (isFine ? findings.find(({ severity }) => severity === 'critical' || severity === 'warning') : null) ?? verdict
}

function renderDiagnosis(explanation: ServiceExplanation): Html | null {
  const told = tellDiagnosis(explanation)
  if (told === null) return null
  const who = told.culprit === '' ? null : html`<b>Out of step: ${told.culprit}.</b> `
  return html`<p class="culprit">${who}${renderWords(told.message)}</p>`
}
