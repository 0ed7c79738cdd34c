import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { ApiError } from './failure.ts'

/** How to reach the API server and as whom. */
export interface Access {
  /** Without a slash at its end; may have a path. */
  readonly server: string
  readonly options: RequestOptions
  /** Call it when the server did not take these: they are read anew for the next request. */
  readonly doubt: () => void
}

/** However often requests fail: an exec plugin is a process, and reading costs. */
const LEAST_AGE_MS = 1_000

/**
 * Reads the configuration and asks it for credentials, before each request.
 *
 * client-node keeps tokens for a minute of the wall clock, the CA and certificates for ever, so whenever the server
 * does not take them, the whole configuration is loaded again.
 */
export function createAccess(loadKubeConfig: () => KubeConfig): () => Promise<Access> {
  let loaded: { readonly kubeConfig: KubeConfig; readonly at: number; isDoubted: boolean } | undefined
  let failed: { readonly error: ApiError; readonly at: number } | undefined
  let underWay: Promise<Access> | undefined

  const read = async (): Promise<Access> => {
    if (failed !== undefined && performance.now() - failed.at < LEAST_AGE_MS) throw failed.error
    try {
      if (loaded?.isDoubted && performance.now() - loaded.at >= LEAST_AGE_MS) loaded = undefined
      loaded ??= { kubeConfig: loadKubeConfig(), at: performance.now(), isDoubted: false }
      const used = loaded
      const server = used.kubeConfig.getCurrentCluster()?.server
      if (server === undefined) throw new Error('no current cluster in the Kubernetes configuration')
      const options: RequestOptions = {}
      await used.kubeConfig.applyToHTTPSOptions(options)
      const doubt = (): void => {
        used.isDoubted = true
      }
      return { server: server.replace(/\/+$/, ''), options: withTrimmedHeaders(options), doubt }
    } catch (cause) {
      loaded = undefined
      failed = { error: new ApiError({ kind: 'credentials' }, cause), at: performance.now() }
      throw failed.error
    }
  }

  // Shared by those who ask at the same time: an exec plugin runs once for them all.
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

/** A token file may end in a line break, which a header must not. */
function withTrimmedHeaders(options: RequestOptions): RequestOptions {
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.trim() : value
    ])
  )
  return { ...options, headers }
}
