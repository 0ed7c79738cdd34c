import type { Report } from '../domain/report.ts'
import type { Steps } from '../pace.ts'
import { FAMILIES } from './families.ts'

// Services of one gauge: half a millisecond.
const RENDERED_IN_A_STEP = 250

/**
 * The gauges of a report as text in UTF-8, the same in text format 0.0.4 and in OpenMetrics 1.0 (whose `# EOF` is not here).
 *
 * Our own writer, for prom-client takes seven to eight times longer and blocks the loop meanwhile. Sources:
 * prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0.
 */
export function* renderFamilies(report: Report): Steps<Buffer> {
  const exposed = report.services.filter(({ isExposed }) => isExposed)
  const services = exposed.map(service => {
    const identity = `namespace="${escapeLabel(service.namespace)}",service="${escapeLabel(service.service)}"`
    return { service, identity }
  })
  const parts: Buffer[] = []
  for (const { name, help, labels, samples } of FAMILIES) {
    let text = `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`
    for (const [position, { service, identity }] of services.entries()) {
      for (const [values, value] of samples(service)) {
        text += `${name}{${identity}`
        for (const [index, label] of labels.entries()) text += `,${label}="${escapeLabel(values[index] ?? '')}"`
        text += `} ${value}\n`
      }
      if (position % RENDERED_IN_A_STEP === RENDERED_IN_A_STEP - 1) {
        parts.push(Buffer.from(text))
        text = ''
        yield
      }
    }
    parts.push(Buffer.from(text))
  }
  return Buffer.concat(parts)
}

// Control characters never come here: every string of a report has been through `shown`.
function escapeLabel(value: string): string {
  return /[\\"]/.test(value) ? value.replace(/[\\"]/g, '\\$&') : value
}
