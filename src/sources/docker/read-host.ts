import pLimit from 'p-limit'
import type { SourceProblem } from '../../domain/ports.ts'
import { KEPT_LENGTH } from '../../domain/workload.ts'
import { copyOf } from '../../text/copy-of.ts'
import { textAt } from '../../text/json.ts'
import type { EngineClient, EnginePath } from './engine-client.ts'
import { describeFailure, EngineError, isTimeout, statusOf } from './failure.ts'
import { type EngineContainer, toContainer } from './to-container.ts'
import { type EngineImage, toImage, withEarlierDigests } from './to-image.ts'

/** What a Docker host runs at one moment. */
export interface HostFacts {
  readonly containers: readonly NamedContainer[]
  /** By their ids; what could not be read is missing. */
  readonly images: ReadonlyMap<string, EngineImage>
  /** What could not be read although the list could. */
  readonly problems: readonly SourceProblem[]
}

export interface NamedContainer extends EngineContainer {
  /** As it was written, an id in full; `null`: it could not be read, for the reason `unread`. */
  readonly image: string | null
  /** Empty: nothing is unread. */
  readonly unread: string
}

export interface HostReaderParts {
  readonly client: EngineClient
  /** For messages, as `DOCKER_HOST` has it. */
  readonly engine: string
}

/** `areImagesOld`: images are read again, because a pull may have given them more digests. Fails as the client does. */
export type ReadHost = (areImagesOld: boolean, signal: AbortSignal) => Promise<HostFacts>

/** Gives an `EngineError` if it could not be read. */
type Inspect = (path: EnginePath) => Promise<unknown>

const AT_ONCE = 4
// Fewer digits may well be a name: there are images called `cafe`.
const PART_OF_ID = /^(?:sha256:)?([0-9a-f]{6,64})$/

/**
 * Lists the containers, and inspects what the list leaves out: the name of an image whose tag has moved on, once for
 * each container, and the digests of each image.
 */
export function createHostReader({ client, engine }: HostReaderParts): ReadHost {
  const inTurn = pLimit(AT_ONCE)
  let names = new Map<string, string>()
  let images = new Map<string, EngineImage>()
  // Each list asks for them again, or their problem would seem to be over while old images are kept.
  let unansweredImages: ReadonlySet<string> = new Set()

  /**
   * Inspects for one list. `null`: it is gone by now. A refusal keeps only one inspection from being read, and so does one
   * that the engine never answers, as when a container's storage hangs. What has not begun by then waits for the next list.
   */
  function createInspector(signal: AbortSignal): Inspect {
    let late: unknown
    return async path => {
      try {
        return await inTurn(() => late ?? client.getJson(path, signal))
      } catch (error) {
        if (statusOf(error) === 404) return null
        if (isTimeout(error)) late = error
        if (isTimeout(error) || statusOf(error) !== null) return error
        throw error
      }
    }
  }

  /** `null`: the container is gone by now. */
  async function nameImage(container: EngineContainer, inspect: Inspect): Promise<NamedContainer | null> {
    const image = container.image ?? names.get(container.id) ?? null
    if (image !== null) return { ...container, image: withWholeId(image, container), unread: '' }
    const inspection = await inspect(`/containers/${container.id}/json`)
    if (inspection === null) return null
    if (inspection instanceof EngineError) {
      return { ...container, image, unread: describeFailure(inspection, engine) }
    }
    const name = copyOf(textAt(inspection, 'Config', 'Image').slice(0, KEPT_LENGTH))
    return { ...container, image: withWholeId(name, container), unread: '' }
  }

  return async (areImagesOld, signal) => {
    const list = await client.getJson('/containers/json', signal)
    if (!Array.isArray(list)) throw new EngineError({ kind: 'not_docker' }, '/containers/json')
    const listed = list.flatMap(item => toContainer(item) ?? [])
    const inspectContainer = createInspector(signal)
    const named = await Promise.all(listed.map(container => nameImage(container, inspectContainer)))
    const containers = named.filter(container => container !== null)
    names = new Map(containers.flatMap(({ id, image }) => (image === null ? [] : [[id, image]])))

    const ids = [...new Set(containers.filter(({ isRunning }) => isRunning).map(({ imageId }) => imageId))]
    const refused = new Map<string, string>()
    // Once there is no time left, whatever took it keeps the images away as well.
    const inspectImage = signal.aborted ? inspectContainer : createInspector(signal)
    const inspected = await Promise.all(
      ids.map(async id => {
        const known = areImagesOld || id === '' || unansweredImages.has(id) ? undefined : images.get(id)
        const inspection = known === undefined && id !== '' ? await inspectImage(`/images/${id}/json`) : null
        if (inspection instanceof EngineError) refused.set(id, describeFailure(inspection, engine))
        const isRead = inspection !== null && !(inspection instanceof EngineError)
        const earlier = images.get(id)
        return [id, known ?? (isRead ? withEarlierDigests(toImage(inspection), earlier) : earlier)] as const
      })
    )
    images = new Map(inspected.flatMap(([id, image]) => (image === undefined ? [] : [[id, image]])))
    unansweredImages = new Set(refused.keys())
    const unread = new Set(containers.map(container => container.unread).filter(words => words !== ''))
    return {
      containers,
      images,
      problems: [
        ...[...unread].map(message => ({ message, withholds: 'workloads' as const })),
        ...[...new Set(refused.values())].map(message => ({ message, withholds: 'pods' as const }))
      ]
    }
  }
}

// Part of an image's id would pass for a reference: `0f8d4e1e0212` for a repository, `sha256:0f8d4e1e` for one with a tag.
function withWholeId(image: string, { imageId }: Pick<EngineContainer, 'imageId'>): string {
  const [, hex] = PART_OF_ID.exec(image) ?? []
  return hex !== undefined && imageId.startsWith(`sha256:${hex}`) ? imageId : image
}
