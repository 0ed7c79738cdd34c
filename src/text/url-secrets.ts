// The scheme's length is bounded, or a long word without any would be searched again from each of its letters.
const URLS = /([a-z][a-z0-9+.-]{0,31}:\/\/)(\S*)/gi

/**
 * A text without what URLs carry in their user part, their query and their fragment: libraries put whole URLs into
 * messages. A password that is not escaped may hold any character but white space, so it has no visible end.
 */
export function withoutUrlSecrets(text: string): string {
  return text.replace(URLS, (_url, scheme: string, rest: string) => {
    const authorityEnd = /[/?#]|$/.exec(rest)?.index ?? rest.length
    const userEnd = rest.lastIndexOf('@')
    // Without an authority, as in `file:///srv/node_modules/@scope`, there is no user.
    if (authorityEnd > 0 && userEnd > authorityEnd) return `${scheme}[redacted]`
    const host = authorityEnd === 0 ? rest : rest.slice(userEnd + 1)
    return `${scheme}${host.split(/[?#]/, 1)[0]}`
  })
}

/** A path without its query, which may carry a token. */
export function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? ''
}
