import type { Static } from 'typebox'
import * as Type from 'typebox'
import { isPodPath, POD_PATH_RULE, POD_SCHEMES } from '../domain/pod-reports.ts'
import { isObjectName } from '../domain/required-objects.ts'
import { isJsonPointer, isServiceName, SERVICE_NAME_RULE, VERSION_MATCHES } from '../domain/target.ts'
import { KUBERNETES_KINDS } from '../domain/workload.ts'
import { parseEndpoint } from '../probe/endpoint-url.ts'
import { CLOSED, oneOf, text, type ValueSchema } from './file-schema.ts'
import { isHeaderPrefix } from './headers.ts'
import {
  CONTAINER_RULE,
  DNS_LABEL_RULE,
  DNS_SUBDOMAIN_RULE,
  isContainerName,
  isDnsLabel,
  isProjectName,
  PROJECT_RULE
} from './names.ts'

const POINTER = Type.Optional(text(isJsonPointer, { takes: 'a JSON pointer, such as /build/version' }))
const ENDPOINT = text(isEndpoint, {
  takes: 'an address without a user or a password, http://HOST/PATH or https://HOST/PATH',
  secret: true
})

const PORTS = { minimum: 1, maximum: 65535, takes: 'a port from 1 to 65535' }
const PORT = Type.Integer(PORTS satisfies ValueSchema & object)

/** A header of a request, whose secret is in a file. */
export const HEADER = Type.Object(
  {
    prefix: Type.Optional(
      text(isHeaderPrefix, { takes: "the text before the secret, such as 'Bearer '", secret: true })
    ),
    file: text(isPath, { takes: 'the path of a file that holds only the secret', secret: true })
  },
  CLOSED
)

/** The names that the source of the workloads uses. */
const KUBERNETES_NAMES = {
  kind: oneOf(KUBERNETES_KINDS),
  namespace: text(isDnsLabel, { takes: DNS_LABEL_RULE }),
  workload: text(isObjectName, { takes: DNS_SUBDOMAIN_RULE }),
  container: text(isDnsLabel, { takes: DNS_LABEL_RULE })
}

const DOCKER_NAMES = {
  kind: oneOf(['Container']),
  namespace: text(isProjectName, { takes: PROJECT_RULE }),
  workload: text(isContainerName, { takes: CONTAINER_RULE }),
  container: text(isContainerName, { takes: CONTAINER_RULE })
}

// Editors do not know where workloads come from.
const NAMES_ANYWHERE = {
  kind: oneOf([...KUBERNETES_KINDS, 'Container']),
  namespace: eitherOf(DNS_LABEL_RULE, PROJECT_RULE),
  workload: eitherOf(DNS_SUBDOMAIN_RULE, CONTAINER_RULE),
  container: eitherOf(DNS_LABEL_RULE, CONTAINER_RULE)
}

type Names = typeof KUBERNETES_NAMES | typeof DOCKER_NAMES | typeof NAMES_ANYWHERE

function targetsOf<Of extends Names>({ kind, namespace, workload, container }: Of) {
  const target = Type.Object(
    {
      service: text(isServiceName, { takes: SERVICE_NAME_RULE }),
      namespace,
      // Without one, all guards but `version` guard the service.
      endpoint: Type.Optional(ENDPOINT),
      // Each pod of the workload is asked as well, at its own address.
      endpointScope: Type.Optional(oneOf(['pods'])),
      endpointPort: Type.Optional(PORT),
      endpointPath: Type.Optional(text(isPodPath, { takes: POD_PATH_RULE })),
      endpointScheme: Type.Optional(oneOf(POD_SCHEMES)),
      workload: Type.Optional(
        Type.Object(
          { kind: Type.Optional(kind), name: Type.Optional(workload), container: Type.Optional(container) },
          CLOSED
        )
      ),
      versionPointer: POINTER,
      gitShaPointer: POINTER,
      versionMatch: Type.Optional(oneOf(VERSION_MATCHES)),
      headers: Type.Optional(Type.Record(Type.String(), HEADER))
    },
    CLOSED
  )
  return Type.Object({ targets: Type.Array(target) }, CLOSED)
}

/** The shape of a targets file. */
export const TARGETS = targetsOf(KUBERNETES_NAMES)

/** The same for the containers of a Docker host. */
export const DOCKER_TARGETS = targetsOf(DOCKER_NAMES)

/** The same wherever workloads come from: as much as editors can check. */
export const TARGETS_ANYWHERE = targetsOf(NAMES_ANYWHERE)

/** As much of the shape as it takes to look for duplicates in a file with other faults. */
export const LIST = Type.Object({ targets: Type.Array(Type.Unknown()) })

/** As much of the shape as it takes to look at the headers' names. */
export const HEADERS = Type.Object({ headers: Type.Record(Type.String(), Type.Unknown()) })

/** What makes a target the same as another. */
export const IDENTITY = Type.Object({ service: Type.String(), namespace: Type.String() })

/** One target as written in the file. */
export type TargetEntry = Static<typeof TARGETS | typeof DOCKER_TARGETS>['targets'][number]

function eitherOf(kubernetesRule: string, dockerRule: string) {
  return text(isServiceName, { takes: `${kubernetesRule}; with Docker, ${dockerRule}` })
}

/** Whether a text can be the path of a file. */
export function isPath(text: string): boolean {
  return text.trim() !== '' && text.length <= 4096 && !/[\0\r\n]/.test(text)
}

function isEndpoint(text: string): boolean {
  return parseEndpoint(text).seen
}
