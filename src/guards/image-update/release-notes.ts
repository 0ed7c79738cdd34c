import type { ImageLabels } from '../../domain/image-registry.ts'

// A link that is cut leads nowhere.
const LONGEST_LINK = 512

// Where a forge keeps the releases of a repository.
const RELEASES: ReadonlyMap<string, string> = new Map([
  ['github.com', 'releases'],
  ['gitlab.com', '-/releases'],
  ['codeberg.org', 'releases']
])

/**
 * A link to what changed, by an image's labels: the releases of its source, where the forge is known, else its site, else
 * its source. Empty: there is none that a browser could follow. It is the publisher's word, and only shown.
 */
export function releaseNotes(labels: ImageLabels | null): string {
  const source = parseLink(labels?.source)
  const folder = RELEASES.get(source?.hostname ?? '')
  if (source !== null && folder !== undefined) {
    const [owner, name] = source.pathname.split('/').filter(part => part !== '')
    if (owner !== undefined && name !== undefined) {
      return `${source.origin}/${owner}/${name.replace(/\.git$/, '')}/${folder}`
    }
  }
  return (parseLink(labels?.url) ?? source)?.href ?? ''
}

function parseLink(text: string | null | undefined): URL | null {
  const url = URL.parse(text ?? '')
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > LONGEST_LINK) return null
  // A name and a password before the host are none of a link's business.
  return url.username === '' && url.password === '' ? url : null
}
