import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The page's only style and script: sent inline, so that the page is one answer and asks for nothing else. */
export const PAGE_STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8')
/** What the page of one service has besides. */
export const SERVICE_STYLE = readFileSync(new URL('./service.css', import.meta.url), 'utf8')
export const PAGE_SCRIPT = readFileSync(new URL('./page.js', import.meta.url), 'utf8')

/** A Content-Security-Policy source that allows this inline text and no other. */
export function sha256Source(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
