import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ServiceReport } from '../../src/domain/report.ts'
import { isSamePart, ofPart } from '../../src/metrics/section.ts'
import { aService } from '../http/fixtures.ts'

type Part = (service: ServiceReport) => unknown

const one = aService({ service: 'cart' })

suite('a part of a service is the same', () => {
  const example = (rule: string, part: Part, changes: Partial<ServiceReport>, expected: boolean) =>
    test(rule, () => assert.equal(isSamePart(ofPart(part, []), one, { ...one, service: 'shop', ...changes }), expected))

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
})
