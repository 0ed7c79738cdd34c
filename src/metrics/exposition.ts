import type { Report } from '../domain/report.ts'
import type { Format } from './family.ts'
import { createFleetText } from './fleet-families.ts'
import { type Beginning, beginMember, deflatePart, endMember, type Part } from './gzip-member.ts'
import type { OwnMetrics } from './own-metrics.ts'
import { createServiceText, type FamilyText } from './service-text.ts'

export type Encoding = 'identity' | 'gzip'

export interface Exposition {
  /** Brings the gauges up to date, so that a target that goes leaves nothing behind. */
  publish(report: Report): Promise<void>
  /**
   * A whole answer: the gauges that were published last, and the guard's own as they are now. In pieces, of which all
   * answers share those of the gauges.
   */
  body(format: Format, encoding: Encoding): Promise<readonly Buffer[]>
  /** The gauges for node_exporter's textfile collector: neither `process_*` nor `nodejs_*`, which it must not see twice. */
  textfile(): string
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
  readonly families: readonly FamilyText[]
  /** Made for the first scrape that wants it; all others share it. */
  plain?: Buffer
  beginning?: Promise<Beginning>
}

/** Renders and compresses what changed in a report once, and serves it to every scrape until the next one. */
export function createExposition({ own, readProcess, readGate }: ExpositionParts): Exposition {
  const renderServices = createServiceText()
  const renderFleet = createFleetText()
  // A family whose text did not change is the same object, and is not compressed again.
  const deflated = new WeakMap<FamilyText, Promise<Part>>()
  let published: Published = { families: [] }

  function deflate(family: FamilyText): Promise<Part> {
    const part = deflated.get(family) ?? deflatePart(family.pieces)
    deflated.set(family, part)
    return part
  }

  function plainOf(report: Published): Buffer {
    report.plain ??= Buffer.concat(report.families.flatMap(({ pieces }) => pieces))
    return report.plain
  }

  return {
    publish: async report => {
      published = { families: [...(await renderServices(report)), ...renderFleet(report)] }
      own.observeReport(report)
    },
    body: async (format, encoding) => {
      const report = published
      const ownText = `${await readProcess(format)}${own.render(format)}${readGate?.() ?? ''}${format === 'openmetrics' ? '# EOF\n' : ''}`
      if (encoding === 'identity') return [plainOf(report), Buffer.from(ownText)]
      report.beginning ??= Promise.all(report.families.map(deflate)).then(beginMember)
      return endMember(await report.beginning, ownText)
    },
    textfile: () => `${plainOf(published)}${own.render('text')}`
  }
}
