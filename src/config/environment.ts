import Type, { type Static } from 'typebox'
import { RUNBOOKS } from '../domain/links.ts'
import { VERSION_MATCHES } from '../domain/target.ts'
import { LOG_CHECKS } from '../logging/check-log.ts'
import { LOG_LEVELS } from '../logging/logger.ts'
import {
  duration,
  foreign,
  hosts,
  integer,
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

/** The environment: types, defaults and meanings. All that is told of the variables is made from this. */
export const ENVIRONMENT = Type.Object(
  {
    HOST: optional('an address', 'address to listen on; empty: every interface, IPv6 too'),
    PORT: integer({ minimum: 0, maximum: 65535 }, 9877, 'port to listen on; 0 picks a free one and logs it'),
    CHECK_MODE: oneOf(
      ['interval', 'scrape'],
      'interval',
      "`interval`: a cycle every CHECK_INTERVAL; `scrape`: a cycle on each scrape, bounded by the scrape's timeout"
    ),
    CHECK_INTERVAL: duration('20s', "from one cycle's start to the next's; a cycle that takes longer delays the next"),
    CHECK_TIMEOUT: duration('10s', 'the most one probe takes, connect to last byte'),
    CHECK_DEADLINE: duration('25s', 'the most a whole `check` takes; what has not answered by then is a `timeout`'),
    CHECK_CONCURRENCY: integer({ minimum: 1, maximum: 65535 }, 256, 'probes under way at once'),
    WORKLOAD_SOURCE: oneOf(
      ['kubernetes', 'file', 'docker'],
      'kubernetes',
      'where workloads come from: `kubernetes`, its API; `file`, manifests; `docker`, the containers of a Docker host'
    ),
    WATCH_NAMESPACES: namespaces('for `kubernetes`: namespaces to watch, by comma; empty: all'),
    WATCH_PODS: toggle(
      false,
      'for `kubernetes`: also read pods, ReplicaSets, ControllerRevisions and the architecture of nodes (needs rights on ' +
        'them): digests that run, pods of different images, what to go back to, what each pod reports'
    ),
    ROLLOUT_DEADLINE: duration(
      '10m',
      'how long a rollout may go without progress where the workload names no deadline'
    ),
    WORKLOADS_FILE: optional(
      'a path',
      'for `file`: Kubernetes manifests, YAML or JSON, as `kubectl get deploy -o yaml` prints; read again on a change'
    ),
    DOCKER_HOST: foreign(
      'unix:///var/run/docker.sock',
      'for `docker`: the Docker Engine, or Podman: `unix:///PATH` or `tcp://HOST:PORT`'
    ),
    DOCKER_CERT_PATH: optional(
      'a path',
      'for `docker` over TCP: folder with ca.pem, cert.pem and key.pem; turns TLS on; empty while DOCKER_TLS_VERIFY is ' +
        'set: `~/.docker`'
    ),
    DOCKER_TLS_VERIFY: optional(
      'any text',
      "for `docker` over TCP: any text, even `0`: turns TLS on, and the engine's certificate must be signed by ca.pem; " +
        'empty: its certificate is not checked'
    ),
    TARGETS_FILE: optional('a path', 'targets, YAML or JSON; read again on a change'),
    RELEASES_DIR: optional(
      'a path',
      'folder of release manifests: `current/manifest.json` for all services, or `SERVICE/current/manifest.json`; ' +
        '`current` is a symlink, followed as it is switched'
    ),
    HELM_RELEASES: toggle(
      false,
      "for `kubernetes`: also read Helm's release records, their metadata only (needs the right to list Secrets, which " +
        'RBAC can only grant for all Secrets of a namespace)'
    ),
    HELM_DEADLINE: duration(
      '15m',
      'how long a Helm release may be pending, as it is while Helm waits, where its workload names no deadline'
    ),
    DISCOVERY: oneOf(
      ['true', 'all', 'false'],
      'true',
      "`true`: also take services from workloads' annotations; `all`: every workload of the watched namespaces that has " +
        'not opted out; `false`'
    ),
    VERSION_MATCH: oneOf(
      VERSION_MATCHES,
      'exact',
      '`exact`; `semver`: a leading `v` and build metadata do not count; `git-sha`: the SHA in the tag and the reported ' +
        'SHA begin alike'
    ),
    ENDPOINT_ALLOW: optional(
      'a list of host patterns and CIDRs; write it as *.keybuzz.io,10.0.0.0/8',
      'what annotated endpoints, pods, and redirects to another host, may reach: host patterns and CIDRs, by comma; ' +
        'empty: anything but loopback, link-local and metadata addresses'
    ),
    ENDPOINT_CA_FILE: optional('a path', 'more trusted CA certificates for endpoints, PEM'),
    IMAGE_UPDATES: oneOf(
      ['off', 'opt-in', 'all'],
      'off',
      'which images are compared with their registries: none, those of workloads with the annotation image-updates: "true", ' +
        'or all that have not opted out'
    ),
    IMAGE_CHECK_SCHEDULE: text(
      'a cron pattern',
      '0 0 3 * * *',
      'when all images are checked: a cron pattern with six fields, seconds first; those that are new are checked within seconds'
    ),
    IMAGE_CHECK_TIMEZONE: text('a time zone', 'UTC', 'the time zone of IMAGE_CHECK_SCHEDULE'),
    IMAGE_CHECK_INTERVAL: optionalDuration(
      'instead of the schedule: from one check of all images to the next, up to a tenth sooner by chance'
    ),
    REGISTRY_AUTH_FILE: optional(
      'a path',
      'credentials of registries: a docker config with `auths`, as in a secret of the type dockerconfigjson; read again on a change'
    ),
    IMAGE_PULL_SECRETS: toggle(
      false,
      'for `kubernetes`: also read images with the imagePullSecrets of their pod template, each in its own namespace (needs ' +
        'the right to get these Secrets by name)'
    ),
    REGISTRY_REALMS: hosts(
      'token servers, by comma, that may see the credentials of a registry on another domain: host, or host:port'
    ),
    REGISTRY_INSECURE: hosts('registries, by comma, that are asked without TLS: host, or host:port'),
    REGISTRY_BUDGET: integer(
      { minimum: 1, maximum: 100_000 },
      300,
      'the most requests a minute for each registry, its token server included'
    ),
    GATE_CONFIG: optional(
      'a path',
      "the gate's file: `serve` then runs what it asks again and again, without its drills; read again on a change"
    ),
    GATE_INTERVAL: duration('5m', "from one run of the gate's start to the next's"),
    WEB_CONFIG_FILE: optional(
      'a path',
      "TLS, passwords and headers of the listener, in the format of Prometheus' exporter-toolkit; read again on a change"
    ),
    RUNBOOK_URL: url(
      RUNBOOKS,
      'folder of the runbooks that the pages link to; the name of an alert, with `.md` behind it, is joined to its path'
    ),
    DASHBOARD_URL: optionalUrl(
      'a Grafana dashboard that the pages link to; `var-namespace` and `var-service` are added to its query; empty: no link'
    ),
    SERIES_LIMIT: integer(
      { minimum: 100, maximum: 10_000_000 },
      500_000,
      'the most series of targets in `/metrics`, at about 45 a target; beyond it whole targets are left out, and said to be'
    ),
    LOG_LEVEL: oneOf(LOG_LEVELS, 'info', `the least level that is logged: ${LOG_LEVELS.join(', ')}`),
    LOG_DIR: optional('a path', 'folder: also write the daily JSONL files there'),
    LOG_CHECKS: oneOf(
      LOG_CHECKS,
      'changes',
      "which checks `serve` prints: `changes` of a target's status, or `all`; the daily files get every check"
    ),
    SHARD: shard(
      '0',
      "which part of the targets is this instance's: a number below TOTAL_SHARDS, or the name of a StatefulSet's pod, " +
        'whose number it takes'
    ),
    TOTAL_SHARDS: integer({ minimum: 1, maximum: 100 }, 1, 'into how many parts the targets are split')
  },
  { additionalProperties: false }
)

/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables after validation: typed, with their defaults, and no others. */
export type Variables = Static<typeof ENVIRONMENT>

/** Variables that other programs read as well, in upper and lower case: those of proxies (`proxy-environment.ts`). */
export const USUAL_VARIABLES: ReadonlyMap<string, Pick<VariableSchema, 'description' | 'default'>> = new Map([
  [
    'HTTP_PROXY',
    {
      description:
        'the proxy for addresses with `http:`, as Go and urllib read it, in upper or lower case; for an annotated ' +
        'endpoint only where ENDPOINT_ALLOW names its host'
    }
  ],
  ['HTTPS_PROXY', { description: 'the same for `https:`, and for the API server' }],
  ['NO_PROXY', { description: 'hosts, domains and CIDRs that are reached without a proxy, by comma' }]
])

/** What is told of each variable of ours, in the order in which it is told. */
export const VARIABLES: ReadonlyMap<string, VariableSchema> = new Map(
  Object.entries<object>(ENVIRONMENT.properties).map(([name, schema]) => [name, schema as VariableSchema])
)
