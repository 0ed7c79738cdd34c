import { CONTAINER_ANNOTATIONS } from '../../domain/annotations.ts'
import { type Observed, seen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import type { TagRules } from './newer-tags.ts'
import { compileTagPattern } from './tag-pattern.ts'
import { parseVersionRange } from './version-range.ts'

/** `IMAGE_UPDATES`: no images, images that opted in, or all images that did not opt out. */
export type ImageUpdatesMode = 'off' | 'opt-in' | 'all'

/** What the annotations of a workload say about one container. */
interface ImageRules {
  readonly isWatched: boolean
  /** Unseen: an annotation is invalid. */
  readonly tags: Observed<TagRules, 'invalid'>
  /** `os/architecture[/variant]`; `null`: not annotated. */
  readonly platform: string | null
}

export interface WorkloadImageRules {
  /** By container name. */
  readonly rules: ReadonlyMap<string, ImageRules>
  /** Mistakes in the annotations, one line each. */
  readonly problems: readonly string[]
}

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/
// Kubernetes' limit for an annotation's name, after the prefix and the slash.
const LONGEST_NAME = 63

/**
 * Reads the annotations `image-updates`, `tag-pattern`, `semver-range` and `platform`. Each is for all containers of a
 * workload, or for one when `.CONTAINER` follows. `annotations` come without our prefix.
 */
export function readImageRules(
  annotations: Readonly<Record<string, string>>,
  containers: readonly string[],
  mode: ImageUpdatesMode
): WorkloadImageRules {
  const problems: string[] = []
  const rules = new Map<string, ImageRules>()
  for (const container of containers) {
    const find = (name: (typeof CONTAINER_ANNOTATIONS)[number]) =>
      annotations[`${name}.${container}`] ?? annotations[name] ?? null
    const updates = find('image-updates')
    const platform = find('platform')
    if (updates !== null && !['true', 'false'].includes(updates)) {
      problems.push(`image-updates of container ${shown(container)} is "${shown(updates)}": it takes true or false`)
    }
    const isPlatform = platform === null || PLATFORM.test(platform)
    if (!isPlatform) {
      problems.push(
        `platform of container ${shown(container)} is "${shown(platform)}": it takes linux/amd64, linux/arm/v7 and the like`
      )
    }
    rules.set(container, {
      isWatched: mode === 'all' ? updates !== 'false' : mode === 'opt-in' && updates === 'true',
      tags: readTagRules(find('tag-pattern'), find('semver-range')),
      platform: isPlatform ? platform : null
    })
  }
  return { rules, problems: [...problems, ...misnamed(annotations, containers)] }
}

function readTagRules(patternText: string | null, rangeText: string | null): Observed<TagRules, 'invalid'> {
  const pattern = patternText === null ? seen(null) : compileTagPattern(patternText)
  if (!pattern.seen) return pattern
  const range = rangeText === null ? seen(null) : parseVersionRange(rangeText)
  return range.seen ? seen({ pattern: pattern.value, range: range.value }) : range
}

function misnamed(annotations: Readonly<Record<string, string>>, containers: readonly string[]): readonly string[] {
  const used = Object.keys(annotations).filter(key =>
    CONTAINER_ANNOTATIONS.some(name => key === name || key.startsWith(`${name}.`))
  )
  const astray = used.filter(key => key.includes('.') && !containers.includes(key.slice(key.indexOf('.') + 1)))
  const tooLong = used.length === 0 || containers.length === 1 ? [] : containers
  return [
    ...astray.map(key => `${shown(key)} names no container; the containers are: ${containers.map(shown).join(', ')}`),
    ...tooLong.flatMap(container => {
      const names = CONTAINER_ANNOTATIONS.filter(name => `${name}.${container}`.length > LONGEST_NAME)
      const words = `container ${shown(container)} can have no ${names.join(', ')} of its own: the name is too long`
      return names.length === 0 ? [] : [words]
    })
  ]
}
