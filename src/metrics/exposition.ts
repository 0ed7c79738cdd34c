import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Report } from '../domain/report.ts'
import { inSteps } from '../pace.ts'
import type { Format, OwnMetrics } from './own-metrics.ts'
import { renderFamilies } from './render-families.ts'
import { storedGzip } from './stored-gzip.ts'

export type Encoding = 'identity' | 'gzip'

export interface Exposition {
  /** Makes the gauges afresh, so that a target that goes leaves nothing behind. */
  publish(report: Report): Promise<void>
  /** A whole answer: the gauges that were published last, and the guard's own as they are now. */
  body(format: Format, encoding: Encoding): Promise<Buffer>
  /** The gauges for node_exporter's textfile collector: neither `process_*` nor `nodejs_*`. */
  textfile(): Promise<string>
}

const compress = promisify(gzip)

/** Renders and compresses a report once, and serves it to every scrape until the next one. */
export function createExposition(own: OwnMetrics): Exposition {
  let plain: Buffer = Buffer.alloc(0)
  let packed: Promise<Buffer> | undefined

  return {
    publish: async report => {
      plain = await inSteps(renderFamilies(report))
      own.observeReport(report)
      packed = undefined
    },
    body: async (format, encoding) => {
      const ownText = await own.render(format)
      if (encoding === 'identity') return Buffer.concat([plain, Buffer.from(ownText)])
      packed ??= compress(plain)
      // The members of a gzip stream may be concatenated: RFC 1952 section 2.2.
      return Buffer.concat([await packed, storedGzip(ownText)])
    },
    textfile: async () => `${plain}${await own.renderGuardOnly()}`
  }
}
