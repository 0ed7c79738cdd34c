import { crc32 } from 'node:zlib'
import { isExposed, type Report, type ServiceReport } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { inSlices } from '../event-loop.ts'
import { type Family, identityOf, renderHead, renderSamples } from './family.ts'
import { type DeflatedText, deflate } from './gzip-member.ts'
import type { Section } from './section.ts'
import { SERVICE_FAMILIES, SERVICE_SECTIONS } from './service-families.ts'

/** Consecutive services, and their text for each family. */
interface Run {
  readonly services: readonly ServiceReport[]
  readonly withOptional: boolean
  readonly texts: readonly DeflatedText[]
}

/** All runs, in their order, and where each begins. */
interface Rendered {
  readonly services: readonly ServiceReport[]
  readonly starts: readonly number[]
  readonly runs: readonly Run[]
}

// Services in a run, on average: as many are rendered again for one change.
const RUN_LENGTH = 128

/**
 * Renders the gauges of all services that are exposed, one family after the other as the format wants it, in pieces.
 * All are gauges, whose text is the same in both formats.
 *
 * Only what changed is rendered and compressed again, and nothing is kept plain. Services are cut into runs at certain
 * names, so that one that comes or goes moves no other to another run; within a run, a family keeps its text while what
 * it reads is the same.
 */
export function createServiceText(): (report: Report) => Promise<readonly DeflatedText[]> {
  const heads = SERVICE_FAMILIES.map(family => deflate(renderHead(family, 'text')))
  let last: Rendered = { services: [], starts: [], runs: [] }

  return async report => {
    const withOptional = report.leftOut === null
    const isAll = withOptional && report.tooNew.size === 0
    const services = isAll ? report.services : report.services.filter(service => isExposed(report, service))
    const isSame = haveSameNames(last.services, services)
    const starts = isSame ? last.starts : startsOf(services)
    const earlier = isSame ? last.runs : findAgain(last.runs, services, starts)
    const runs: Run[] = []
    await inSlices(starts.entries(), ([position, start]) => {
      const before = earlier[position]
      const end = starts[position + 1] ?? services.length
      const isKept = before?.withOptional === withOptional && isStretch(before.services, services, start, end)
      runs.push(isKept ? before : render(services.slice(start, end), withOptional, before))
    })
    last = { services, starts, runs }
    return heads.flatMap((head, index) => [head, ...runs.map(({ texts }) => texts[index] as DeflatedText)])
  }
}

/** For each start, the earlier run that began with the same service. */
function findAgain(runs: readonly Run[], services: readonly ServiceReport[], starts: readonly number[]) {
  const byKey = new Map(runs.map(run => [targetKey(run.services[0] as ServiceReport), run]))
  return starts.map(start => byKey.get(targetKey(services[start] as ServiceReport)))
}

function render(services: readonly ServiceReport[], withOptional: boolean, before: Run | undefined): Run {
  const identities = services.map(identityOf)
  const isSame = before?.withOptional === withOptional && haveSameNames(before.services, services)
  const known = isSame ? before : undefined
  const texts: DeflatedText[] = []
  for (const section of SERVICE_SECTIONS) {
    const { part, families } = section
    const end = texts.length + families.length
    if (known?.services.every((service, place) => isSameIn(section, service, services[place] as ServiceReport))) {
      texts.push(...known.texts.slice(texts.length, end))
      continue
    }
    const parts = services.map(part)
    for (const family of families) {
      const text = family.isOptional === true && !withOptional ? '' : renderFamily(family, parts, identities)
      texts.push(deflate(text))
    }
  }
  return { services, withOptional, texts }
}

function isSameIn(section: Section, one: ServiceReport, other: ServiceReport): boolean {
  return one === other || section.isSame(one, other)
}

/** `parts`: of each service, by place; those that are `null` have no samples. */
function renderFamily(family: Family<unknown>, parts: readonly unknown[], identities: readonly string[]): string {
  let text = ''
  for (let place = 0; place < parts.length; place += 1) {
    if (parts[place] !== null) text += renderSamples(family, parts[place], identities[place] ?? '')
  }
  return text
}

/** Where the runs begin: at each service whose name's checksum says so, whatever its neighbours. */
function startsOf(services: readonly ServiceReport[]): readonly number[] {
  const isStart = (service: ServiceReport) => crc32(targetKey(service)) % RUN_LENGTH === 0
  return [...services.keys()].filter(index => index === 0 || isStart(services[index] as ServiceReport))
}

function haveSameNames(one: readonly ServiceReport[], other: readonly ServiceReport[]): boolean {
  if (one.length !== other.length) return false
  for (let place = 0; place < one.length; place += 1) {
    const [first, second] = [one[place], other[place]]
    if (first === second) continue
    if (first?.service !== second?.service || first?.namespace !== second?.namespace) return false
  }
  return true
}

/** Whether a list has exactly these objects between two places. */
function isStretch<Item>(items: readonly Item[], list: readonly Item[], start: number, end: number): boolean {
  if (items.length !== end - start) return false
  for (let place = start; place < end; place += 1) if (items[place - start] !== list[place]) return false
  return true
}
