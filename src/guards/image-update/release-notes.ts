import type { ImageLabels } from '../../domain/image-registry.ts'

// Longer links are dropped: a link that is cut leads nowhere.
const LONGEST_LINK = 512

// The path of the releases page, by forge.
const RELEASES: ReadonlyMap<string, string> = new Map([
  ['github.com', 'releases'],
  ['gitlab.com', '-/releases'],
  ['codeberg.org', 'releases']
])

/**
 * A link to the release notes, from an image's labels: the releases page of the source repository if the forge is known,
 * else the project's site, else the source. Empty: no usable link. The labels are the publisher's words; only show the link.
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
  // A link with credentials in it is not for showing.
  return url.username === '' && url.password === '' ? url : null
}
