import { crc32 } from 'node:zlib'
import { isExposed, type Report, type ServiceReport } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { inSlices } from '../event-loop.ts'
import { escapeLabel, type Family, renderHead, renderSamples } from './family.ts'
import { type DeflatedText, deflate } from './gzip-member.ts'
import { isSame, isSamePart } from './section.ts'
import { SERVICE_FAMILIES, SERVICE_SECTIONS } from './service-families.ts'

/** Services that stand one after the other, and their text of each family. */
interface Run {
  readonly services: readonly ServiceReport[]
  readonly texts: readonly DeflatedText[]
}

// Services in a run, on average: what one change renders again.
const RUN_LENGTH = 64

/**
 * Renders the gauges of all services that are exposed, one family after the other as the format wants it, in pieces. All
 * are gauges, whose text is the same in both formats.
 *
 * Only what changed is rendered and compressed again, and nothing is kept plain. Services are cut into runs at certain
 * names, so that one that comes or goes moves no other to another run; of a run, a family that reads what is the same keeps
 * its text.
 */
export function createServiceText(): (report: Report) => Promise<readonly DeflatedText[]> {
  const heads = SERVICE_FAMILIES.map(family => deflate(renderHead(family, 'text')))
  let runs: ReadonlyMap<string, Run> = new Map()
  let last: { readonly services: readonly ServiceReport[]; readonly starts: readonly number[] } = {
    services: [],
    starts: []
  }

  return async report => {
    const next = new Map<string, Run>()
    const isAll = report.leftOut === null && report.tooNew.size === 0
    const exposed = isAll ? report.services : report.services.filter(service => isExposed(report, service))
    const withOptional = report.leftOut === null
    const starts = haveSameNames(last.services, exposed) ? last.starts : startsOf(exposed)
    last = { services: exposed, starts }
    await inSlices(starts.entries(), ([position, start]) => {
      const services = exposed.slice(start, starts[position + 1])
      const first = services[0] as ServiceReport
      const key = `${withOptional} ${targetKey(first)}`
      const before = runs.get(key)
      next.set(
        key,
        before !== undefined && isSame(before.services, services) ? before : render(services, withOptional, before)
      )
    })
    runs = next
    const all = [...next.values()]
    return heads.flatMap((head, index) => [head, ...all.map(({ texts }) => texts[index] as DeflatedText)])
  }
}

function render(services: readonly ServiceReport[], withOptional: boolean, before: Run | undefined): Run {
  const identities = services.map(
    ({ namespace, service }) => `namespace="${escapeLabel(namespace)}",service="${escapeLabel(service)}"`
  )
  const known = before !== undefined && haveSameNames(before.services, services) ? before : undefined
  const texts: DeflatedText[] = []
  for (const section of SERVICE_SECTIONS) {
    const { part, families } = section
    const end = texts.length + families.length
    if (known?.services.every((service, place) => isSamePart(section, service, services[place] as ServiceReport))) {
      texts.push(...known.texts.slice(texts.length, end))
      continue
    }
    const parts = services.map(part)
    for (const family of families) {
      const text = family.isOptional === true && !withOptional ? '' : renderFamily(family, parts, identities)
      texts.push(deflate(text))
    }
  }
  return { services, texts }
}

/** `parts`: of each service, by place; those that are `null` have no samples. */
function renderFamily(family: Family<unknown>, parts: readonly unknown[], identities: readonly string[]): string {
  let text = ''
  for (let place = 0; place < parts.length; place += 1) {
    if (parts[place] !== null) text += renderSamples(family, parts[place], identities[place] ?? '')
  }
  return text
}

/** Where the runs begin: at each service whose name says so, whatever stands around it. */
function startsOf(services: readonly ServiceReport[]): readonly number[] {
  const isStart = (service: ServiceReport) => crc32(targetKey(service)) % RUN_LENGTH === 0
  return [...services.keys()].filter(index => index === 0 || isStart(services[index] as ServiceReport))
}

function haveSameNames(one: readonly ServiceReport[], other: readonly ServiceReport[]): boolean {
  return (
    one.length === other.length &&
    one.every((service, index) => {
      const second = other[index]
      return service === second || (service.service === second?.service && service.namespace === second.namespace)
    })
  )
}
