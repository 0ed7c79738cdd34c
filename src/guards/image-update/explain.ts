import type { ImageUpdateEvidence, PassedOver } from '../../domain/image-update.ts'

const WHY: Readonly<Record<PassedOver['why'], string>> = {
  text: 'is newer but for its text: set tag-pattern to move there',
  'pre-release': 'is a pre-release',
  padding: 'is padded with zeros in another way, as of another scheme',
  leap: 'leaps to a number that is too long, as of another scheme',
  range: 'is out of semver-range'
}

/** What a person sees who asks why, one line for each fact. */
export function explainImageUpdate(evidence: ImageUpdateEvidence): readonly string[] {
  const { container, image, current, newer, running, tagDigest, digestMessage, runningVersion, notes } = evidence
  const line = (name: string, text: string | null | undefined) => (text ? [`${name}: ${text}`] : [])
  return [
    ...line('container', container),
    ...line('image', current === '' ? image : `${image}:${current}`),
    ...line('version by its label', runningVersion),
    ...line('latest', newer?.latest && `${newer.latest} (${newer.part})`),
    ...line('latest of the same major version', newer?.sameMajor),
    ...line('latest of the same minor version', newer?.sameMinor),
    ...(newer?.isOrdered === false ? ['nothing is ever newer than this tag: it has no number to compare'] : []),
    ...(newer?.passedOver ?? []).map(({ tag, why }) => `passed over: ${tag} ${WHY[why]}`),
    ...line('digest that runs', running.join(', ')),
    ...line('digest of the tag', tagDigest),
    ...line('about the digest', digestMessage),
    ...line('release notes', notes)
  ]
}
