import { VARIABLES } from '../src/config/environment.ts'
import { TARGETS } from '../src/config/targets-schema.ts'
import { DURATION_FORMAT } from '../src/config/variable-types.ts'
import { WEB_CONFIG } from '../src/config/web-config/schema.ts'
import { GATE } from '../src/gate/config/gate-schema.ts'
import { type JsonSchema, KubernetesTypes } from './kubernetes-types.ts'
import { type ChartValue, readChartValues } from './values-file.ts'

/** Variables that `config` does not take, because the chart sets them itself, from the values named here. */
const SET_BY_CHART: Readonly<Record<string, string>> = {
  PORT: 'service.port',
  WATCH_NAMESPACES: 'namespaces',
  WATCH_PODS: 'pods.watch',
  TARGETS_FILE: 'targets',
  ENDPOINT_CA_FILE: 'endpointCa',
  WEB_CONFIG_FILE: 'webConfig',
  GATE_CONFIG: 'gate',
  GATE_INTERVAL: 'gate.interval',
  SHARD: 'shards',
  TOTAL_SHARDS: 'shards'
}

/** The variables that `config` takes. */
export const CONFIG_VARIABLES = new Map([...VARIABLES].filter(([name]) => !(name in SET_BY_CHART)))

/** values.schema.json: the keys are those of values.yaml; the schemas of the guard and of Kubernetes say what they take. */
export function renderValuesSchema(valuesYaml: string): string {
  const kubernetes = new KubernetesTypes()
  const special = specialSchemas(kubernetes)
  const root = groupOfValues()
  for (const value of readChartValues(valuesYaml)) place(root, value, special[value.path] ?? plainSchema(value))
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...root,
    // Helm passes `global` to every chart that is part of another, with whatever keys those charts want.
    properties: { ...root.properties, global: { ...root.properties.global, additionalProperties: true } },
    definitions: kubernetes.definitions
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** A map of values, such as `image`. */
interface GroupOfValues extends JsonSchema {
  readonly properties: Record<string, JsonSchema>
  readonly required: string[]
}

const STRING = { type: 'string' }
const STRINGS = { type: 'object', additionalProperties: STRING }
const DNS_LABEL = { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }
const DNS_NAME = { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }
const DNS_NAMES = { ...listOf(DNS_NAME), uniqueItems: true }
const DNS_PATTERNS = listOf({ type: 'string', maxLength: 253, pattern: '^([*][.])?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' })
const PORT = { type: 'integer', minimum: 1, maximum: 65535 }
/** Never empty: for Kubernetes, a rule without ports is a rule for all ports. */
const PORTS = { ...listOf(PORT), minItems: 1 }
const DURATION = '([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?'
// For Prometheus. What goes into a rule is one line, and cannot end a string there.
const WORD = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]*$' }
const METRIC = { type: 'string', pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$' }
const LABEL = { type: 'string', pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }
const LABELS_OF_RULES = {
  type: 'object',
  propertyNames: { pattern: LABEL.pattern },
  additionalProperties: STRING
}
const LABELS = { ...listOf(LABEL), minItems: 1 }
// It goes between backquotes in a Prometheus template.
const LINK = 'https?://[^\\s"\'`<>{}\\\\]+'
const EXPRESSION = { type: 'string', pattern: '^[^\\n]+$' }
const API_KEYS = ['job', 'service', 'namespace']
// gateway.networking.k8s.io/v1.
const PARENT_REF = closed({
  group: STRING,
  kind: STRING,
  name: STRING,
  namespace: STRING,
  sectionName: STRING,
  port: PORT
})
const ANY_OBJECT = { type: 'object' }
const SECRET_KEY = closed({ name: STRING, key: STRING, optional: { type: 'boolean' } })

function specialSchemas(kubernetes: KubernetesTypes): Readonly<Record<string, JsonSchema>> {
  const one = (type: string) => kubernetes.refer(type)
  const list = (type: string) => listOf(kubernetes.refer(type))
  return {
    commonLabels: STRINGS,
    'global.imagePullSecrets': listOf({ type: ['string', 'object'] }),
    'existingTargets.key': { type: 'string', minLength: 1 },
    'endpointCa.key': { type: 'string', minLength: 1 },
    'image.repository': { type: 'string', minLength: 1 },
    'image.digest': { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
    imagePullSecrets: list('V1LocalObjectReference'),
    replicas: { type: 'integer', minimum: 1 },
    // As TOTAL_SHARDS.
    shards: { type: 'integer', minimum: 1, maximum: 100 },
    namespaces: { ...listOf(DNS_LABEL), uniqueItems: true },
    requiredObjects: listOf({
      ...closed({ namespace: DNS_LABEL, configMaps: DNS_NAMES, secrets: DNS_NAMES, jobs: DNS_NAMES }),
      required: ['namespace']
    }),
    'images.pullSecrets': listOf({
      ...closed({ namespace: DNS_LABEL, secrets: { ...DNS_NAMES, minItems: 1 } }),
      required: ['namespace', 'secrets']
    }),
    targets: asDraft7(targetsInWords()),
    config: closed(Object.fromEntries([...CONFIG_VARIABLES].map(([name, schema]) => [name, asDraft7(schema)]))),
    secretFiles: { ...listOf(DNS_NAME), uniqueItems: true },
    'webConfig.content': asDraft7(WEB_CONFIG),
    // Without a gate, there is nothing to require.
    'gate.config': { type: 'object', if: { maxProperties: 0 }, else: asDraft7(GATE) },
    'gate.existingConfigMap': { type: 'string', maxLength: 253 },
    'gate.interval': { type: 'string', pattern: `^${DURATION}$`, minLength: 2 },
    'serviceAccount.annotations': STRINGS,
    'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
    'service.port': PORT,
    'service.ipFamilyPolicy': { enum: ['', 'SingleStack', 'PreferDualStack', 'RequireDualStack'] },
    'service.ipFamilies': { ...listOf({ enum: ['IPv4', 'IPv6'] }), uniqueItems: true },
    'service.annotations': STRINGS,
    'service.labels': STRINGS,
    'ingress.annotations': STRINGS,
    'ingress.hosts': DNS_PATTERNS,
    'ingress.path': { type: 'string', pattern: '^/' },
    'ingress.tls': list('V1IngressTLS'),
    'httpRoute.annotations': STRINGS,
    'httpRoute.parentRefs': listOf(PARENT_REF),
    'httpRoute.hostnames': DNS_PATTERNS,
    'serviceMonitor.labels': STRINGS,
    'serviceMonitor.annotations': STRINGS,
    'serviceMonitor.interval': { type: 'string', pattern: `^${DURATION}$`, minLength: 2 },
    'serviceMonitor.scrapeTimeout': { type: 'string', pattern: `^${DURATION}$` },
    'serviceMonitor.relabelings': RELABELINGS,
    'serviceMonitor.metricRelabelings': RELABELINGS,
    'serviceMonitor.tlsConfig': TLS_CONFIG,
    'serviceMonitor.basicAuth': closed({ username: SECRET_KEY, password: SECRET_KEY }),
    'alerting.runbookUrl': { type: 'string', pattern: `^${LINK}$` },
    'alerting.pageUrl': { type: 'string', pattern: `^(${LINK})?$` },
    'alerting.dashboardUrl': { type: 'string', pattern: `^(${LINK})?$` },
    'alerting.prometheusRule.labels': STRINGS,
    'alerting.prometheusRule.annotations': STRINGS,
    'alerting.rules.disabled': { ...listOf(STRING), uniqueItems: true },
    'alerting.rules.labels': LABELS_OF_RULES,
    'alerting.apis': listOf({ ...closed({ job: WORD, service: WORD, namespace: DNS_LABEL }), required: API_KEYS }),
    'alerting.traffic.requests': METRIC,
    'alerting.traffic.durations': METRIC,
    'alerting.traffic.statusLabels': LABELS,
    'alerting.traffic.routeLabels': LABELS,
    'alerting.traffic.probes': { type: 'string', pattern: '^[^"\\n]+$' },
    'alerting.traffic.health': EXPRESSION,
    'alerting.database.diskRatio': EXPRESSION,
    'alerting.database.diskLabel': LABEL,
    'alerting.database.querySeconds': METRIC,
    'alerting.database.queryCalls': METRIC,
    'alerting.database.connections': EXPRESSION,
    'alerting.alertmanagerConfig.labels': STRINGS,
    'alerting.alertmanagerConfig.annotations': STRINGS,
    'alerting.alertmanagerConfig.receiver': RECEIVER,
    'dashboards.label': { type: 'string', minLength: 1 },
    'dashboards.annotations': STRINGS,
    'networkPolicy.ingress.from': list('V1NetworkPolicyPeer'),
    'networkPolicy.egress.dns.to': list('V1NetworkPolicyPeer'),
    'networkPolicy.egress.dns.ports': PORTS,
    'networkPolicy.egress.apiServer.to': list('V1NetworkPolicyPeer'),
    'networkPolicy.egress.apiServer.ports': PORTS,
    'networkPolicy.egress.endpoints.to': list('V1NetworkPolicyPeer'),
    'networkPolicy.egress.endpoints.ports': PORTS,
    'networkPolicy.egress.registries.to': list('V1NetworkPolicyPeer'),
    'networkPolicy.egress.registries.ports': PORTS,
    'networkPolicy.egress.extra': list('V1NetworkPolicyEgressRule'),
    // A budget without a number would let nobody drain a node.
    'podDisruptionBudget.maxUnavailable': { type: ['integer', 'string'], minimum: 0, pattern: '^(100|[0-9]{1,2})%$' },
    annotations: STRINGS,
    podAnnotations: STRINGS,
    podLabels: STRINGS,
    extraEnv: list('V1EnvVar'),
    extraEnvFrom: list('V1EnvFromSource'),
    extraVolumes: list('V1Volume'),
    extraVolumeMounts: list('V1VolumeMount'),
    extraContainers: list('V1Container'),
    dnsConfig: one('V1PodDNSConfig'),
    extraManifests: listOf({ type: ['object', 'string'] }),
    resources: one('V1ResourceRequirements'),
    podSecurityContext: one('V1PodSecurityContext'),
    securityContext: one('V1SecurityContext'),
    livenessProbe: one('V1Probe'),
    readinessProbe: one('V1Probe'),
    startupProbe: one('V1Probe'),
    nodeSelector: STRINGS,
    tolerations: list('V1Toleration'),
    affinity: one('V1Affinity'),
    topologySpreadConstraints: list('V1TopologySpreadConstraint')
  }
}

/** The guard checks these texts with functions, which a schema cannot do: this refuses the slips that a pattern finds. */
function targetsInWords(): JsonSchema {
  const { items, ...list } = TARGETS.properties.targets
  const slips = {
    service: { type: 'string', minLength: 1 },
    // A namespace of Kubernetes, or a Compose project.
    namespace: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    // Helm prints what it refuses, so an address that may contain a password is left to the guard.
    endpoint: { type: 'string', pattern: '^[hH][tT][tT][pP][sS]?:|@' },
    versionPointer: POINTER,
    gitShaPointer: POINTER
  }
  return { ...list, items: { ...items, properties: { ...items.properties, ...slips } } }
}

const POINTER = { type: 'string', pattern: '^/' }

// prometheus-operator, monitoring.coreos.com/v1.
const RELABELINGS = listOf(
  closed({
    sourceLabels: listOf(STRING),
    separator: STRING,
    targetLabel: STRING,
    regex: STRING,
    modulus: { type: 'integer' },
    replacement: STRING,
    action: STRING
  })
)
const CERTIFICATE = closed({ secret: SECRET_KEY, configMap: SECRET_KEY })
const TLS_CONFIG = closed({
  ca: CERTIFICATE,
  cert: CERTIFICATE,
  keySecret: SECRET_KEY,
  caFile: STRING,
  certFile: STRING,
  keyFile: STRING,
  serverName: STRING,
  insecureSkipVerify: { type: 'boolean' },
  minVersion: STRING,
  maxVersion: STRING
})

// monitoring.coreos.com/v1alpha1. The API server checks what is in them.
const RECEIVERS = ['discord', 'email', 'msteams', 'msteamsv2', 'opsgenie', 'pagerduty', 'pushover', 'rocketchat']
const MORE_RECEIVERS = ['slack', 'sns', 'telegram', 'victorops', 'webex', 'webhook', 'wechat']
const RECEIVER = closed(
  Object.fromEntries(
    [...RECEIVERS, ...MORE_RECEIVERS].map(kind => [`${kind}Configs`, { ...listOf(ANY_OBJECT), minItems: 1 }])
  )
)

/** What a default tells: a text, or yes or no. */
function plainSchema({ path, byDefault }: ChartValue): JsonSchema {
  if (typeof byDefault === 'string') return STRING
  if (typeof byDefault === 'boolean') return { type: 'boolean' }
  throw new Error(`values.yaml: what ${path} takes is not known; name it in helm/schema.ts`)
}

/** Helm takes null for a missing value: groups, and values that must not be empty, are required. */
function place(root: GroupOfValues, { path, description }: ChartValue, schema: JsonSchema): void {
  const names = path.split('.')
  const last = names.pop() ?? ''
  const parent = names.reduce((group, name) => {
    if (!(name in group.properties)) {
      group.properties[name] = groupOfValues()
      group.required.push(name)
    }
    return group.properties[name] as GroupOfValues
  }, root)
  parent.properties[last] = { description, ...schema }
  if ('minItems' in schema || 'minLength' in schema || schema === PORT || isNeverEmpty(schema))
    parent.required.push(last)
}

function isNeverEmpty({ pattern }: JsonSchema): boolean {
  return typeof pattern === 'string' && !new RegExp(pattern).test('')
}

function groupOfValues(): GroupOfValues {
  return { type: 'object', properties: {}, required: [], additionalProperties: false }
}

function closed(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, additionalProperties: false }
}

function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

/**
 * As Helm's validator reads it: without our own keywords, and with a pattern instead of our own format. If `true` is one
 * of the words of an enum, YAML reads it as a boolean; Helm's YAML does the same with `off`.
 */
function asDraft7(schema: object): JsonSchema {
  const text = JSON.stringify(schema, (name, value) => (name === 'takes' || name === 'secret' ? undefined : value))
  return JSON.parse(text, (name, value) => {
    if (name === 'enum' && value.includes('true')) return [...value, true, false]
    if (name === 'enum' && value.includes('off')) return [...value, false]
    if (value?.format !== DURATION_FORMAT) return value
    const { format: _, ...rest } = value
    return { ...rest, pattern: `^${DURATION}$`, minLength: 2 }
  })
}
