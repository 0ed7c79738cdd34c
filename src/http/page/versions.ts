import { findingBy } from '../../domain/finding.ts'
import type { DeployedReport, ServiceReport } from '../../domain/report.ts'
import { SHOWN_LENGTH } from '../../domain/text.ts'
import { type Marked, markDifference } from './difference.ts'
import { type Html, html } from './html.ts'
import { renderCopyable, shortSha, withShortDigests } from './identifiers.ts'

type Text = string | Html | null

/** What is deployed above what is reported, so that the eye can compare them; under MISMATCH what differs is marked. */
export function renderVersions(service: ServiceReport): Html {
  const [tag, version] = markVersions(service)
  const cut = isMismatch(service) && service.deployed.imageTag === service.reported?.version
  const note = cut ? html`<span class="note">they differ after ${SHOWN_LENGTH} characters</span>` : null
  const finding = findingBy(service.findings, 'version')
  const reported =
    finding === null ? null : html`<span class="key">reported</span><span>${renderReported(service, version)}</span>`
  return html`<div class="versions">
<span class="key">deployed</span><span>${renderDeployed(service.deployed, tag)}</span>
${reported}
${note}</div>`
}

function markVersions(service: ServiceReport): readonly [tag: Text, version: Text] {
  const { imageTag } = service.deployed
  const version = service.reported?.version ?? null
  if (!isMismatch(service) || imageTag === null || version === null) return [imageTag, version]
  const [markedTag, markedVersion] = markDifference(imageTag, version)
  return [renderMarked(markedTag), renderMarked(markedVersion)]
}

function isMismatch({ findings }: ServiceReport): boolean {
  return findingBy(findings, 'version')?.status === 'MISMATCH'
}

function renderMarked({ before, differing, after }: Marked): Html {
  return html`${before}${differing === '' ? null : html`<mark>${differing}</mark>`}${after}`
}

function renderDeployed({ image, imageDigest, found }: DeployedReport, tag: Text): Html {
  const known = short(tag ?? imageDigest ?? image)
  if (known !== null) return renderCopyable(known, image ?? imageDigest ?? '', 'image')
  return html`<span class="nothing">${found === false ? 'no such workload' : 'unknown'}</span>`
}

function renderReported({ reported, findings }: ServiceReport, version: Text): Html {
  const pods = findingBy(findings, 'version')?.evidence.pods ?? null
  const wasAsked = pods !== null && pods.results.failed + pods.results.refused > 0
  if (reported === null) return html`<span class="nothing">${wasAsked ? 'no report' : 'not asked yet'}</span>`
  if (version === null) return html`<span class="nothing">no report</span>`
  const known = short(version)
  const shown =
    known === version ? html`<code>${version}</code>` : renderCopyable(known, reported.version ?? '', 'version')
  return html`${shown} ${renderSha(reported.gitSha)}`
}

function short<Known extends Text>(text: Known): Known | string {
  return typeof text === 'string' ? withShortDigests(text) : text
}

function renderSha(gitSha: string | null): Html {
  if (gitSha === null) return html`<span class="nothing">no git SHA</span>`
  return html`<span class="sha">${renderCopyable(shortSha(gitSha), gitSha, 'git SHA')}</span>`
}
