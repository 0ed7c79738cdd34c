import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Finding } from '../../src/domain/finding.ts'
import type { ServiceReport } from '../../src/domain/report.ts'
import { ofPart, ofParts } from '../../src/metrics/section.ts'
import { SERVICE_SECTIONS } from '../../src/metrics/service-families.ts'
import { aService } from '../http/fixtures.ts'

type Part = (service: ServiceReport) => unknown

const one = aService({ service: 'cart' })

suite('a part of a service is the same', () => {
  const example = (rule: string, part: Part, changes: Partial<ServiceReport>, expected: boolean) =>
    test(rule, () => assert.equal(ofPart(part, []).isSame(one, { ...one, service: 'shop', ...changes }), expected))

  example('where it is the same value', ({ service }) => service.length, {}, true)
  example('and not where it is another value', ({ service }) => service, {}, false)
  example('where it is the same object', ({ workload }) => workload, {}, true)
  const twin = { workload: { ...one.workload } }
  example('and not where another object looks the same', ({ workload }) => workload, twin, false)
  example('where it lists the same', ({ service, workload }) => [service.length, workload], {}, true)
  example(
    'and not where the second of its list is another',
    ({ namespace, service }) => [namespace, service],
    {},
    false
  )
  example('and not where its list is longer', ({ service }) => [...service].map(() => 1), { service: 'carts' }, false)
  example('and not where there was nothing to show', ({ service }) => (service === 'shop' ? 1 : null), {}, false)
  example('where there is nothing to show of either', () => null, {}, true)

  for (const [rule, changes, expected] of [
    ['of several where all are', {}, true],
    ['of several, and not where the last is another', { endpoint: 'https://other' }, false]
  ] as const) {
    test(rule, () => {
      const { part, isSame } = ofParts([({ workload }) => workload, ({ endpoint }) => endpoint], [])
      const other = { ...one, ...changes }
      assert.equal(isSame(one, other), expected)
      assert.deepEqual(part(other), [one.workload, other.endpoint])
    })
  }
})

suite('since when each guard has found what it finds', () => {
  const section = SERVICE_SECTIONS.find(({ families }) =>
    families.some(({ name }) => name === 'keybuzz_finding_since_timestamp_seconds')
  )
  const [finding] = one.findings as [Finding]
  for (const [rule, findings, expected] of [
    ['is the same where a finding is known anew', [{ ...finding, asOf: 99 }], true],
    ['and not where it began anew', [{ ...finding, since: 99 }], false],
    ['and not where it is of another part', [{ ...finding, part: 'app' }], false],
    ['and not where another guard found it', [{ ...finding, guard: 'rollout' } as Finding], false],
    ['and not where there is one more', [finding, finding], false]
  ] as const) {
    test(rule, () => assert.equal(section?.isSame({ ...one, findings: [finding] }, { ...one, findings }), expected))
  }
})
