import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig, type User } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { valueAt } from '../../text/json.ts'

/** The variables that tell where the cluster is; `KUBERNETES_SERVICE_HOST` is there in every pod. */
export interface KubeEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined
  readonly KUBECONFIG?: string | undefined
  readonly HOME?: string | undefined
}

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * The configuration of the service account in a cluster, else of `KUBECONFIG`, else of `~/.kube/config`.
 *
 * Throws where there is none, or it cannot be read; the message names the file.
 */
export function loadKubeConfig({ KUBERNETES_SERVICE_HOST, KUBECONFIG, HOME }: KubeEnvironment): KubeConfig {
  if (KUBERNETES_SERVICE_HOST !== undefined && existsSync(TOKEN_FILE)) {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromCluster()
    return kubeConfig
  }
  const listed = (KUBECONFIG ?? '').split(delimiter).filter(path => path !== '')
  const ofHome = HOME === undefined ? [] : [join(HOME, '.kube', 'config')].filter(path => existsSync(path))
  const named = listed.length > 0 ? listed : ofHome
  const [first, ...others] = named.map(loadFile)
  if (first === undefined) {
    throw new Error(
      'no Kubernetes configuration: not in a cluster, KUBECONFIG is not set, ~/.kube/config is not there; ' +
        'set KUBECONFIG, or WORKLOAD_SOURCE=file with WORKLOADS_FILE'
    )
  }
  // As kubectl does: the first file that sets the current context wins.
  for (const other of others) first.mergeConfig(other, Boolean(first.currentContext))
  if (first.getCurrentCluster() === null) throw new Error(`${named.join(delimiter)}: no current context with a cluster`)
  return first
}

function loadFile(path: string): KubeConfig {
  try {
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromFile(path)
    const written = valueAt(parse(readFileSync(path, 'utf8')), 'users')
    const users = Array.isArray(written) ? written : []
    kubeConfig.users = kubeConfig.users.map(user => {
      const own = users.find(entry => valueAt(entry, 'name') === user.name)
      return withTokenFile(user, { tokenFile: valueAt(own, 'user', 'tokenFile'), folder: dirname(path) })
    })
    return kubeConfig
  } catch (cause) {
    throw new Error(`${path}${describeMistake(cause)}`)
  }
}

// Neither the parsers' own words, which quote the lines around a mistake, nor them as a cause: there are secrets in them.
function describeMistake(error: unknown): string {
  const line = valueAt(error, 'mark', 'line')
  if (typeof line === 'number') return `:${line + 1}: not valid YAML`
  const isOwn = error instanceof Error && (error.constructor === Error || 'errno' in error)
  return isOwn && !error.message.includes('\n') ? `: ${error.message}` : ': not valid YAML'
}

/** client-node 2 does not know `tokenFile` in a kubeconfig; Kubernetes has it go before `token`. */
function withTokenFile(user: User, { tokenFile, folder }: { tokenFile: unknown; folder: string }): User {
  if (typeof tokenFile !== 'string') return user
  const { token: _, ...others } = user
  return { ...others, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } }
}
