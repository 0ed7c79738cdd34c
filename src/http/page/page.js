// @ts-check
// What a page does in the browser beyond what works without a script: it refreshes itself in place, says when it is not
// current, filters while somebody types, and copies.

const SLICE_MS = 16
const TIMEOUT_MS = 30_000
// How long a refresh leaves selected text alone.
const HOLD_MS = 60_000
const TYPING_MS = 250
const CHECK_MS = 2_000
// This script is in the page that it splits, so what it looks for must not be in it.
const ROW_START = '\x3ctr id="row-'
const ROWS_END = '\x3c/tbody>'

const root = document.documentElement
const refreshMs = Number(root.dataset.refreshSeconds) * 1000
const staleAfterMs = Number(root.dataset.staleAfterMs)
const trouble = byId('trouble')
const outdated = byId('outdated')
const icon = document.querySelector('link[rel=icon]')
const filter = document.querySelector('input')

/** The ids of the sections that are refreshed whole. */
const liveIds = [...document.querySelectorAll('[data-live]')].map(({ id }) => id)

/** The parts of the table, each with some of its rows: a part that is out of sight is not drawn. */
const parts = [...document.querySelectorAll('tbody')]

/** The guard's clock at its last answer, and this browser's clocks when it came; the two need not agree. */
let answer = { guard: Number(root.dataset.now), ...loaded() }
let asked = loaded()
let title = document.title
let currentIcon = icon?.getAttribute('href') ?? ''
/** An answer that was older than the one before it. */
let refusedGuardTime = 0
/** @type {{ since: number, reason: string } | undefined} */
let failure
let isSuspended = false
/** Whether something is shown as it was because it is selected. */
let isHeld = false
/** Kept, because asking for it makes the browser lay out the whole page. */
let isSelecting = false
let selectedAt = browserTime()
/** @type {AbortController | undefined} */
let underWay
let waitMs = refreshMs
/** @type {number | undefined} */
let typing

setInterval(tick, 1_000)
document.addEventListener('scrollend', countAges)
// It may come from a cache, or the clocks differ: only another answer tells.
if (Math.abs(Date.now() - answer.guard) > staleAfterMs) refresh()

// A background tab is slowed down or frozen; a page that comes back from the back/forward cache was frozen, too.
document.addEventListener('visibilitychange', tick)
document.addEventListener('resume', refresh)
window.addEventListener('online', refresh)
window.addEventListener('pageshow', ({ persisted }) => void (persisted && refresh()))
document.addEventListener('freeze', suspend)
window.addEventListener('pagehide', ({ persisted }) => void (persisted && suspend()))

document.addEventListener('selectionchange', () => {
  isSelecting = document.getSelection()?.isCollapsed === false
  if (isSelecting) selectedAt = browserTime()
  else if (isHeld) refresh()
})

filter?.addEventListener('input', () => {
  history.replaceState(
    null,
    '',
    filter.value.trim() === '' ? location.pathname : `?${new URLSearchParams({ filter: filter.value })}`
  )
  byId('found').textContent = 'Searching …'
  clearTimeout(typing)
  typing = setTimeout(refresh, TYPING_MS)
})

filter?.form?.addEventListener('submit', event => event.preventDefault())

document.addEventListener('keydown', event => {
  if (filter === null) return
  if (event.key === '/' && document.activeElement !== filter && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    filter.focus()
    filter.select()
  }
  if (event.key === 'Escape' && filter.value !== '') {
    filter.value = ''
    filter.dispatchEvent(new Event('input'))
  }
})

document.addEventListener('submit', async event => {
  const form = event.target
  if (!(form instanceof HTMLFormElement) || form.id !== 'check-now') return
  event.preventDefault()
  const headers = { accept: 'application/json', 'x-requested-with': 'fetch' }
  const response = await fetch(form.action, { headers }).catch(() => undefined)
  // Too soon: somebody else has just asked for the same.
  say(response?.ok || response?.status === 429 ? 'Checking …' : 'The guard could not be asked to check')
  setTimeout(refresh, CHECK_MS)
})

document.addEventListener('click', async ({ target }) => {
  if (!(target instanceof HTMLElement) || !target.matches('button.copy')) return
  const code = target.previousElementSibling
  const text = code?.getAttribute('title')
  if (!code || !text) return
  try {
    await navigator.clipboard.writeText(text)
    say('Copied')
  } catch {
    // No permission, or no TLS: the person copies it by hand.
    code.textContent = text
    document.getSelection()?.selectAllChildren(code)
    say('Selected, ready to be copied')
  }
})

/** The browser's two clocks: sleep stops the second, and people set the first. */
function browserTime() {
  return { wall: Date.now(), monotonic: performance.now() }
}

/** When this page was asked for. */
function loaded() {
  return { wall: Date.now() - performance.now(), monotonic: 0 }
}

/** @param {{ wall: number, monotonic: number }} then */
function msSince(then) {
  return Math.max(Date.now() - then.wall, performance.now() - then.monotonic)
}

function guardTime() {
  return answer.guard + msSince(answer)
}

function tick() {
  if (underWay === undefined && msSince(asked) >= waitMs) refresh()
  showFreshness()
  countAges()
}

function suspend() {
  isSuspended = true
  showFreshness()
}

/** Asks for the page again and shows what is new; a later call takes the place of one that is under way. */
async function refresh() {
  underWay?.abort()
  const abort = new AbortController()
  underWay = abort
  asked = browserTime()
  waitMs = refreshMs
  try {
    await show(await ask(abort.signal), abort.signal)
    failure = undefined
    isSuspended = false
  } catch (error) {
    if (abort.signal.aborted) return
    failure = { since: failure?.since ?? guardTime(), reason: error instanceof Refusal ? error.message : 'no answer' }
  }
  underWay = undefined
  showFreshness()
}

class Refusal extends Error {}

/** @param {AbortSignal} signal */
async function ask(signal) {
  const at = browserTime()
  const response = await fetch(location.href, {
    cache: 'no-store',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  })
  const [page, rows] = split(await response.text())
  const busyMs = Number(response.headers.get('retry-after')) * 2_000
  if (busyMs > 0) waitMs = Math.min(busyMs, refreshMs)
  const guard = Number(page.documentElement.dataset.now)
  // Such as the page of a proxy that wants a login. A service that is gone has a page that says so.
  if (!guard || page.getElementById('generated') === null)
    throw new Refusal(response.ok ? 'the answer is not the guard’s' : `HTTP ${response.status}`)
  const isOlder = guard < answer.guard
  // A guard whose clock was set back goes on from there; a cache stands still.
  const goesOn = refusedGuardTime > 0 && guard > refusedGuardTime
  refusedGuardTime = isOlder ? guard : 0
  if (isOlder && !goesOn) throw new Refusal('the answer is older than what is shown')
  if (page.documentElement.dataset.version !== root.dataset.version) location.reload()
  // The same answer as before is as old as it was.
  if (guard !== answer.guard) answer = { guard, ...at }
  return { page, rows }
}

/**
 * Splits an answer, for thousands of rows are not parsed at once, and unchanged ones not at all.
 * @param {string} text
 * @returns {[page: Document, rows: string[]]}
 */
function split(text) {
  const [start = '', ...rows] = text.split(ROW_START)
  const last = rows.pop() ?? ''
  const end = last.indexOf(ROWS_END)
  if (end !== -1) rows.push(last.slice(0, end))
  return [new DOMParser().parseFromString(start + last.slice(Math.max(0, end)), 'text/html'), rows]
}

/**
 * @param {{ page: Document, rows: string[] }} fresh
 * @param {AbortSignal} signal
 */
async function show({ page, rows }, signal) {
  isHeld = false
  for (const section of liveIds.map(byId)) {
    const next = page.getElementById(section.id)
    if (next === null || essence(next) === essence(section) || hold(section)) continue
    replace(section, next)
  }
  const table = document.getElementById('services')
  table?.setAttribute('class', page.getElementById('services')?.className ?? '')
  title = page.title
  currentIcon = page.querySelector('link[rel=icon]')?.getAttribute('href') ?? ''
  await showRows(rows, signal)
  countAges()
}

/**
 * @param {string[]} texts
 * @param {AbortSignal} signal
 */
async function showRows(texts, signal) {
  const last = parts.at(-1)
  if (last === undefined) return
  const fresh = texts.map(text => {
    const [, key = '', hash = '', checked = ''] =
      /^([\w-]+)" data-hash="([\w-]+)" data-checked="(\d*)"/.exec(text) ?? []
    return { id: `row-${key}`, hash, checked, text: ROW_START + text }
  })
  const ids = new Set(fresh.map(({ id }) => id))
  const known = new Map(parts.flatMap(part => [...part.rows].map(row => [row.id, /** @type {HTMLElement} */ (row)])))
  const pause = slices()
  for (const [id, row] of known) {
    if (!ids.has(id) && !hold(row)) row.remove()
    await pause()
    signal.throwIfAborted()
  }
  let place = parts[0]?.rows[0] ?? rowAfter(parts[0])
  for (const { id, hash, checked, text } of fresh) {
    // Rows of services that are gone, but held.
    while (place !== null && !ids.has(place.id)) place = rowAfter(place)
    const row = known.get(id)
    if (row === undefined) insert(parseRow(text), place)
    else if (row === place) place = rowAfter(place)
    else if (!hold(row)) {
      // One row that goes down is moved, not all those that it passes.
      if (place !== null && rowAfter(place) === row && !hold(place)) last.append(place)
      else insert(row, place)
      place = rowAfter(row)
    }
    if (row !== undefined) renew(row, { hash, checked, text })
    await pause()
    signal.throwIfAborted()
  }
}

/**
 * @param {Element} row
 * @param {Element | null} place the row that it stands before; `null`: it is the last one
 */
function insert(row, place) {
  if (place === null) parts.at(-1)?.append(row)
  else place.before(row)
}

/**
 * The next row in the table, in this part or in a later one.
 * @param {Element | undefined} element
 * @returns {Element | null}
 */
function rowAfter(element) {
  if (!element) return null
  if (element.nextElementSibling?.matches('tr')) return element.nextElementSibling
  let part = element.matches('tr') ? element.parentElement : element
  while (part !== null && part.nextElementSibling !== null) {
    part = /** @type {HTMLElement} */ (part.nextElementSibling)
    if (part.firstElementChild !== null) return part.firstElementChild
  }
  return null
}

/**
 * @param {HTMLElement} row
 * @param {{ hash: string, checked: string, text: string }} fresh
 */
function renew(row, { hash, checked, text }) {
  if (row.dataset.hash !== hash) {
    if (!hold(row)) replace(row, parseRow(text))
    return
  }
  if (row.dataset.checked === checked) return
  row.dataset.checked = checked
  const time = row.querySelector('.checked time')
  if (time instanceof HTMLTimeElement) setMoment(time, Number(checked))
}

/** @param {string} text */
function parseRow(text) {
  const template = document.createElement('template')
  template.innerHTML = text
  return /** @type {HTMLElement} */ (template.content.firstElementChild)
}

/**
 * Puts something fresh in the place of a row or a section; what somebody opened or closed stays so, and so does the focus.
 * @param {Element} old
 * @param {Element} fresh
 */
function replace(old, fresh) {
  const details = old.querySelector('details')
  if (details !== null) fresh.querySelector('details')?.toggleAttribute('open', details.open)
  const focused = controlsOf(old).indexOf(/** @type {HTMLElement} */ (document.activeElement))
  const id = document.activeElement?.id ?? ''
  old.replaceWith(fresh)
  if (focused === -1) return
  const heir = (id === '' ? null : document.getElementById(id)) ?? controlsOf(fresh)[focused]
  heir?.focus({ preventScroll: true })
}

/**
 * @param {Element} element
 * @returns {HTMLElement[]}
 */
function controlsOf(element) {
  return [...element.querySelectorAll('a, button, summary')].filter(control => control instanceof HTMLElement)
}

/**
 * An element without its ages: one that differs only in those is left alone, or a screen reader would read it again.
 * @param {Element} element
 */
function essence(element) {
  return element.outerHTML.replace(/<time class="age".*?<\/time>/gs, '')
}

/**
 * Whether something has to wait because text in it is selected, which would be lost.
 * @param {Element} element
 */
function hold(element) {
  const isWaiting = isSelected(element)
  if (isWaiting) isHeld = true
  return isWaiting
}

/** @param {Node} node */
function isSelected(node) {
  return isSelecting && msSince(selectedAt) < HOLD_MS && document.getSelection()?.containsNode(node, true) === true
}

/** Says in headline, title and icon whether what is shown is current; above the page, why it is not. */
function showFreshness() {
  const why = whyNotCurrent()
  root.toggleAttribute('data-outdated', why !== undefined)
  outdated.hidden = why === undefined
  trouble.hidden = why === undefined
  if (why !== undefined && trouble.textContent !== why) trouble.textContent = why
  const [wantedTitle, wantedIcon] =
    why === undefined ? [title, currentIcon] : [`Not current: ${title}`, icon?.getAttribute('data-when-outdated') ?? '']
  if (document.title !== wantedTitle) document.title = wantedTitle
  if (icon?.getAttribute('href') !== wantedIcon) icon?.setAttribute('href', wantedIcon)
}

function whyNotCurrent() {
  const shown = `This is what was known at ${utcTime(answer.guard)}.`
  if (failure !== undefined) return `Could not refresh since ${utcTime(failure.since)}: ${failure.reason}. ${shown}`
  if (isSuspended || msSince(answer) > staleAfterMs) return `This page has not been refreshed for a while. ${shown}`
  if (isHeld) return 'Selected text is kept as it was for a minute; the rest is current.'
  return undefined
}

/** Brings the ages that are in sight up to date. */
function countAges() {
  const now = guardTime()
  const places = [...liveIds.map(byId), ...partsInView()]
  for (const time of places.flatMap(place => [...place.querySelectorAll('time.age')])) {
    if (!(time instanceof HTMLTimeElement)) continue
    const ms = now - Date.parse(time.dateTime)
    const words = describeAge(ms)
    // Text that is replaced is no longer selected.
    if (time.textContent !== words && !isSelected(time)) time.textContent = words
    time.closest('.checked')?.classList.toggle('stale', ms > staleAfterMs)
  }
}

/** The parts of the table that are in sight; one stands below the other. */
function partsInView() {
  return parts.filter(part => {
    const { top, bottom } = part.getBoundingClientRect()
    return bottom > 0 && top < innerHeight
  })
}

/**
 * @param {HTMLTimeElement} time
 * @param {number} at
 */
function setMoment(time, at) {
  time.dateTime = new Date(at).toISOString()
  time.title = utcTime(at)
}

/** Lets the browser draw and take clicks whenever a slice of time is over; nobody looks at a hidden page. */
function slices() {
  let start = performance.now()
  return async () => {
    if (performance.now() - start < SLICE_MS || document.hidden) return
    await new Promise(done => setTimeout(done))
    start = performance.now()
  }
}

/** @param {string} words */
function say(words) {
  byId('said').textContent = words
  setTimeout(() => {
    byId('said').textContent = ''
  }, 2_000)
}

// The same rule as in age.ts.
/** @param {number} ms */
function describeAge(ms) {
  const [s, min, h] = [Math.max(0, Math.floor(ms / 1_000)), Math.floor(ms / 60_000), Math.floor(ms / 3_600_000)]
  if (min < 1) return `${s} s`
  if (h < 1) return `${min} min`
  const [large, small] = h < 24 ? [`${h} h`, `${min % 60} min`] : [`${Math.floor(h / 24)} d`, `${h % 24} h`]
  return small.startsWith('0 ') ? large : `${large} ${small}`
}

/** @param {number} at */
function utcTime(at) {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no ${id}`)
  return element
}
