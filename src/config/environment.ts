import type { Static } from 'typebox'
import * as Type from 'typebox'
import { RUNBOOKS } from '../domain/links.ts'
import { VERSION_MATCHES } from '../domain/target.ts'
import { LOG_CHECKS } from '../logging/check-log.ts'
import { LOG_LEVELS } from '../logging/logger.ts'
import {
  duration,
  foreign,
  hosts,
  integer,
  listenHost,
  namespaces,
  oneOf,
  optional,
  optionalDuration,
  optionalUrl,
  shard,
  text,
  toggle,
  url,
  type VariableSchema
} from './variable-types.ts'

/** The environment: types, defaults and meanings. Help, docs and checks of the variables are made from this. */
export const ENVIRONMENT = Type.Object(
  {
    HOST: listenHost('address to listen on; empty: every interface, IPv6 too'),
    PORT: integer({ minimum: 0, maximum: 65535 }, 9877, 'port to listen on; 0 picks a free one and logs it'),
    CHECK_MODE: oneOf(
      ['interval', 'scrape'],
      'interval',
      "`interval`: a cycle every CHECK_INTERVAL; `scrape`: a cycle on each scrape, bounded by the scrape's timeout"
    ),
    CHECK_INTERVAL: duration(
      '20s',
      'time from the start of one cycle to the start of the next; a longer cycle delays the next'
    ),
    CHECK_TIMEOUT: duration('10s', 'time limit of one probe, from connect to last byte'),
    CHECK_DEADLINE: duration(
      '25s',
      'time limit of a whole `check`; a target that has not answered by then is a `timeout`'
    ),
    CHECK_CONCURRENCY: integer({ minimum: 1, maximum: 65535 }, 256, 'how many probes run at once'),
    WORKLOAD_SOURCE: oneOf(
      ['kubernetes', 'file', 'docker'],
      'kubernetes',
      'where workloads come from: `kubernetes`, its API, in a cluster with the service account, else with KUBECONFIG or ' +
        '`~/.kube/config`; `file`, manifests; `docker`, the containers of a Docker host'
    ),
    WATCH_NAMESPACES: namespaces('for `kubernetes`: namespaces to watch, separated by commas; empty: all'),
    WATCH_PODS: toggle(
      false,
      'for `kubernetes`: also read pods, ReplicaSets, ControllerRevisions and the architecture of nodes (needs rights on ' +
        'them), to see which digests run, which pods have different images, what to go back to and what each pod reports'
    ),
    ROLLOUT_DEADLINE: duration(
      '10m',
      'how long a rollout may make no progress, for workloads without a deadline of their own'
    ),
    WORKLOADS_FILE: optional(
      'a path',
      'for `file`: Kubernetes manifests, YAML or JSON, as `kubectl get deploy -o yaml` prints them; read again when they change'
    ),
    DOCKER_HOST: foreign(
      'unix:///var/run/docker.sock',
      'for `docker`: the Docker Engine, or Podman: `unix:///PATH` or `tcp://HOST:PORT`'
    ),
    DOCKER_CERT_PATH: optional(
      'a path',
      'for `docker` over TCP: folder with ca.pem, cert.pem and key.pem; turns TLS on; empty, while DOCKER_TLS_VERIFY is ' +
        'set: `~/.docker`'
    ),
    DOCKER_TLS_VERIFY: optional(
      'any text',
      "for `docker` over TCP: any text, even `0`, turns TLS on, and the engine's certificate must be signed by ca.pem; " +
        'empty: the certificate is not checked'
    ),
    TARGETS_FILE: optional('a path', 'targets, YAML or JSON; read again when it changes'),
    RELEASES_DIR: optional(
      'a path',
      'folder of release manifests: `current/manifest.json` for all services, or `SERVICE/current/manifest.json`; ' +
        '`current` is a symlink, and the guard notices when it is switched'
    ),
    HELM_RELEASES: toggle(
      false,
      "for `kubernetes`: also read the metadata of Helm's release records (needs the right to list Secrets, which " +
        'RBAC can only grant for all Secrets of a namespace)'
    ),
    HELM_DEADLINE: duration(
      '15m',
      'how long a Helm release may stay pending or uninstalling, for example while Helm waits; for workloads without a deadline of their own'
    ),
    DISCOVERY: oneOf(
      ['true', 'all', 'false'],
      'true',
      "`true`: also take services from workloads' annotations; `all`: every workload in the watched namespaces that has " +
        'not opted out; `false`: neither'
    ),
    VERSION_MATCH: oneOf(
      VERSION_MATCHES,
      'exact',
      '`exact`; `semver`: a leading `v` and build metadata are ignored; `git-sha`: the SHA in the tag and the reported ' +
        'SHA start with the same digits'
    ),
    ENDPOINT_ALLOW: optional(
      'a list of host patterns and CIDRs; write it as *.keybuzz.io,10.0.0.0/8',
      'where annotated endpoints, pods and redirects to another host may lead: host patterns and CIDRs, separated by commas; ' +
        'empty: anything but loopback, link-local and metadata addresses'
    ),
    ENDPOINT_CA_FILE: optional(
      'a path',
      'additional trusted CA certificates for endpoints, PEM; read again when it changes'
    ),
    IMAGE_UPDATES: oneOf(
      ['off', 'opt-in', 'all'],
      'off',
      'which images are compared with their registries: none, those of workloads with the annotation image-updates: "true", ' +
        'or all that have not opted out'
    ),
    IMAGE_CHECK_SCHEDULE: text(
      'a cron pattern',
      '0 0 3 * * *',
      'when all images are checked: a cron pattern with six fields, seconds first; new images are checked within seconds'
    ),
    IMAGE_CHECK_TIMEZONE: text('a time zone', 'UTC', 'the time zone of IMAGE_CHECK_SCHEDULE'),
    IMAGE_CHECK_INTERVAL: optionalDuration(
      'instead of the schedule: time between two checks of all images; a random part of it, up to a tenth, is left out'
    ),
    REGISTRY_AUTH_FILE: optional(
      'a path',
      'credentials for registries: a docker config with `auths`, as in a Secret of type dockerconfigjson; read again when it changes'
    ),
    IMAGE_PULL_SECRETS: toggle(
      false,
      'for `kubernetes`: also use the imagePullSecrets of pod templates to read images, each in its own namespace (needs ' +
        'the right to get these Secrets by name)'
    ),
    REGISTRY_REALMS: hosts(
      'token servers that may see the credentials of a registry on another domain: host or host:port, separated by commas'
    ),
    REGISTRY_INSECURE: hosts('registries to ask without TLS: host or host:port, separated by commas'),
    REGISTRY_BUDGET: integer(
      { minimum: 1, maximum: 100_000 },
      300,
      'the most requests a minute to each registry, including its token server'
    ),
    GATE_CONFIG: optional(
      'a path',
      'the gate file: `serve` then runs it every GATE_INTERVAL, without its drills; read again when it changes'
    ),
    GATE_INTERVAL: duration('5m', 'time from the start of one gate run to the start of the next'),
    WEB_CONFIG_FILE: optional(
      'a path',
      "TLS, passwords and headers of the listener, in the format of Prometheus' exporter-toolkit; read again when it changes"
    ),
    RUNBOOK_URL: url(
      RUNBOOKS,
      'folder of the runbooks that the pages link to; the name of an alert and `.md` are added to its path'
    ),
    DASHBOARD_URL: optionalUrl(
      'a Grafana dashboard that the pages link to; `var-namespace` and `var-service` are added to its query; empty: no link'
    ),
    SERIES_LIMIT: integer(
      { minimum: 100, maximum: 10_000_000 },
      500_000,
      'the most series of targets in `/metrics`, about 45 for each target; beyond it whole targets are left out, with a warning'
    ),
    LOG_LEVEL: oneOf(LOG_LEVELS, 'info', `the lowest level to log: ${LOG_LEVELS.join(', ')}`),
    LOG_DIR: optional('a path', 'folder: also write the daily JSONL files there'),
    LOG_CHECKS: oneOf(
      LOG_CHECKS,
      'changes',
      "which checks `serve` prints: `changes` of a target's status, or `all`; the daily files get every check"
    ),
    SHARD: shard(
      '0',
      "which part of the targets this instance checks: a number below TOTAL_SHARDS, or the name of a StatefulSet's pod, " +
        'which ends in one'
    ),
    TOTAL_SHARDS: integer({ minimum: 1, maximum: 100 }, 1, 'how many parts the targets are split into')
  },
  { additionalProperties: false }
)

/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables after validation: typed, with their defaults, and no others. */
export type Variables = Static<typeof ENVIRONMENT>

/** Variables that other programs read, too, in upper and lower case: those of proxies (`proxy-environment.ts`). */
export const USUAL_VARIABLES: ReadonlyMap<string, Pick<VariableSchema, 'description' | 'default'>> = new Map([
  [
    'HTTP_PROXY',
    {
      description:
        'the proxy for `http:` addresses, as Go and urllib read it, in upper or lower case; used for an annotated ' +
        'endpoint only if ENDPOINT_ALLOW names its host'
    }
  ],
  [
    'HTTPS_PROXY',
    {
      description:
        'the same for `https:`, and for the API server; no other variable names a proxy, and SOCKS is not supported'
    }
  ],
  ['NO_PROXY', { description: 'hosts, domains and CIDRs to reach without a proxy, separated by commas' }]
])

/** The description of each of our own variables, in the order of the help. */
export const VARIABLES: ReadonlyMap<string, VariableSchema> = new Map(
  Object.entries<object>(ENVIRONMENT.properties).map(([name, schema]) => [name, schema as VariableSchema])
)
