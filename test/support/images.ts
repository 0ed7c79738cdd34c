import type { ImageCheck } from '../../src/domain/image-check.ts'
import type { NewerTags } from '../../src/domain/image-update.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { ServiceReport } from '../../src/domain/report.ts'
import { imageUpdateGuard } from '../../src/guards/image-update/image-update.ts'
import { aTarget, judgeOne } from './facts.ts'

export const CHECKED_AT = Date.parse('2026-11-03T03:00:00Z')

export const NOTHING_NEWER: NewerTags = {
  isOrdered: true,
  latest: null,
  part: null,
  sameMajor: null,
  sameMinor: null,
  passedOver: []
}

/** What a registry says about an image: the newest one, not moved, but for the changes. */
export function aCheck({
  tags = {},
  ...changes
}: Partial<ImageCheck> & { tags?: Partial<NewerTags> } = {}): ImageCheck {
  const digest = `sha256:${'a'.repeat(64)}`
  return {
    checkedAt: CHECKED_AT,
    seenAt: CHECKED_AT,
    newer: seen({ tags: { ...NOTHING_NEWER, ...tags }, gap: null }),
    digest: seen({ current: digest, running: [digest], verdict: { kind: 'same', isRebuilt: false } }),
    runningLabels: unseen('not_known', 'the running digest is not known'),
    latestLabels: null,
    ...changes
  }
}

/** The service `db`, and what was found of its container `app`, which runs postgres:15.4. */
export function imageService(check: ImageCheck | null, container = 'app'): ServiceReport {
  const images = [{ container, image: 'postgres:15.4', check }]
  return judgeOne({ target: aTarget({ service: 'db', endpoint: null }), facts: { images }, guards: [imageUpdateGuard] })
    .report
}

export const BEHIND = aCheck({
  tags: { latest: '17.2', part: 'major', sameMajor: '15.12', sameMinor: null },
  latestLabels: { source: 'https://github.com/docker-library/postgres', revision: null, version: null, url: null }
})
