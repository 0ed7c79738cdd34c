import { shown } from '../../domain/text.ts'
import { counted, firstFew } from '../../text/lines.ts'
import type { AlertRunbook, Heading, Runbook, RunbookFolder } from '../files/file-facts.ts'
import { comparable } from '../files/read-markdown.ts'
import type { GateConfig } from '../gate-config.ts'
import type { ItemResult, ItemSpec } from '../item.ts'
import { fail, listed, MOST_TOLD, notConfigured, pass, skip, unusable } from './results.ts'

// Of Signal, Hypotheses, Checks, Actions: the two in which a person types something.
const SECTIONS_WITH_COMMANDS = 2

/** The runbook of the one alert that is followed from end to end. */
export function alertRunbookItems(config: GateConfig): ItemSpec[] {
  const exists = {
    id: 'alert-runbook-exists',
    section: 'Alert and runbook',
    item: "The alert's runbook is there and not empty"
  } as const
  const complete = {
    id: 'alert-runbook-complete',
    section: 'Alert and runbook',
    item: "The alert's runbook has all sections, with text below each"
  } as const
  const { alert, runbooks } = config
  if (alert === null) return [exists, complete].map(row => notConfigured(row, 'alert.name', config))
  return [
    { ...exists, needs: [], required: true, judge: ({ files }) => judgePresence(files.alertRunbook, alert.name) },
    {
      ...complete,
      needs: [exists.id],
      required: true,
      judge: ({ files }) => judgeSections(files.alertRunbook, runbooks.sections)
    }
  ]
}

/** All runbooks of the folder. */
export function runbookFolderItems(config: GateConfig): ItemSpec[] {
  const present = {
    id: 'runbooks-present',
    section: 'Documentation',
    item: 'There are runbooks, and one for every alert that names one'
  } as const
  const actionable = {
    id: 'runbooks-actionable',
    section: 'Documentation',
    item: 'Every runbook has all sections and a command, and its links resolve'
  } as const
  const { folder, sections } = config.runbooks
  if (folder === null) return [present, actionable].map(row => notConfigured(row, 'runbooks.folder', config))
  return [
    { ...present, needs: [], required: true, judge: ({ files }) => judgeFolder(files.runbooks) },
    {
      ...actionable,
      needs: [present.id],
      required: true,
      judge: ({ files }) => judgeRunbooks(files.runbooks, sections)
    }
  ]
}

/** Each document that the gate file names. */
export function documentItems({ documents }: GateConfig): ItemSpec[] {
  return documents.map(({ id }, index) => ({
    id: `document-${id}`,
    section: 'Documentation',
    item: `The document ${id} is there and not empty`,
    needs: [],
    required: true,
    judge: ({ files }) => {
      const file = files.documents[index] ?? { path: id, unreadable: 'it was not read', bytes: 0 }
      return unusable(file, 'Write') ?? pass(`${file.path}, ${counted(file.bytes, 'byte')}`)
    }
  }))
}

function judgePresence(found: AlertRunbook | null, alert: string): ItemResult {
  if (found === null) {
    const name = shown(alert)
    return skip(
      `neither an annotation of ${name} in rules.files nor alert.runbook names a runbook: set one of them`,
      `Set alert.runbook in the gate file, or annotate ${name} with runbook_url`
    )
  }
  if (found.kind === 'file') {
    const { path, bytes } = found.runbook
    return unusable(found.runbook, 'Write') ?? pass(`${path}, ${counted(bytes, 'byte')}`)
  }
  if (found.kind === 'outside') {
    return skip(`${found.path}: ${found.why}`, `Set alert.runbook in the gate file to ${found.path}`)
  }
  if (found.kind === 'template') {
    return skip(
      `${found.template} is a template, which names a runbook only once the alert fires: set alert.runbook to one`,
      'Set alert.runbook in the gate file to a file'
    )
  }
  const { url, presence } = found
  if (presence.is === 'there') return pass(`GET ${url} answers`)
  if (presence.is === 'gone') return fail(`GET ${url}: ${presence.why}`, `Write the runbook at ${url}`)
  if (presence.is === 'unasked') {
    return skip(
      `${url} is an address, which is not looked up: set runbooks.follow, or alert.runbook to a file`,
      'Set runbooks.follow in the gate file, or alert.runbook to a file'
    )
  }
  return skip(
    `GET ${url}: ${presence.why}, so whether it is there is unknown`,
    `Let the gate read ${url}: ${presence.why}`
  )
}

function judgeSections(found: AlertRunbook | null, sections: readonly string[]): ItemResult {
  if (found?.kind !== 'file') {
    return skip(
      'the gate reads headings only in files: set alert.runbook to a file',
      'Set alert.runbook in the gate file to a file'
    )
  }
  const { path, headings } = found.runbook
  const faults = sectionFaults(headings, sections)
  if (faults.length === 0) return pass(`${path}: ${sections.map(shown).join(', ') || 'no sections are asked for'}`)
  const has = headings.length === 0 ? 'it has no headings' : `its headings: ${listed(headings.map(({ text }) => text))}`
  return fail(`${path}: ${faults.join('; ')} (${has})`, `Add to ${path}: ${faults.join('; ')}`)
}

const NOT_READ = skip('runbooks.folder was not read', null)

function judgeFolder(folder: RunbookFolder | null): ItemResult {
  if (folder === null) return NOT_READ
  const { path, unreadable, leftOut, runbooks, named } = folder
  if (unreadable !== null) return fail(`${path}: ${unreadable}`, `Write runbooks in ${path}`)
  const namedAs = (what: 'gone' | 'unseen') =>
    named.flatMap(({ alert, name, presence }) =>
      presence.is === what ? [{ name, words: `${alert} names ${name}: ${presence.why}` }] : []
    )
  const namesOf = (found: readonly { readonly name: string }[]) =>
    firstFew([...new Set(found.map(({ name }) => name))], MOST_TOLD)
  const gone = namedAs('gone')
  if (gone.length > 0) return fail(listed(gone.map(({ words }) => words)), `Write ${namesOf(gone)}`)
  if (runbooks.length === 0) {
    if (leftOut !== null) return skip(`${path}: ${leftOut}`, `Set runbooks.folder to one below ${path}`)
    return fail(`${path} has no Markdown file`, `Write runbooks in ${path}`)
  }
  const unseen = namedAs('unseen')
  if (unseen.length > 0) {
    return skip(
      `could not be looked up: ${listed(unseen.map(({ words }) => words))}`,
      `Let the gate read ${namesOf(unseen)}`
    )
  }
  const countOf = (what: 'there' | 'unasked' | 'many') => named.filter(({ presence }) => presence.is === what).length
  const [there, unasked, many] = [countOf('there'), countOf('unasked'), countOf('many')]
  return pass(
    [
      counted(runbooks.length, 'runbook'),
      ...(leftOut === null ? [] : [leftOut]),
      ...(there > 0 ? [`there for ${counted(there, 'alert')} of those that name one`] : []),
      ...(unasked > 0 ? [`${unasked} named by an address, which is not looked up while runbooks.follow is off`] : []),
      ...(many > 0 ? [`${many} named by a template, which names a runbook only once the alert fires`] : [])
    ].join('; ')
  )
}

function judgeRunbooks(folder: RunbookFolder | null, sections: readonly string[]): ItemResult {
  if (folder === null) return NOT_READ
  const { path, runbooks, leftOut } = folder
  const tooLarge = runbooks.filter(({ isTooLarge = false }) => isTooLarge)
  const faults = runbooks.flatMap(runbook => {
    const missing = faultsOf(runbook, sections)
    return missing.length === 0 ? [] : [`${runbook.path}: ${missing.join(', ')}`]
  })
  const links = runbooks.reduce((sum, runbook) => sum + runbook.links, 0)
  const complete = `${runbooks.length - faults.length - tooLarge.length} of ${runbooks.length} complete`
  if (faults.length > 0) return fail(`${complete}; ${listed(faults)}`, `Complete ${listed(faults)}`)
  if (tooLarge.length > 0) {
    const words = listed(tooLarge.map(({ path, unreadable }) => `${path}: ${unreadable}`))
    return skip(`${complete}; ${words}`, `Split ${words}`)
  }
  if (leftOut !== null) return skip(`${complete}; ${path}: ${leftOut}`, `Split ${path}: ${leftOut}`)
  const unseen = runbooks.flatMap(({ path, unseenLinks }) => unseenLinks.map(link => `${path}: ${link}`))
  if (unseen.length === 0) return pass(`${complete}; ${counted(links, 'link')} looked up`)
  return skip(
    `${complete}; links that could not be looked up: ${listed(unseen)}`,
    `Let the gate read the links, or remove them: ${listed(unseen)}`
  )
}

function faultsOf(
  { unreadable, isTooLarge = false, headings, hasCommand, brokenLinks }: Runbook,
  sections: readonly string[]
): string[] {
  if (isTooLarge) return []
  if (unreadable !== null) return [unreadable]
  const active = sections.slice(-SECTIONS_WITH_COMMANDS)
  const isActive = ({ text }: Heading) => active.some(section => comparable(section) === comparable(text))
  const commands = active.length === 0 ? hasCommand : headings.some(heading => isActive(heading) && heading.hasCommand)
  return [
    ...sectionFaults(headings, sections),
    ...(commands
      ? []
      : [`no command in a code block${active.length === 0 ? '' : ` under ${active.map(shown).join(' or ')}`}`]),
    ...brokenLinks.map(link => `broken link ${link}`)
  ]
}

function sectionFaults(headings: readonly Heading[], sections: readonly string[]): string[] {
  return sections.flatMap(section => {
    const own = headings.filter(({ text }) => comparable(text) === comparable(section))
    if (own.length === 0) return [`no section ${shown(section)}`]
    return own.some(({ hasText }) => hasText) ? [] : [`nothing below ${shown(section)}`]
  })
}
