import type { FindingBy, Judgement, Severity } from '../../domain/finding.ts'
import type { Guard } from '../../domain/guard.ts'
import { digestFailure, type ImageCheck, type WatchedImage } from '../../domain/image-check.ts'
import { type ImageReference, parseImageReference } from '../../domain/image-reference.ts'
import type { RegistryReason } from '../../domain/image-registry.ts'
import {
  IMAGE_UPDATE_STATUSES,
  type ImageUpdateEvidence,
  type ImageUpdateStatus,
  type NewerTags
} from '../../domain/image-update.ts'
import { shown } from '../../domain/text.ts'
import { releaseNotes } from './release-notes.ts'

// Docker's name for the image of a container that was started by image ID. It is no reference, though it looks like one.
const IMAGE_ID = /^sha256:[0-9a-f]{64}$/

type ImageUpdateJudgement = Judgement<ImageUpdateStatus, ImageUpdateEvidence>

const SEVERITIES: Readonly<Record<ImageUpdateStatus, Severity>> = {
  DRIFTED: 'info',
  UPDATE_AVAILABLE: 'info',
  UNKNOWN: 'unknown',
  UP_TO_DATE: 'ok'
}

/** The image-update guard: one finding for each container whose image is watched. */
export const imageUpdateGuard: Guard<FindingBy<'image-update'>, 'images'> = {
  name: 'image-update',
  statuses: IMAGE_UPDATE_STATUSES,
  reads: ['images'],
  judge: (_target, { images }) => (images ?? []).map(judgeImageUpdate)
}

/**
 * Says whether the registry has something newer than what a container runs. Pure. A registry that cannot
 * be read never looks like "up to date". An incomplete list of tags can prove an update, but never that there is none.
 */
export function judgeImageUpdate({ container, image, check }: WatchedImage): ImageUpdateJudgement {
  const reference = parseImageReference(image)
  const evidence = collectEvidence({ container, image, check }, reference)
  const conclude = (status: ImageUpdateStatus, message: string): ImageUpdateJudgement => ({
    part: `container/${shown(container)}`,
    status,
    severity: SEVERITIES[status],
    message,
    asOf: check?.checkedAt ?? null,
    validUntil: Number.POSITIVE_INFINITY,
    evidence
  })
  const unknown = (message: string) => conclude('UNKNOWN', `Image updates unknown: ${message}`)

  if (IMAGE_ID.test(image)) return unknown(`it was started by image ID (${shown(image)}), which names no registry`)
  if (reference === null) return unknown(`"${shown(image)}" is not an image reference`)
  if (reference.tag === null) return unknown(`${shown(image)} has a digest and no tag to compare`)
  if (check === null) return unknown('not checked yet')
  const { newer, digest } = check
  const tag = shown(reference.tag)
  if (evidence.isDrifted === true) {
    const alsoNewer = evidence.isUpdateAvailable === true ? `; tag ${describeNewer(evidence)}` : ''
    return conclude('DRIFTED', `Tag ${tag} points to another image than the one that runs${alsoNewer}`)
  }
  if (evidence.isUpdateAvailable === true) {
    // A node that lacks the image can no longer pull it.
    const isGone = !digest.seen && digest.reason === 'not_found'
    return conclude('UPDATE_AVAILABLE', `Tag ${describeNewer(evidence)}${isGone ? `; ${digest.message}` : ''}`)
  }
  if (!newer.seen) return unknown(`${newer.message}${lastSeen(check)}`)
  if (evidence.isUpdateAvailable === null) return unknown(`${newer.value.gap?.message}${lastSeen(check)}`)
  if (digestFailure(digest) !== null) return unknown(`${evidence.digestMessage}${lastSeen(check)}`)
  const isSame = evidence.isDrifted === false
  if (!newer.value.tags.isOrdered) {
    if (!isSame) return unknown(`the tag ${tag} has no order, and ${evidence.digestMessage}`)
    return conclude('UP_TO_DATE', `Tag ${tag} points to the image that runs`)
  }
  const ofPlatform = newer.value.tags.passedOver.some(({ why }) => why === 'platform') ? ' for its platform' : ''
  const remark = isSame ? '' : `; ${evidence.digestMessage}`
  return conclude('UP_TO_DATE', `No tag${ofPlatform} is newer than ${tag}${remark}`)
}

function describeNewer({ current, newer }: ImageUpdateEvidence): string {
  const { latest, sameMajor, part } = newer ?? {}
  const nearer =
    sameMajor === null || sameMajor === latest ? '' : `; the newest of the same major version is ${sameMajor}`
  return `${latest} is newer than ${current} (${part})${nearer}`
}

function lastSeen({ seenAt }: ImageCheck): string {
  return seenAt === null ? '' : `; last read at ${new Date(seenAt).toISOString()}`
}

function collectEvidence(
  { container, image, check }: WatchedImage,
  reference: ImageReference | null
): ImageUpdateEvidence {
  const tags = check?.newer.seen ? check.newer.value.tags : null
  const digest = check?.digest.seen ? check.digest.value : null
  const runningLabels = check?.runningLabels.seen ? check.runningLabels.value : null
  return {
    container: shown(container),
    image: shown(reference === null ? image : `${reference.registry}/${reference.repository}`),
    current: shown(reference?.tag ?? ''),
    newer: tags && showTags(tags),
    isUpdateAvailable: isAvailable(check),
    isDrifted: digest === null || digest.verdict.kind === 'unknown' ? null : digest.verdict.kind === 'drifted',
    digestMessage: describeDigest(check),
    running: digest?.running.map(shown) ?? [],
    tagDigest: digest && shown(digest.current),
    runningVersion: shown(runningLabels?.version ?? ''),
    notes: releaseNotes(check?.latestLabels ?? runningLabels),
    checkedAt: check?.checkedAt ?? null,
    failure: failureOf(check)
  }
}

function isAvailable(check: ImageCheck | null): boolean | null {
  if (!check?.newer.seen) return null
  const { tags, gap } = check.newer.value
  if (tags.latest !== null) return true
  // A tag without an order has no newer tags, whatever is missing from the list.
  return gap === null || !tags.isOrdered ? false : null
}

function describeDigest(check: ImageCheck | null): string {
  if (check === null) return ''
  if (!check.digest.seen) return check.digest.message
  const { verdict } = check.digest.value
  if (verdict.kind === 'unknown') return verdict.message
  return verdict.kind === 'same' && verdict.isRebuilt ? 'the index was rebuilt around the same image' : ''
}

function failureOf(check: ImageCheck | null): RegistryReason | null {
  if (check === null) return null
  if (!check.newer.seen) return check.newer.reason
  if (check.newer.value.gap !== null) return check.newer.value.gap.reason
  return digestFailure(check.digest)
}

function showTags(tags: NewerTags): NewerTags {
  const cut = (tag: string | null) => tag && shown(tag)
  return {
    ...tags,
    latest: cut(tags.latest),
    sameMajor: cut(tags.sameMajor),
    sameMinor: cut(tags.sameMinor),
    passedOver: tags.passedOver.map(({ tag, why }) => ({ tag: shown(tag), why }))
  }
}
