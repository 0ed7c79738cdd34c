import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PodAnswer, PodsEvidence } from '../../../src/domain/pod-reports.ts'
import { createFilter, statesOf } from '../../../src/http/filter.ts'
import { renderPods } from '../../../src/http/page/pods.ts'
import { renderRow } from '../../../src/http/page/row.ts'
import { aService, LINKS, NOW } from '../fixtures.ts'

const NONE = { agrees: 0, differs: 0, failed: 0, refused: 0, not_asked: 0 }
const AGREES: PodAnswer = {
  name: 'shop-a',
  node: 'node-1',
  result: 'agrees',
  version: 'v2',
  gitSha: 'abc1234def5678',
  message: ''
}

function evidenceOf(results: Partial<PodsEvidence['results']>, pods: readonly PodAnswer[] = [AGREES]): PodsEvidence {
  return { versions: 1, results: { ...NONE, ...results }, pods, spokesman: null }
}

const render = (evidence: PodsEvidence) => String(renderPods(evidence, statesOf(aService({ pods: evidence }))))

suite('the pods of a row', () => {
  test('are counted by what became of asking them', () => {
    const text = render({ ...evidenceOf({ agrees: 2, differs: 1, not_asked: 3 }), versions: 2 })
    assert.match(
      text,
      /pods <b>DIFFERS<\/b><\/span> Pods: 2 as deployed, 1 different, 3 not asked; 2 versions and SHAs<\/summary>/
    )
  })

  for (const [rule, results, isOpen] of [
    ['opens where one differs', { agrees: 1, differs: 1 }, true],
    ['opens where one gave no report, and another did', { agrees: 1, failed: 1 }, true],
    ['stays closed where none gave a report', { failed: 2 }, false],
    ['stays closed where all agree', { agrees: 2 }, false]
  ] as const) {
    test(rule, () => assert.equal(/<details class="pods" open>/.test(render(evidenceOf(results))), isOpen))
  }

  test('are nothing where there are none', () => assert.equal(renderPods(evidenceOf({}), []), null))

  test('say what each of them said, and where it runs', () => {
    const silent: PodAnswer = {
      ...AGREES,
      name: 'b',
      node: '',
      result: 'failed',
      version: null,
      gitSha: null,
      message: 'HTTP 404'
    }
    const text = render(evidenceOf({ agrees: 1, failed: 1 }, [AGREES, silent, { ...AGREES, gitSha: null }]))
    assert.match(
      text,
      /<code>shop-a<\/code> as deployed: <code>v2<\/code> <span class="sha"><code title="abc1234def5678">abc1234<\/code>.*?<span class="detail">on <bdi>node-1<\/bdi>/
    )
    assert.match(text, /<li data-result="failed"><code>b<\/code> no report: <bdi>HTTP 404<\/bdi><\/li>/)
    assert.match(text, /<span class="nothing">no git SHA<\/span>/)
  })

  test('cannot act in the page', () => {
    assert.match(
      render(evidenceOf({ agrees: 1 }, [{ ...AGREES, name: '<b>', version: '<i>' }])),
      /&lt;b&gt;.*&lt;i&gt;/
    )
  })

  test('stand in the row, also of a service that has no endpoint', () => {
    const pods = evidenceOf({ agrees: 1, failed: 1 })
    const view = {
      now: NOW,
      staleAfterMs: 60_000,
      hasImages: false,
      isExposed: () => true,
      needsAttention: () => false,
      links: LINKS
    }
    assert.match(String(renderRow(aService({ pods }), view)), /<details class="pods" open>/)
    const service = { ...aService({ pods, reported: null }), endpoint: null }
    assert.match(String(renderRow(service, view)), /reported.*>no report<.*<details/s)
  })

  test('are found by the filter', () => {
    assert.ok(createFilter('shop-a')(aService({ pods: evidenceOf({ agrees: 1 }) })))
  })
})
