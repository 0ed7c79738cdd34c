import type { RegistryReason, TagList } from '../domain/image-registry.ts'
import { type Observed, seen, type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { isJsonObject, parseJson } from '../text/json.ts'
import type { TimedReply } from './registry-access.ts'
import { nextLink } from './response-headers.ts'

/** Reads one page; `seen` is a success. */
export type ReadPage = (url: URL) => Promise<Observed<TimedReply, RegistryReason>>

export interface PageBounds {
  readonly pages: number
  readonly tags: number
  /** Of all pages together, decoded. */
  readonly bytes: number
  /** What the registry may take for all pages together, ms. Our own budget does not count. */
  readonly ms: number
}

const LONGEST_TAG = 128

/**
 * Reads the tags of a repository page by page, following the registry's links unchanged, on one origin only. Tags come
 * in lexical order or in none, so the newest can be on any page. The list ends when there is no link, or when a page
 * brings no new tag (Gitea links on even from its last page). It ends with a gap when a page fails or a bound is
 * reached.
 */
export async function readTagPages(
  first: URL,
  readPage: ReadPage,
  bounds: PageBounds
): Promise<Observed<TagList, RegistryReason>> {
  const tags = new Set<string>()
  const asked = new Set<string>()
  let url = first
  let [bytes, ms] = [0, 0]
  const withGap = (gap: Unseen<RegistryReason> | null) => seen({ tags: [...tags], gap })
  const cut = (why: string, reason: RegistryReason = 'invalid') =>
    withGap(unseen(reason, `the list of tags is incomplete: ${why}`))
  for (;;) {
    asked.add(url.href)
    const reply = await readPage(url)
    // The repository exists, since its first page was read: only the link to this one leads nowhere.
    if (!reply.seen && asked.size > 1)
      return cut(reply.message, reply.reason === 'not_found' ? 'invalid' : reply.reason)
    if (!reply.seen) return reply
    const page = parseTagPage(reply.value.body)
    if (page === null) {
      const problem = `${reply.value.url.host} sent no list of tags`
      return asked.size === 1 ? unseen('invalid', problem) : cut(problem)
    }
    const before = tags.size
    for (const tag of page) tags.add(tag)
    bytes += reply.value.body.length
    ms += reply.value.tookMs
    const link = nextLink(reply.value.headers.link)
    if (link === null || tags.size === before) return withGap(null)

    const next = URL.parse(link, reply.value.url.href)
    if (next === null) return cut('its next page has no valid address')
    const { origin } = reply.value.url
    // Often it is the registry itself, without TLS: nobody told it about the proxy in front of it.
    if (next.origin !== origin) return cut(`its next page is at ${shown(next.origin)}, not at ${origin}`)
    if (asked.has(next.href)) return cut('the pages form a loop')
    if (asked.size >= bounds.pages) return cut(`more than ${bounds.pages} pages`)
    if (tags.size >= bounds.tags) return cut(`more than ${bounds.tags} tags`)
    if (bytes >= bounds.bytes) return cut(`more than ${bounds.bytes} bytes`)
    if (ms >= bounds.ms) {
      const read = `${asked.size} pages with ${tags.size} tags`
      // It may be faster in a while.
      return cut(`the registry took ${seconds(ms)} for ${read}; it may take ${seconds(bounds.ms)}`, 'unreachable')
    }
    url = next
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

// Distribution gives `null` for the tags once the last one was deleted.
function parseTagPage(body: Uint8Array): readonly string[] | null {
  const page = parseJson(body)
  if (!isJsonObject(page) || !('tags' in page || 'name' in page)) return null
  const tags = page.tags ?? []
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string' && tag.length <= LONGEST_TAG) : null
}
