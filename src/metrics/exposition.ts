import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Report } from '../domain/report.ts'
import type { Format } from './family.ts'
import type { OwnMetrics } from './own-metrics.ts'
import { createServiceText, type FamilyText } from './service-text.ts'
import { storedGzip } from './stored-gzip.ts'

export type Encoding = 'identity' | 'gzip'

export interface Exposition {
  /** Brings the gauges up to date, so that a target that goes leaves nothing behind. */
  publish(report: Report): Promise<void>
  /** A whole answer: the gauges that were published last, and the guard's own as they are now. */
  body(format: Format, encoding: Encoding): Promise<Buffer>
  /** The gauges for node_exporter's textfile collector: neither `process_*` nor `nodejs_*`, which it must not see twice. */
  textfile(): string
}

export interface ExpositionParts {
  readonly own: OwnMetrics
  /** The text of `process_*` and `nodejs_*`. */
  readonly readProcess: (format: Format) => Promise<string>
}

const compress = promisify(gzip)

/** Renders and compresses what changed in a report once, and serves it to every scrape until the next one. */
export function createExposition({ own, readProcess }: ExpositionParts): Exposition {
  const renderServices = createServiceText()
  let families: readonly FamilyText[] = []
  let packed: Promise<Buffer> | undefined

  const plain = () => Buffer.concat(families.flatMap(({ pieces }) => pieces))

  return {
    publish: async report => {
      families = await renderServices(report)
      own.observeReport(report)
      packed = undefined
    },
    body: async (format, encoding) => {
      const ownText = `${await readProcess(format)}${own.render(format)}${format === 'openmetrics' ? '# EOF\n' : ''}`
      if (encoding === 'identity') return Buffer.concat([plain(), Buffer.from(ownText)])
      packed ??= compress(plain())
      return Buffer.concat([await packed, storedGzip(ownText)])
    },
    textfile: () => `${plain()}${own.render('text')}`
  }
}
