import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import { createReleaseGuard } from '../../src/guards/release/release.ts'
import { toWorkload } from '../../src/sources/to-workload.ts'
import { needs } from '../support/component.ts'
import { aTarget, theFacts } from '../support/facts.ts'
import { helmMissing } from '../support/helm.ts'
import { chartObjects, matrix, type Values } from './rendering.ts'

suite("the chart under the guard's own judgement", needs(helmMissing), () => {
  const { workload } = chartObjects()

  async function judge(values: Values) {
    const rendered = await workload(values)
    const found = toWorkload(rendered)
    assert.ok(found.seen)
    const target = aTarget({ workload: { kind: found.value.kind, name: found.value.name } })
    const facts = theFacts({ workload: seen(found.value), observation: null, manifest: unseen('none', '') })
    const [declaration] = createReleaseGuard(0).judge(target, facts, { now: 0, earlier: [] })
    return declaration
  }

  for (const [name, values] of Object.entries({ ...matrix, default: {} })) {
    test(`has its appVersion in step with its image tag: ${name}`, async () => {
      const { status, evidence } = (await judge(values)) ?? {}
      assert.ok(evidence?.kind === 'declaration')
      assert.deepEqual(
        [status, evidence.isConsistent, evidence.chart, evidence.chartVersion],
        ['AGREES', true, 'keybuzz-version-guard', '0.1.0']
      )
    })
  }

  test('is seen to drift under another tag', async () => {
    assert.equal((await judge({ image: { tag: 'v9.9.9' } }))?.status, 'DRIFTED')
  })
})
