import { IMAGE_UPDATE_STATUSES, type ImageUpdateStatus } from '../domain/image-update.ts'
import type { CheckedImage } from './check-images.ts'
import { describeTotals, renderColumns, type Screen, type Style } from './table.ts'

const STYLES: Readonly<Record<ImageUpdateStatus, Style>> = {
  DRIFTED: ['bold', 'yellow'],
  UPDATE_AVAILABLE: 'yellow',
  UNKNOWN: 'magenta',
  UP_TO_DATE: 'green'
}

const HEADINGS = ['STATUS', 'NAMESPACE', 'SERVICE', 'CONTAINER', 'CURRENT', 'LATEST', 'SAME MAJOR', 'MESSAGE']

/** A table of images, in the order in which they are given; in colour where the stream is a terminal. */
export function renderImageTable(
  images: readonly CheckedImage[],
  screen: Screen,
  counted: readonly CheckedImage[] = images
): string {
  const rows = images.map(({ service, finding: { status, message, evidence } }) => ({
    style: STYLES[status],
    cells: [
      status,
      service.namespace,
      service.service,
      evidence.container,
      evidence.current || '-',
      evidence.newer?.latest ?? '-',
      evidence.newer?.sameMajor ?? '-',
      message
    ]
  }))
  const statuses = counted.map(({ finding }) => finding.status)
  const totals = describeTotals('image', statuses, IMAGE_UPDATE_STATUSES)
  return renderColumns({ headings: HEADINGS, rows, totals }, screen)
}
