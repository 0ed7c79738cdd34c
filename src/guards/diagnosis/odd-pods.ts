import { parseImageReference } from '../../domain/image-reference.ts'
import { shown } from '../../domain/text.ts'
import type { Scene } from './scene.ts'

/** A pod that is out of step. */
interface OddPod {
  readonly name: string
  /** What it does, to follow its name. */
  readonly does: string
  /** When it was created, ms since the epoch; `null`: not known. */
  readonly since: number | null
}

/** The pods that are out of step. */
export interface OddPods {
  /** Those whose names are known. */
  readonly named: readonly OddPod[]
  /** All of them, as far as they can be counted. */
  readonly count: number
}

/** The pods that differ, by their reports, then by the images that they run. */
export function findOddPods({ facts, version, mixture, deployed, pods }: Scene): OddPods {
  const made = new Map(facts.pods.seen ? facts.pods.value.map(({ name, createdAt }) => [shown(name), createdAt]) : [])
  const since = (name: string) => made.get(name) ?? null
  const answers = version?.evidence.pods?.pods ?? []
  const byReport = answers.flatMap(({ name, result, version, gitSha, message }): OddPod | [] => {
    // If none answers, the network is in the way.
    if (result === 'failed' && pods.reporters > 0) {
      return { name, does: `gives no report (${message})`, since: since(name) }
    }
    return result === 'differs' ? { name, does: `reports ${describe(version, gitSha)}`, since: since(name) } : []
  })
  const { tag = null, image: meant = '' } = deployed.seen ? deployed.value : {}
  const variants = mixture?.variants ?? []
  const byTag = variants.filter(({ image }) => parseImageReference(image)?.tag !== tag)
  // One tag with two digests, as Swarm writes them, or of two registries.
  const others = byTag.length > 0 ? byTag : variants.filter(({ image }) => image !== shown(meant))
  const reported = new Set(byReport.map(({ name }) => name))
  const byImage = others.flatMap(({ image, podNames }) =>
    podNames.flatMap(name => (reported.has(name) ? [] : { name, does: `runs ${image}`, since: since(name) }))
  )
  const named = [...byReport, ...byImage]
  // A variant names only a few of its pods.
  return { named, count: Math.max(named.length, ...others.map(({ pods }) => pods)) }
}

function describe(version: string | null, gitSha: string | null): string {
  const said = [version, gitSha === null ? null : `commit ${gitSha}`].filter(text => text !== null)
  return said.length === 0 ? 'no version' : said.join(', ')
}
