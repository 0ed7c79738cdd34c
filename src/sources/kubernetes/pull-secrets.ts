import pLimit from 'p-limit'
import { seen, unseen } from '../../domain/observation.ts'
import type { ReadPullSecret } from '../../domain/ports.ts'
import { textAt, valueAt } from '../../text/json.ts'
import { type ClusterOptions, createClusterClient } from './cluster-client.ts'
import { ApiError, describeFailure, refusalOf } from './failure.ts'
import { acceptOf } from './representation.ts'

export interface PullSecretReader {
  readonly read: ReadPullSecret
  /** Ends what is under way. */
  close(): void
}

type Answer = Awaited<ReturnType<ReadPullSecret>>

const AT_ONCE = 4

/** Reads the Secrets that pods pull images with, each by its name, which needs only `get`. Keeps nothing of them. */
export function createPullSecretReader(options: ClusterOptions): PullSecretReader {
  const stopped = new AbortController()
  const { signal } = stopped
  const client = createClusterClient(options, signal)
  const inTurn = pLimit(AT_ONCE)
  const read: ReadPullSecret = async (namespace, name) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`
    try {
      const secret = await client.getJson({ path, accept: acceptOf('object', 'list') }, signal)
      if (valueAt(secret, 'kind') !== 'Secret') throw new ApiError({ kind: 'not_kubernetes' })
      return dockerConfigIn(secret)
    } catch (error) {
      return unread(error, { namespace, name })
    }
  }
  return {
    read: (namespace, name) => inTurn(() => read(namespace, name)),
    close: () => stopped.abort()
  }
}

/** Goes by the type, whatever else the Secret holds: a workload could name any Secret of its namespace. */
function dockerConfigIn(secret: unknown): Answer {
  const text = (key: string) => Buffer.from(textAt(secret, 'data', key), 'base64').toString()
  switch (valueAt(secret, 'type')) {
    case 'kubernetes.io/dockerconfigjson':
      return seen(text('.dockerconfigjson'))
    // The format of Docker before 1.7: what is below `auths` today.
    case 'kubernetes.io/dockercfg':
      return seen(`{"auths":${text('.dockercfg')}}`)
    default:
      return unseen('invalid', 'it is not of the type kubernetes.io/dockerconfigjson')
  }
}

function unread(error: unknown, { namespace, name }: { namespace: string; name: string }): Answer {
  const refusal = refusalOf(error)
  if (refusal === 'not_found') return unseen('not_found', 'there is no such Secret')
  if (refusal === 'forbidden') {
    return unseen(
      'forbidden',
      `no permission to read it: grant get on secrets with the resourceName ${name} in namespace ${namespace}`
    )
  }
  const { message } = describeFailure(error, { verb: 'list', collection: { resource: 'secrets', namespace } })
  return unseen('unreachable', `could not be read: ${message}`)
}
