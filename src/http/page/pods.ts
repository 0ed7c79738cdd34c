import type { PodAnswer, PodResult, PodsEvidence } from '../../domain/pod-reports.ts'
import { type Html, html } from './html.ts'
import { shortSha } from './versions.ts'

const WORDS: Readonly<Record<PodResult, string>> = {
  agrees: 'as deployed',
  differs: 'different',
  failed: 'no report',
  refused: 'may not be asked',
  not_asked: 'not asked'
}

/**
 * What each pod of a service said, behind a line that tells how many there are of each kind; open at first where one
 * differs or failed beside others. `key` makes its id, by which the page's script keeps it as somebody left it.
 */
export function renderPods({ results, versions, pods }: PodsEvidence, key: string): Html | null {
  const counts = Object.entries(results).filter(([, count]) => count > 0)
  if (counts.length === 0) return null
  const told = counts.map(([result, count]) => `${count} ${WORDS[result as PodResult]}`).join(', ')
  const differ = versions > 1 ? `; ${versions} versions and SHAs` : ''
  const isOpen = results.differs > 0 || (results.failed > 0 && results.agrees > 0)
  return html`<details id="pods:${key}" class="pods"${isOpen ? html` open` : null}><summary>Pods: ${told}${differ}</summary>
<ul>${pods.map(renderPod)}</ul></details>`
}

function renderPod({ name, node, result, version, gitSha, message }: PodAnswer): Html {
  const where = node === '' ? null : html`<span class="detail">on ${node}</span>`
  return html`<li data-result="${result}"><code>${name}</code> ${WORDS[result]}${renderSaid(version, gitSha)}${message === '' ? null : html`: ${message}`}${where}</li>`
}

function renderSaid(version: string | null, gitSha: string | null): Html | null {
  if (version === null && gitSha === null) return null
  const sha =
    gitSha === null
      ? html`<span class="nothing">no git SHA</span>`
      : html`<code class="sha" title="git SHA ${gitSha}">${shortSha(gitSha)}</code>`
  return html`: <code>${version}</code> ${sha}`
}
