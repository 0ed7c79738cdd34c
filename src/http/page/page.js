// @ts-check
// What the page does in the browser beyond what works without a script: filter while typing, refresh itself.

const root = document.documentElement
const refreshMs = Number(root.dataset.refreshSeconds) * 1000
const filter = byId('filter', HTMLInputElement)
const trouble = byId('trouble', HTMLElement)
const shown = byId('shown', HTMLElement)
/** @type {Date | undefined} */
let failingSince

filter.addEventListener('input', () => {
  applyFilter()
  const query = filter.value.trim() === '' ? location.pathname : `?filter=${encodeURIComponent(filter.value)}`
  history.replaceState(null, '', query)
})

filter.form?.addEventListener('submit', event => event.preventDefault())

document.addEventListener('keydown', event => {
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

setTimeout(refresh, refreshMs)

// The same rule as in filter.ts.
function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/)
  const rows = [...document.querySelectorAll('tr[data-text]')]
  for (const row of rows) {
    const text = row.getAttribute('data-text') ?? ''
    row.toggleAttribute('hidden', !words.every(word => text.includes(word)))
  }
  const visible = rows.filter(row => !row.hasAttribute('hidden')).length
  shown.textContent = filter.value.trim() === '' ? '' : `${visible} of ${rows.length} shown`
  document.getElementById('nothing-found')?.toggleAttribute('hidden', visible > 0)
}

async function refresh() {
  try {
    // Swapping the rows would lose a selection that somebody is about to copy.
    if (document.getSelection()?.isCollapsed !== false) await swap()
  } catch {
    failingSince ??= new Date()
    showTrouble(failingSince)
  } finally {
    setTimeout(refresh, refreshMs)
  }
}

async function swap() {
  const response = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(10_000) })
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  // Anything else, such as the page of a proxy that wants a login, is not an answer.
  if (!response.ok || fresh.getElementById('services') === null) throw new Error(`HTTP ${response.status}`)
  if (fresh.documentElement.dataset.version !== root.dataset.version) location.reload()
  const focused = document.activeElement?.id ?? ''
  keepOpen(fresh)
  for (const section of document.querySelectorAll('[data-live]'))
    replaceContent(section, fresh.getElementById(section.id))
  document.title = fresh.title
  document.querySelector('link[rel=icon]')?.replaceWith(fresh.querySelector('link[rel=icon]') ?? '')
  applyFilter()
  if (document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true })
  failingSince = undefined
  trouble.hidden = true
}

// What somebody opened or closed stays so; what is new opens as it comes.
/** @param {Document} fresh */
function keepOpen(fresh) {
  for (const details of fresh.querySelectorAll('details[id]')) {
    const before = document.getElementById(details.id)
    if (before !== null) details.toggleAttribute('open', before.hasAttribute('open'))
  }
}

// What has not changed is left alone: a screen reader would read it again.
/**
 * @param {Element} section
 * @param {HTMLElement | null} fresh
 */
function replaceContent(section, fresh) {
  if (fresh === null) return
  for (const { name, value } of fresh.attributes) section.setAttribute(name, value)
  if (section.innerHTML !== fresh.innerHTML) section.replaceChildren(...fresh.childNodes)
}

/** @param {Date} since */
function showTrouble(since) {
  const known = document.querySelector('#generated time')?.textContent
  trouble.textContent = `Could not refresh since ${utcTime(since)}. Shown is what was known at ${known}.`
  trouble.hidden = false
}

/** @param {Date} at */
function utcTime(at) {
  return at
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 */
function byId(id, kind) {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`The page has no ${id}`)
  return element
}
