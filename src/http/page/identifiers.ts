import { type Html, html } from './html.ts'

// As Git and Docker abbreviate them.
const SHORT_SHA_LENGTH = 7
const SHORT_HEX_LENGTH = 12
// The digest of an image or a layer; a message may cut it off.
const DIGEST = /((?:sha\d{3}:)?[0-9a-f]{64,})/g

/** A git SHA as people abbreviate it. */
export function shortSha(gitSha: string): string {
  return gitSha.slice(0, SHORT_SHA_LENGTH)
}

/** A text whose digests are abbreviated, such as `sha256:0123456789ab…`. */
export function withShortDigests(text: string): string {
  return text.replace(DIGEST, digest => `${digest.slice(0, digest.indexOf(':') + 1 + SHORT_HEX_LENGTH)}…`)
}

/**
 * A short form of what is too long to show, with a button that copies the whole. `what` names it for people who hear
 * the page.
 */
export function renderCopyable(short: string | Html, whole: string, what: string): Html {
  return html`<code title="${whole}">${short}</code><button type="button" class="copy" aria-label="Copy ${what}"></button>`
}

/** Words that may have digests in them: those are shortened, and can be copied whole. */
export function renderWords(text: string): Html {
  const parts = text.split(DIGEST)
  return html`${parts.map((part, index) =>
    index % 2 === 0 ? html`${part}` : renderCopyable(withShortDigests(part), part, 'digest')
  )}`
}
