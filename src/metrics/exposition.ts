import type { Report } from '../domain/report.ts'
import type { Format } from './family.ts'
import { createFleetText } from './fleet-families.ts'
import { type Beginning, beginMember, type DeflatedText, endMember, inflate } from './gzip-member.ts'
import type { OwnMetrics } from './own-metrics.ts'
import { createServiceText } from './service-text.ts'

export type Encoding = 'identity' | 'gzip'

export interface Exposition {
  /** Brings the gauges up to date, so that a target that goes leaves nothing behind. */
  publish(report: Report): Promise<void>
  /**
   * A whole answer: the gauges that were published last, and the guard's own as they are now. In pieces; all answers
   * share those of the gauges.
   */
  body(format: Format, encoding: Encoding): Promise<readonly Buffer[]>
  /** The gauges for node_exporter's textfile collector: neither `process_*` nor `nodejs_*`, which it must not see twice. */
  textfile(): Promise<string>
}

export interface ExpositionParts {
  readonly own: OwnMetrics
  /** The text of `process_*` and `nodejs_*`. */
  readonly readProcess: (format: Format) => Promise<string>
  /** The text of the gate's gauges; absent: there is no gate. */
  readonly readGate?: () => string
}

/** What was published last. */
interface Published {
  readonly texts: readonly DeflatedText[]
  /** Made for the first scrape that wants it; all others share it. */
  beginning?: Beginning
  plain?: Promise<Buffer>
}

/** Renders and compresses what changed in a report once, and serves it to every scrape until the next one. */
export function createExposition({ own, readProcess, readGate }: ExpositionParts): Exposition {
  const renderServices = createServiceText()
  const renderFleet = createFleetText()
  let published: Published = { texts: [] }

  function beginningOf(report: Published): Beginning {
    report.beginning ??= beginMember(report.texts)
    return report.beginning
  }

  // Prometheus asks for gzip. Plain text is for a person, or for a program that asks once.
  function plainOf(report: Published): Promise<Buffer> {
    report.plain ??= inflate(beginningOf(report))
    return report.plain
  }

  return {
    publish: async report => {
      published = { texts: [...(await renderServices(report)), ...renderFleet(report)] }
      own.observeReport(report)
    },
    body: async (format, encoding) => {
      const report = published
      const ownText = `${await readProcess(format)}${own.render(format)}${readGate?.() ?? ''}${format === 'openmetrics' ? '# EOF\n' : ''}`
      return encoding === 'identity'
        ? [await plainOf(report), Buffer.from(ownText)]
        : endMember(beginningOf(report), ownText)
    },
    textfile: async () => `${await plainOf(published)}${own.render('text')}`
  }
}
