import type { ApiClient } from '../../../src/sources/kubernetes/api-client.ts'

/** What a list answers, or fails with. */
type ListStep = () => unknown
/** What a watch sends, piece by piece, until it ends or fails. */
type WatchStep = () => Iterable<string>

/** A client that answers as a test wrote it, in order; `onEnd` is called for what was asked after the last answer. */
export interface ScriptedClient extends ApiClient {
  /** `list` or `watch`, and the path with its query. */
  readonly asked: readonly { readonly verb: 'list' | 'watch'; readonly path: string; readonly accept: string }[]
}

export interface Script {
  readonly lists?: readonly ListStep[]
  readonly watches?: readonly WatchStep[]
  readonly onEnd?: () => void
}

export function scriptedClient({ lists = [], watches = [], onEnd = () => {} }: Script): ScriptedClient {
  const asked: ScriptedClient['asked'][number][] = []
  const listSteps = [...lists]
  const watchSteps = [...watches]
  const end = (): never => {
    onEnd()
    throw new Error('nothing more is written')
  }
  return {
    asked,
    getJson: async request => {
      const step = listSteps.shift()
      if (step === undefined) return end()
      asked.push({ verb: 'list', ...request })
      return step()
    },
    async *stream(request) {
      const step = watchSteps.shift()
      if (step === undefined) return end()
      asked.push({ verb: 'watch', ...request })
      yield* step()
    }
  }
}

/** A page of a list; `next` is its continue token. */
export function page(
  items: unknown,
  { next, resourceVersion = '1' }: { next?: string; resourceVersion?: string } = {}
) {
  return { metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) }, items }
}

/** An object as small as a list gives it. */
export function named(name: string, fields: object = {}) {
  return { metadata: { namespace: 'shop', name }, ...fields }
}
