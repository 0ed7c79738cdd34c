import type { RegistryReason, TagList } from '../domain/image-registry.ts'
import { type Observed, seen, type Unseen, unseen } from '../domain/observation.ts'
import { isJsonObject } from '../text/json.ts'
import type { Reply } from './exchange.ts'
import { nextLink } from './link.ts'

/** Reads one page; seen is a success. */
export type ReadPage = (url: URL) => Promise<Observed<Reply, RegistryReason>>

export interface PageBounds {
  readonly pages: number
  readonly tags: number
  /** Of all pages together. */
  readonly bytes: number
}

const LONGEST_TAG = 128

/**
 * Reads the tags of a repository, page by page as the registry links them, on its own origin alone. The newest tag may be
 * on any page, for the order is by letters or none. Ends where there is no link, where a page is empty or holds nothing new
 * (Gitea links on from the last page), and, with a gap, where it would never end or a page fails.
 */
export async function readTagPages(
  first: URL,
  readPage: ReadPage,
  bounds: PageBounds
): Promise<Observed<TagList, RegistryReason>> {
  const tags = new Set<string>()
  const asked = new Set<string>()
  let url = first
  let bytes = 0
  const withGap = (gap: Unseen<RegistryReason> | null) => seen({ tags: [...tags], gap })
  const cut = (why: string) => withGap(unseen('invalid', `the list of tags is cut: ${why}`))
  for (;;) {
    asked.add(url.href)
    const reply = await readPage(url)
    if (!reply.seen) return asked.size === 1 ? reply : withGap(reply)
    const page = parseTagPage(reply.value.body)
    if (page === null) {
      const problem = unseen<RegistryReason>('invalid', `${reply.value.url.host} gives no list of tags`)
      return asked.size === 1 ? problem : withGap(problem)
    }
    const before = tags.size
    for (const tag of page) tags.add(tag)
    bytes += reply.value.body.length
    const link = nextLink(reply.value.headers.link)
    if (link === null || tags.size === before) return withGap(null)

    const next = URL.parse(link, reply.value.url.href)
    if (next === null || next.origin !== reply.value.url.origin) return cut('the next page is on another host')
    if (asked.has(next.href)) return cut('the pages go round in a circle')
    if (asked.size >= bounds.pages) return cut(`more than ${bounds.pages} pages`)
    if (tags.size >= bounds.tags) return cut(`more than ${bounds.tags} tags`)
    if (bytes >= bounds.bytes) return cut(`more than ${bounds.bytes} bytes`)
    url = next
  }
}

// `null` for tags is none: distribution says so once the last one was deleted.
function parseTagPage(body: Uint8Array): readonly string[] | null {
  try {
    const page: unknown = JSON.parse(Buffer.from(body).toString())
    if (!isJsonObject(page) || !('tags' in page || 'name' in page)) return null
    const tags = page.tags ?? []
    return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string' && tag.length <= LONGEST_TAG) : null
  } catch {
    return null
  }
}
