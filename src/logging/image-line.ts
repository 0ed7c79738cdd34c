import { type FindingBy, levelOf } from '../domain/finding.ts'
import type { ServiceIdentity } from '../domain/target.ts'
import { isoTime } from '../text/times.ts'

/** One line of JSON for the check of one image; unknown values are `null`, and there is no newline at the end. */
export function renderImageLine(
  { service, namespace }: ServiceIdentity,
  { status, severity, message, evidence }: FindingBy<'image-update'>
): string {
  const { container, image, current, newer, isDrifted, notes, checkedAt, failure } = evidence
  return JSON.stringify({
    timestamp: isoTime(checkedAt),
    level: levelOf(severity),
    message,
    service,
    namespace,
    container,
    image,
    current,
    latest: newer?.latest ?? null,
    part: newer?.part ?? null,
    same_major: newer?.sameMajor ?? null,
    same_minor: newer?.sameMinor ?? null,
    drifted: isDrifted,
    notes: notes === '' ? null : notes,
    failure,
    status
  })
}
