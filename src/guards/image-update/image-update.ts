import type { Judgement, Severity } from '../../domain/finding.ts'
import { type ImageReference, parseImageReference } from '../../domain/image-reference.ts'
import type { ImageLabels, RegistryReason } from '../../domain/image-registry.ts'
import type { ImageUpdateEvidence, ImageUpdateStatus, NewerTags } from '../../domain/image-update.ts'
import type { Observed, Unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import type { DigestVerdict } from './compare-digests.ts'
import { releaseNotes } from './release-notes.ts'

/** One container of a service, and what its registry said. */
export interface ImageUpdateFacts {
  readonly container: string
  /** As written in the pod template. */
  readonly image: string
  /** `null`: no check has ended yet. */
  readonly check: ImageCheck | null
}

/** One look at a registry, reduced to what is judged. */
export interface ImageCheck {
  /** When it ended, ms since the epoch. */
  readonly checkedAt: number
  /** When the registry was last seen whole, ms since the epoch; `null`: never. */
  readonly seenAt: number | null
  /** Unseen too where the annotations cannot be used. */
  readonly newer: Observed<FoundTags, RegistryReason>
  readonly digest: Observed<FoundDigest, RegistryReason>
  /** Of the image that runs; `null`: not known. */
  readonly runningLabels: ImageLabels | null
  /** Of the latest tag, where there is a newer one; `null`: not known. */
  readonly latestLabels: ImageLabels | null
}

export interface FoundTags {
  readonly tags: NewerTags
  /** Why tags may be missing; `null`: the list was complete. */
  readonly gap: Unseen<RegistryReason> | null
}

export interface FoundDigest {
  /** What the tag means in the registry. */
  readonly current: string
  /** Digests that run; empty: not known. */
  readonly running: readonly string[]
  readonly verdict: Exclude<DigestVerdict, { kind: 'needs' }>
}

// As Docker names a container's image that was started by its ID. It would pass for a repository with a tag.
const IMAGE_ID = /^sha256:[0-9a-f]{64}$/

type ImageUpdateJudgement = Judgement<ImageUpdateStatus, ImageUpdateEvidence>

const SEVERITIES: Readonly<Record<ImageUpdateStatus, Severity>> = {
  DRIFTED: 'info',
  UPDATE_AVAILABLE: 'info',
  UNKNOWN: 'unknown',
  UP_TO_DATE: 'ok'
}

/**
 * The image-update guard: whether the registry has something newer than a container runs. An outage of a registry never
 * looks like "up to date", and half a list of tags proves a newer one, but never that there is none. Pure.
 */
export function judgeImageUpdate({ container, image, check }: ImageUpdateFacts): ImageUpdateJudgement {
  const reference = IMAGE_ID.test(image) ? null : parseImageReference(image)
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

  if (IMAGE_ID.test(image)) return unknown(`it was started by its ID ${shown(image)}, which no registry knows`)
  if (reference === null) return unknown(`"${shown(image)}" is not an image reference`)
  if (reference.tag === null) return unknown(`${shown(image)} names a digest alone, and no tag to compare`)
  if (check === null) return unknown('not checked yet')
  const { newer, digest } = check
  const tag = shown(reference.tag)
  if (evidence.isDrifted === true) {
    const alsoNewer = evidence.isUpdateAvailable === true ? `; tag ${describeNewer(evidence)}` : ''
    return conclude('DRIFTED', `Tag ${tag} means another image now than the one that runs${alsoNewer}`)
  }
  if (evidence.isUpdateAvailable === true) return conclude('UPDATE_AVAILABLE', `Tag ${describeNewer(evidence)}`)
  if (!newer.seen) return unknown(`${newer.message}${lastSeen(check)}`)
  if (evidence.isUpdateAvailable === null) return unknown(`${newer.value.gap?.message}${lastSeen(check)}`)
  if (!digest.seen) return unknown(`${digest.message}${lastSeen(check)}`)
  const isSame = evidence.isDrifted === false
  if (!newer.value.tags.isOrdered) {
    if (!isSame) return unknown(`the tag ${tag} has no order, and ${evidence.digestMessage}`)
    return conclude('UP_TO_DATE', `Tag ${tag} means the image that runs`)
  }
  return conclude('UP_TO_DATE', `No tag is newer than ${tag}${isSame ? '' : `; ${evidence.digestMessage}`}`)
}

function describeNewer({ current, newer }: ImageUpdateEvidence): string {
  const { latest, sameMajor, part } = newer ?? {}
  const nearer =
    sameMajor === null || sameMajor === latest ? '' : `; the newest of the same major version is ${sameMajor}`
  return `${latest} is newer than ${current} (${part})${nearer}`
}

function lastSeen({ seenAt }: ImageCheck): string {
  return seenAt === null ? '' : `; it was last seen at ${new Date(seenAt).toISOString()}`
}

function collectEvidence(
  { container, image, check }: ImageUpdateFacts,
  reference: ImageReference | null
): ImageUpdateEvidence {
  const tags = check?.newer.seen ? check.newer.value.tags : null
  const digest = check?.digest.seen ? check.digest.value : null
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
    runningVersion: shown(check?.runningLabels?.version ?? ''),
    notes: releaseNotes(check?.latestLabels ?? check?.runningLabels ?? null),
    checkedAt: check?.checkedAt ?? null,
    failure: failureOf(check)
  }
}

function isAvailable(check: ImageCheck | null): boolean | null {
  if (!check?.newer.seen) return null
  const { tags, gap } = check.newer.value
  if (tags.latest !== null) return true
  // What is missing from the list could not be newer than a tag without an order.
  return gap === null || !tags.isOrdered ? false : null
}

function describeDigest(check: ImageCheck | null): string {
  if (check === null) return ''
  if (!check.digest.seen) return check.digest.message
  const { verdict } = check.digest.value
  if (verdict.kind === 'unknown') return verdict.message
  return verdict.kind === 'same' && verdict.isRebuilt ? 'the index was made anew, and the image in it is the same' : ''
}

function failureOf(check: ImageCheck | null): RegistryReason | null {
  if (check === null) return null
  if (!check.newer.seen) return check.newer.reason
  if (check.newer.value.gap !== null) return check.newer.value.gap.reason
  return check.digest.seen ? null : check.digest.reason
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
