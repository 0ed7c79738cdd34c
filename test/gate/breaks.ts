import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GateReport, GateStatus } from '../../src/domain/gate.ts'
import { type GateFile, REPOSITORY, writeRepository } from './world.ts'

/** What the gate must say of these items: its words, and what it asks for; `null`: nothing is to be done. */
export type Row = readonly [
  ids: string | readonly string[],
  status: Exclude<GateStatus, 'PASS'>,
  evidence: RegExp,
  action: RegExp | null
]

/** One thing that is broken, and every item that must not PASS for it. */
export interface Break {
  /** As the name of a test ends. */
  readonly what: string
  /** Files of the repository in place of those that are well; `null`: it is not there. */
  readonly files?: (well: typeof REPOSITORY) => Readonly<Record<string, string | null>>
  readonly gate?: (gate: GateFile) => GateFile
  readonly rows: readonly Row[]
  /** How many things a person is asked to do in all, each cause counted once; absent: any number. */
  readonly actions?: number
}

/** Puts the repository in order, but for what is broken. */
export function breakFiles(folder: string, { files = () => ({}) }: Break): void {
  writeRepository(folder)
  for (const [path, text] of Object.entries(files(REPOSITORY))) {
    if (text === null) rmSync(join(folder, path))
    else writeFileSync(join(folder, path), text)
  }
}

/** Each row holds, and of the items that `isJudged` takes all others PASS. */
export function assertSays(report: GateReport, { rows, actions }: Break, isJudged: (id: string) => boolean): void {
  const told = report.items.map(({ id, status, evidence }) => `${status} ${id}: ${evidence}`).join('\n')
  for (const { id, status, evidence } of report.items) {
    const row = rows.find(([ids]) => idsOf(ids).includes(id))
    if (row === undefined) {
      if (isJudged(id)) assert.equal(status, 'PASS', `${id}: ${evidence}`)
      continue
    }
    const [, wanted, words, action] = row
    assert.equal(status, wanted, `${id}: ${evidence}`)
    assert.match(evidence, words, id)
    const asked = asksFor(report).filter(({ items }) => items.includes(id))
    if (action === null) assert.deepEqual(asked, [], id)
    else
      assert.ok(
        asked.some(one => action.test(one.action)),
        `${id}: ${JSON.stringify(asked)}`
      )
  }
  for (const id of rows.flatMap(([ids]) => idsOf(ids)))
    assert.ok(
      report.items.some(item => item.id === id),
      id
    )
  const isBlocked = report.items.some(({ status, required }) => required && status !== 'PASS')
  assert.equal(report.verdict, isBlocked ? 'NO-GO' : 'GO', told)
  if (actions !== undefined) assert.equal(asksFor(report).length, actions, JSON.stringify(asksFor(report), null, 1))
}

/** Ids of rows with this status. */
export function idsWith(breaks: readonly Break[], status: GateStatus): ReadonlySet<string> {
  return new Set(breaks.flatMap(({ rows }) => rows.flatMap(row => (row[1] === status ? idsOf(row[0]) : []))))
}

function idsOf(ids: Row[0]): readonly string[] {
  return typeof ids === 'string' ? [ids] : ids
}

// Each NO-GO asks for another run, and a quiet service for drills.
function asksFor({ actions }: GateReport): GateReport['actions'] {
  return actions.filter(({ action }) => !action.startsWith('Run the gate again: required'))
}
