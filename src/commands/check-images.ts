import { assemble, type Runtime } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import type { FindingBy } from '../domain/finding.ts'
import { IMAGE_UPDATE_STATUSES } from '../domain/image-update.ts'
import { imageFindings, type ServiceReport } from '../domain/report.ts'
import { renderImageLine } from '../logging/image-line.ts'
import { NOTHING_READ, readSource, remarksOn, UNHEARD } from './check-once.ts'
import type { CheckFormat } from './check-report.ts'
import { renderImageTable } from './image-table.ts'
import { print } from './io-error.ts'
import type { Progress } from './progress.ts'
import type { Screen } from './table.ts'

export interface CheckImagesOptions {
  readonly runtime: Runtime
  /** Anything but `table`: a line of JSON for each. */
  readonly format: CheckFormat
  /** Whether images that are up to date are left out of what is printed; they count all the same. */
  readonly onlyBad: boolean
  readonly stdout: Screen
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
  readonly progress: Progress
}

/** One container whose image was checked. */
export interface CheckedImage {
  readonly service: ServiceReport
  readonly finding: FindingBy<'image-update'>
}

/**
 * Compares images with their registries once, prints them and gives the exit code; no endpoint is asked. It takes as
 * long as the registries' budgets make it take. If IMAGE_UPDATES is off, all images are watched, for somebody has
 * asked.
 */
export async function checkImages(config: Config, options: CheckImagesOptions): Promise<number> {
  const { runtime, progress, complain, format, onlyBad, stdout } = options
  const { images, checkDeadlineMs, shard } = config
  const mode = images.mode === 'off' ? 'all' : images.mode
  const { source, factSources, checker, ...parts } = await assemble(
    { ...config, images: { ...images, mode } },
    {
      runtime,
      signal: new AbortController().signal,
      ...UNHEARD,
      onImageProgress: (checked, total) => progress.show(`${checked} of ${total} images checked`)
    }
  )
  progress.show('reading workloads')
  await readSource(source, checkDeadlineMs, runtime)
  // This tells the image source which services there are.
  await checker.rejudge()
  await factSources.images?.read(new AbortController().signal)
  await checker.rejudge()
  const report = checker.report()
  await parts.close()
  progress.end()

  for (const line of remarksOn(report, shard)) complain(line)
  const checked = report.services.flatMap(service => imageFindings(service).map(finding => ({ service, finding })))
  checked.sort((a, b) => rankOf(a) - rankOf(b))
  if (checked.length === 0) complain(report.source.lastSyncAt === null ? NOTHING_READ : nothingToCheck(config))
  const shown = onlyBad ? checked.filter(({ finding }) => finding.status !== 'UP_TO_DATE') : checked
  const lines = () => shown.map(({ service, finding }) => `${renderImageLine(service, finding)}\n`).join('')
  await print(format === 'table' ? renderImageTable(shown, stdout, checked) : lines(), stdout)
  // Workloads that could not be read may have images.
  const isWhole = report.source.up && checked.length > 0
  return isWhole && checked.every(({ finding }) => finding.status !== 'UNKNOWN') ? 0 : 3
}

function nothingToCheck({ discovery, images }: Config): string {
  const cures = [
    ...(images.mode === 'opt-in' ? ['IMAGE_UPDATES=all watches those that have not opted in, too'] : []),
    ...(discovery === 'all' ? [] : ['DISCOVERY=all makes every workload a service'])
  ]
  return ['nothing to check: no service has a watched image', ...cures].join('; ')
}

function rankOf({ finding }: CheckedImage): number {
  return IMAGE_UPDATE_STATUSES.indexOf(finding.status)
}
