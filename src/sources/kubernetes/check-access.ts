import type { Clock } from '../../domain/ports.ts'
import { accepted, badInput, cannotRead, type Mistake, type Result, refused } from '../../text/mistake.ts'
import { asApiError, loadAccess } from './access.ts'
import { checkExecPlugin } from './exec-plugin.ts'
import { type KubeConfig, type KubeEnvironment, kubeConfigPlace, loadKubeConfig } from './kubeconfig.ts'

/** Describes a configuration that can be used. */
export interface CheckedAccess {
  /** The files, or the folder of the service account. */
  readonly place: string
  /** Such as `cluster "prod", user "guard"`. */
  readonly holds: string
}

// Never contacted: it stands in for a broken cluster, so that the user is checked as well.
const SOME_CLUSTER: KubeConfig['cluster'] = { title: '', folder: '', fields: { server: 'https://kubernetes.invalid' } }

/**
 * Checks whether the Kubernetes configuration makes sense, with the certificates, keys and tokens that it names. Asks
 * neither the server nor a credential plugin. `null`: there is none, and no variable says that there should be one.
 */
export async function checkAccess(environment: KubeEnvironment, clock: Clock): Promise<Result<CheckedAccess> | null> {
  const place = kubeConfigPlace(environment)
  if (place === null) return null
  const { signal } = new AbortController()
  const mistakesOf = (load: () => KubeConfig): Promise<readonly Mistake[]> =>
    loadAccess({ loadKubeConfig: load, environment, clock, signal, runPlugin: checkExecPlugin }).then(
      ({ access }) => {
        const why = access.explainUnauthorized()
        // Not without credentials: no plugin was asked, and a server may need none.
        return why?.failure.kind === 'credentials' ? [toMistake(why)] : []
      },
      error => [toMistake(error)]
    )
  try {
    const { cluster, user } = loadKubeConfig(environment)
    const ofCluster = await mistakesOf(() => ({ cluster, user: null }))
    const ofUser = await mistakesOf(() => ({ cluster: ofCluster.length === 0 ? cluster : SOME_CLUSTER, user }))
    const mistakes = [...ofCluster, ...ofUser]
    if (mistakes.length > 0) return refused(mistakes)
    const holds = [cluster, user].flatMap(entry => entry?.title ?? [])
    return accepted({ place, holds: [...new Set(holds)].join(', ') })
  } catch (error) {
    return refused([toMistake(error)])
  }
}

function toMistake(error: unknown): Mistake {
  const { failure } = asApiError(error)
  const message = 'message' in failure ? `KUBECONFIG: ${failure.message}` : `KUBECONFIG: ${failure.kind}`
  return failure.kind === 'configuration' && failure.isUnreadable === true ? cannotRead(message) : badInput(message)
}
