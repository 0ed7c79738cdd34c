import type { TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findProgram } from './component.ts'

const EXECUTABLE = findProgram('chromium', 'chromium-browser', 'google-chrome')

/** What a test that needs Chromium misses; `undefined`: nothing. For `needs`. */
export const missingChromium = EXECUTABLE === undefined ? 'chromium is not on the PATH' : undefined

// Nothing but the pages of the test is asked for: the browser's own errands are off.
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** A browser page and what went wrong on it. */
export interface WatchedPage {
  readonly page: Page
  /** Errors of the page's script, of its console and of its Content-Security-Policy. */
  readonly errors: string[]
  /** The address of every request. */
  readonly requests: string[]
}

/** One Chromium for the tests of a suite; the suite closes it. */
export async function launchChromium(): Promise<Browser> {
  if (EXECUTABLE === undefined) throw new Error(missingChromium)
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS })
}

/** A page with cookies, storage and settings of its own, which ends with the test. */
export async function watchPage(
  t: TestContext,
  browser: Browser,
  options?: BrowserContextOptions
): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  t.after(() => context.close())
  const page = await context.newPage()
  const errors: string[] = []
  const requests: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('request', request => requests.push(request.url()))
  return { page, errors, requests }
}
