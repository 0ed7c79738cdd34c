import type { ImageUpdateEvidence, PassedOver } from '../domain/image-update.ts'

const WHY: Readonly<Record<PassedOver['why'], string>> = {
  text: 'is newer, but its text differs: set tag-pattern to follow it',
  'pre-release': 'is a pre-release',
  padding: 'has another zero padding, so it looks like another scheme',
  leap: 'has a number that is too long, so it looks like another scheme',
  range: 'is outside semver-range',
  platform: 'has no image for the platform that this one runs on'
}

/** Explains a finding to a person, one line for each fact. */
export function explainImageUpdate(evidence: ImageUpdateEvidence): readonly string[] {
  const { container, image, current, newer, running, tagDigest, digestMessage, runningVersion, notes } = evidence
  const line = (name: string, text: string | null | undefined) => (text ? [`${name}: ${text}`] : [])
  return [
    ...line('container', container),
    ...line('image', current === '' ? image : `${image}:${current}`),
    ...line('version label', runningVersion),
    ...line('latest', newer?.latest && `${newer.latest} (${newer.part})`),
    ...line('latest of the same major version', newer?.sameMajor),
    ...line('latest of the same minor version', newer?.sameMinor),
    ...(newer?.isOrdered === false
      ? ['nothing is ever newer than this tag: it has no number to compare, or tag-pattern does not match it']
      : []),
    ...(newer?.passedOver ?? []).map(({ tag, why }) => `rejected: ${tag} ${WHY[why]}`),
    ...line('running digest', running.join(', ')),
    ...line('digest of the tag', tagDigest),
    ...line('digest remark', digestMessage),
    ...line('release notes', notes)
  ]
}
