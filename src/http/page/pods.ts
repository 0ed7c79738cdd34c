import { POD_RESULT_WORDS, POD_RESULTS, type PodAnswer, type PodsEvidence } from '../../domain/pod-reports.ts'
import type { State } from '../filter.ts'
import { type Html, html } from './html.ts'
import { renderCopyable, renderWords, shortSha } from './identifiers.ts'
import { renderBadge } from './status-mark.ts'

/**
 * What each pod of a service said, below a line that says how many there are of each kind; open at first where one
 * differs, or failed beside others.
 */
export function renderPods({ results, versions, pods }: PodsEvidence, states: readonly State[]): Html | null {
  const there = POD_RESULTS.filter(result => results[result] > 0)
  if (there.length === 0) return null
  const told = there.map(result => `${results[result]} ${POD_RESULT_WORDS[result]}`).join(', ')
  const differ = versions > 1 ? `; ${versions} versions and SHAs` : ''
  const isOpen = results.differs > 0 || (results.failed > 0 && results.agrees > 0)
  const badges = states.filter(({ guard }) => guard === 'pods').map(renderBadge)
  return html`<details class="pods"${isOpen ? html` open` : null}><summary>${badges.flatMap(badge => badge ?? [])}Pods: ${told}${differ}</summary>
<ul>${pods.map(renderPod)}</ul></details>`
}

function renderPod({ name, node, result, version, gitSha, message }: PodAnswer): Html {
  const where = node === '' ? null : html`<span class="detail">on <bdi>${node}</bdi></span>`
  return html`<li data-result="${result}"><code>${name}</code> ${POD_RESULT_WORDS[result]}${renderSaid(version, gitSha)}${message === '' ? null : html`: <bdi>${renderWords(message)}</bdi>`}${where}</li>`
}

function renderSaid(version: string | null, gitSha: string | null): Html | null {
  if (version === null && gitSha === null) return null
  const sha =
    gitSha === null
      ? html`<span class="nothing">no git SHA</span>`
      : html`<span class="sha">${renderCopyable(shortSha(gitSha), gitSha, 'git SHA')}</span>`
  return html`: <code>${version}</code> ${sha}`
}
