import type { Report } from '../domain/report.ts'
import { inSteps } from '../pace.ts'
import { type Beginning, beginMember, deflatePart, endMember } from './gzip-member.ts'
import type { Format, OwnMetrics } from './own-metrics.ts'
import { renderFamilies } from './render-families.ts'

export type Encoding = 'identity' | 'gzip'

export interface Exposition {
  /** Makes the gauges afresh, so that a target that goes leaves nothing behind. */
  publish(report: Report): Promise<void>
  /**
   * A whole answer: the gauges that were published last, and the guard's own as they are now. In pieces, of which all
   * answers share those of the gauges.
   */
  body(format: Format, encoding: Encoding): Promise<readonly Buffer[]>
  /** The gauges for node_exporter's textfile collector: neither `process_*` nor `nodejs_*`. */
  textfile(): Promise<string>
}

/** Renders and compresses a report once, and serves it to every scrape until the next one. */
export function createExposition(own: OwnMetrics): Exposition {
  let plain: Buffer = Buffer.alloc(0)
  let packed: Promise<Beginning> | undefined

  return {
    publish: async report => {
      plain = await inSteps(renderFamilies(report))
      own.observeReport(report)
      packed = undefined
    },
    body: async (format, encoding) => {
      const ownText = await own.render(format)
      if (encoding === 'identity') return [plain, Buffer.from(ownText)]
      packed ??= deflatePart(plain).then(part => beginMember([part]))
      return endMember(await packed, ownText)
    },
    textfile: async () => `${plain}${await own.renderGuardOnly()}`
  }
}
