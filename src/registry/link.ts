const LONGEST_HEADER = 16 * 1024

// `<reference>` and its parameters, up to the next comma outside quotes.
const LINK = /<([^>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)/g
const PARAMETER = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g

/**
 * The reference to the next page in a `Link` header, unchanged; `null`: there is none. The header can hold several links,
 * and `rel` several relations, quoted or not. Source: RFC 8288.
 */
export function nextLink(header: string | readonly string[] | undefined): string | null {
  const text = [header ?? []].flat().join(', ').slice(0, LONGEST_HEADER)
  for (const [, reference = '', parameters = ''] of text.matchAll(LINK)) {
    for (const [, name = '', quoted, plain = ''] of parameters.matchAll(PARAMETER)) {
      const relations = (quoted ?? plain).toLowerCase().split(/\s+/)
      if (name.toLowerCase() === 'rel' && relations.includes('next')) return reference.trim()
    }
  }
  return null
}
