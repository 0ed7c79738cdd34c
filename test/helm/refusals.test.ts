import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { HELMS, helmMissing } from '../support/helm.ts'
import { helmHome, refusal, render, type Values } from './rendering.ts'

const RULES = { alerting: { prometheusRule: { enabled: true } } }
const NO_RULES = { versions: false, postdeploy: false, traffic: false, database: false, gate: false }
const TARGET = { service: 'shop', namespace: 'shop', endpoint: 'https://shop.example.com' }

// What is wrong, and what of it the message names. The two lines of Helm word it differently, but name the same.
type Refused = readonly [string, Values, RegExp]

const REFUSED: readonly Refused[] = [
  ['a key that there is not', { imge: {} }, /additional property imge|additional properties 'imge'/i],
  ['one within', { image: { tagg: 'v1' } }, /tagg/],
  ['a variable that there is not', { config: { CHECK_INTERVALL: '20s' } }, /CHECK_INTERVALL/],
  ['a variable that the chart sets', { config: { TARGETS_FILE: '/x' } }, /TARGETS_FILE/],
  ['a duration that is none', { config: { CHECK_INTERVAL: '20 s' } }, /CHECK_INTERVAL.*(match|pattern)/is],
  ['a number out of bounds', { config: { CHECK_CONCURRENCY: 0 } }, /CHECK_CONCURRENCY/],
  ['a word that is none of the choices', { config: { VERSION_MATCH: 'fuzzy' } }, /VERSION_MATCH/],
  ["a target's key that there is not", { targets: [{ ...TARGET, enpoint: '' }] }, /enpoint/],
  ...Object.entries({
    service: '',
    namespace: 'Shop',
    endpoint: 'shop.example.com/debug/version',
    versionPointer: 'version',
    gitShaPointer: ''
  }).map(
    ([key, text]): Refused => [
      `a target that the guard would refuse: ${key}: ${JSON.stringify(text)}`,
      { targets: [{ ...TARGET, [key]: text }] },
      new RegExp(`targets[/.]0[/.]${key}`)
    ]
  ),
  [
    'a target that is there twice',
    { targets: [TARGET, { ...TARGET, endpoint: 'https://b.example.com' }] },
    /shop\/shop is there twice/
  ],
  ['a namespace that is none', { namespaces: ['Shop'] }, /namespaces/],
  ['a slip in a security context', { securityContext: { runAsNonroot: true } }, /runAsNonroot/],
  ['a slip deep in an affinity', { affinity: { podAffinity: { required: [] } } }, /required/],
  ['a slip in a toleration', { tolerations: [{ keys: 'a' }] }, /keys/],
  ['a slip in a volume', { extraVolumes: [{ name: 'a', emptydir: {} }] }, /emptydir/],
  ['a slip in a probe', { livenessProbe: { httpGet: { prt: 1 } } }, /prt/],
  ['a slip in a peer', { networkPolicy: { ingress: { from: [{ podselector: {} }] } } }, /podselector/],
  ['a slip in a web config', { webConfig: { content: { tls_server_config: { cert_fle: 'a' } } } }, /cert_fle/],
  ['a slip in a gate', { gate: { config: { service: { name: 'a', url: 'http://a' }, alrt: {} } } }, /alrt/],
  ['a gate of nothing', { gate: { config: { metrics: {} } } }, /service/],
  ['an interval of the gate that is none', { gate: { interval: '5 m' } }, /interval/],
  [
    'two gates',
    { gate: { config: { service: { name: 'a', url: 'http://a' } }, existingConfigMap: 'b' } },
    /gate\.config and gate\.existingConfigMap exclude each other/
  ],
  ['a digest that is none', { image: { digest: 'sha256:12' } }, /digest/],
  ...[
    { image: { repository: 'ghcr.io/a/b:v1' } },
    { image: { repository: 'https://ghcr.io/a/b' } },
    { image: { tag: 'b:v1' } },
    { global: { imageRegistry: 'https://mirror.example.com' } }
  ].map(
    (values): Refused => [
      `an image that is none: ${JSON.stringify(values)}`,
      values,
      /v1 is no image: |v0\.1\.0 is no image: /
    ]
  ),
  ['no replica', { replicas: 0 }, /replicas/],
  ['a metric that is none', { alerting: { traffic: { requests: 'a b' } } }, /requests/],
  ['a regular expression that would end its string', { alerting: { traffic: { probes: '/"x' } } }, /probes/],
  ['an API without a namespace', { alerting: { apis: [{ job: 'a', service: 'b' }] } }, /namespace/],
  ['no label for the status', { alerting: { traffic: { statusLabels: [] } } }, /statusLabels/],
  [
    'a regular expression that is none',
    { alerting: { traffic: { probes: '/(live' } } },
    /traffic\.probes.+missing closing \)/
  ],
  ['a budget that is none', { replicas: 2, podDisruptionBudget: { maxUnavailable: '1' } }, /maxUnavailable/],
  ['a receiver of nothing', { alerting: { alertmanagerConfig: { receiver: { slackConfigs: [] } } } }, /slackConfigs/],
  ['a receiver that there is not', { alerting: { alertmanagerConfig: { receiver: { irc: [] } } } }, /irc/],
  ['more shards than the guard takes', { shards: 101 }, /shards/],
  [
    'replicas and shards at once',
    { replicas: 2, shards: 3 },
    /replicas: 2 and shards: 3 exclude each other: with replicas each pod checks all targets, with shards each checks its part\. Leave one of them at 1/
  ],
  [
    'two web configurations',
    { webConfig: { content: { basic_auth_users: { a: 'b' } }, existingSecret: 'c' } },
    /webConfig\.content and webConfig\.existingSecret exclude each other/
  ],
  [
    'Helm’s records in the whole cluster',
    { config: { HELM_RELEASES: true } },
    /config\.HELM_RELEASES needs the right to list Secrets.+name the namespaces/
  ],
  [
    'a namespace with two lists of required objects',
    { requiredObjects: [{ namespace: 'a' }, { namespace: 'a', secrets: ['b'] }] },
    /requiredObjects: a is there twice/
  ],
  [
    'pull secrets that no right is named for',
    { config: { IMAGE_UPDATES: 'all', IMAGE_PULL_SECRETS: true } },
    /config\.IMAGE_PULL_SECRETS needs the right to get the Secrets.+list them in images\.pullSecrets/
  ],
  [
    'a namespace with two lists of pull secrets',
    {
      images: {
        pullSecrets: [
          { namespace: 'a', secrets: ['b'] },
          { namespace: 'a', secrets: ['c'] }
        ]
      }
    },
    /images\.pullSecrets: a is there twice/
  ],
  ['a right to no Secret by name', { images: { pullSecrets: [{ namespace: 'a', secrets: [] }] } }, /pullSecrets/],
  ['a required object in no namespace', { requiredObjects: [{ secrets: ['b'] }] }, /namespace/],
  [
    'two authorities',
    { endpointCa: { configMap: 'a', secret: 'b' } },
    /endpointCa\.configMap and endpointCa\.secret exclude each other/
  ],
  [
    'a route to nobody',
    { alerting: { alertmanagerConfig: { enabled: true } } },
    /alerting\.alertmanagerConfig\.receiver is empty, so nobody would be notified/
  ],
  [
    "rights for everybody's account",
    { serviceAccount: { create: false } },
    /would grant rights to the service account default, .*: set serviceAccount\.create or serviceAccount\.name/
  ],
  ...['dns', 'apiServer', 'endpoints'].flatMap(where =>
    [[], null].map(
      (ports): Refused => [
        `a rule for all ports: ${where}: ${JSON.stringify(ports)}`,
        { networkPolicy: { egress: { [where]: { ports } } } },
        ports === null ? new RegExp(`${where}[^]*ports`) : new RegExp(`${where}.ports`)
      ]
    )
  ),
  ...(
    [
      ['runbookUrl', { alerting: { ...RULES.alerting, runbookUrl: null } }],
      ['durations', { alerting: { ...RULES.alerting, traffic: { durations: null } } }],
      ['diskRatio', { alerting: { ...RULES.alerting, database: { diskRatio: null } } }],
      ['maxUnavailable', { replicas: 2, podDisruptionBudget: { maxUnavailable: null } }],
      ['port', { service: { port: null } }],
      ['key', { endpointCa: { configMap: 'a', key: null } }],
      ['label', { dashboards: { enabled: true, label: null } }]
    ] as const
  ).map(
    ([name, values]): Refused => [
      `nothing behind the key of what may not be empty: ${name}`,
      values,
      new RegExp(`specifications of the schema[^]*${name}`)
    ]
  ),
  ['a group of values that is none', { serviceAccount: null }, /serviceAccount/],
  [
    'TLS of a Secret that is not named',
    { webConfig: { existingSecretHasTls: true } },
    /webConfig\.existingSecretHasTls is true, but webConfig\.existingSecret is empty: name the Secret/
  ],
  [
    'a listener that nobody reaches',
    { config: { HOST: '127.0.0.1' } },
    /config\.HOST: 127\.0\.0\.1 can be reached only from within the pod/
  ],
  [
    'a listener on IPv6 that nobody reaches',
    { config: { HOST: '[::1]' } },
    /config\.HOST: \[::1\] can be reached only from within/
  ],
  [
    'a folder for logs that nobody can write',
    {
      config: { LOG_DIR: '/var/log/guard' },
      extraVolumes: [{ name: 'a', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'a', mountPath: '/var/log/gua' }]
    },
    /config\.LOG_DIR: \/var\/log\/guard is in no volume.+mount a volume there with extraVolumes and extraVolumeMounts/
  ],
  ['manifests that are nowhere', { config: { WORKLOAD_SOURCE: 'file' } }, /config\.WORKLOADS_FILE is empty: say where/],
  [
    'an engine that is nowhere',
    { config: { WORKLOAD_SOURCE: 'docker' } },
    /is docker, but config\.DOCKER_HOST is empty/
  ],
  ...Object.entries<Values>({
    LOG_LEVEL: { config: { LOG_LEVEL: 'warn' } },
    WATCH_NAMESPACES: { namespaces: ['a'] },
    TARGETS_FILE: {},
    ENDPOINT_CA_FILE: { endpointCa: { secret: 'a' } },
    WEB_CONFIG_FILE: { webConfig: { existingSecret: 'a' } },
    GATE_CONFIG: { gate: { existingConfigMap: 'a' } },
    GATE_INTERVAL: { gate: { existingConfigMap: 'a' } },
    SHARD: { shards: 2 },
    TOTAL_SHARDS: { shards: 2 },
    PORT: {},
    WORKLOAD_SOURCE: {},
    WATCH_PODS: {}
  }).map(
    ([name, values]): Refused => [
      `a variable that is set already: ${name}`,
      { ...values, extraEnv: [{ name, value: '1' }] },
      new RegExp(`extraEnv: ${name} comes from config or another value of the chart: set it there, not here`)
    ]
  ),
  ...[
    ['CHECK_INTERVAL', 'the alerts would page for a single bad check'],
    ['HOST', 'neither probes nor Prometheus would get an answer'],
    ['LOG_DIR', 'the guard would not start'],
    ['WEB_CONFIG_FILE', 'probes would not speak TLS'],
    ['HELM_RELEASES', 'rights would be missing']
  ].map(
    ([name, because]): Refused => [
      `a variable that the chart has to know of, or ${because}: ${name}`,
      { extraEnv: [{ name, value: '1' }] },
      new RegExp(`extraEnv: ${name} comes from config or another value of the chart: set it there, not here`)
    ]
  ),
  [
    'a variable that is given twice',
    {
      extraEnv: [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
        { name: 'A', value: '2' }
      ]
    },
    /extraEnv: A is there twice: remove one/
  ],
  [
    'a scrape that outlasts its interval',
    { serviceMonitor: { enabled: true, interval: '1m', scrapeTimeout: '1m500ms' } },
    /serviceMonitor\.scrapeTimeout: 1m500ms is more than serviceMonitor\.interval: 1m, and the operator would ignore/
  ],
  ...['2nd', 'Guard', 'guard.two', 'guard_2'].map(
    (name): Refused => [
      `a name that no Service may have: ${name}`,
      { fullnameOverride: name },
      new RegExp(`${name} is no name for a Service: .* Set fullnameOverride`)
    ]
  ),
  [
    'checks too slow for the alerts',
    { ...RULES, config: { CHECK_INTERVAL: '30s' } },
    /config\.CHECK_INTERVAL: 30s and a scrape every 15s are too slow for the alerts, which wait for 1m/
  ],
  [
    'scrapes too slow for the alerts',
    { ...RULES, serviceMonitor: { enabled: true, interval: '21s' } },
    /CHECK_INTERVAL: 20s and a scrape every 21s are too slow/
  ],
  [
    'an alert to leave out that there is not',
    { alerting: { ...RULES.alerting, rules: { disabled: ['KeyBuzzShaMissing'] } } },
    /no alert is called KeyBuzzShaMissing; there are KeyBuzz.+KeyBuzzGitShaMissing/
  ],
  [
    'no rules for the operator, which it would refuse',
    { alerting: { ...RULES.alerting, rules: NO_RULES } },
    /alerting\.rules leaves no rule/
  ],
  ['a label that is none', { alerting: { rules: { labels: { 'a-b': 'c' } } } }, /a-b|propertyNames|property name/i],
  [
    'two lists of targets',
    { targets: [TARGET], existingTargets: { configMap: 'mine' } },
    /targets and existingTargets\.configMap exclude each other/
  ],
  ['an ingress for every name', { ingress: { enabled: true } }, /ingress\.hosts is empty/],
  ['a route without a gateway', { httpRoute: { enabled: true } }, /httpRoute\.parentRefs is empty/],
  ['a family that is none', { service: { ipFamilies: ['IPv5'] } }, /ipFamilies/],
  ['a slip in a container', { extraContainers: [{ name: 'a', imge: 'b' }] }, /imge/]
]

const NO_MORE = { alerting: { ...RULES.alerting, pageUrl: null, dashboardUrl: null, rules: { labels: null } } }

// What is beside it, and well.
const TAKEN: readonly (readonly [string, Values])[] = [
  ['no variables', { config: null }],
  ['no labels of its own', { commonLabels: null, podLabels: null, service: { labels: null } }],
  ['no constraints, labels and links', { ...NO_MORE, replicas: 2, topologySpreadConstraints: null }],
  ['no word on a monitor', { ...RULES, serviceMonitor: { enabled: null } }],
  ['no word on an account', { serviceAccount: { create: null, name: 'mine' } }],
  ['no web config', { webConfig: { content: null } }],
  ['manifests named by a variable from elsewhere', { config: { WORKLOAD_SOURCE: 'file' }, extraEnvFrom: [{}] }],
  [
    'a folder for logs within a volume',
    {
      config: { LOG_DIR: '/var/log/guard' },
      extraVolumes: [{ name: 'a', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'a', mountPath: '/var/log/' }]
    }
  ],
  [
    "a folder for logs among the container's own files",
    { config: { LOG_DIR: '/tmp/guard' }, securityContext: { readOnlyRootFilesystem: false } }
  ],
  ['a share of the pods that may be away', { replicas: 2, podDisruptionBudget: { maxUnavailable: '50%' } }],
  ['a Docker host', { config: { WORKLOAD_SOURCE: 'docker', DOCKER_HOST: 'tcp://10.0.0.5:2376' } }],
  ['a variable that is not set', { extraEnv: [{ name: 'LOG_LEVEL', value: 'warn' }] }],
  ['checks and scrapes that just fit', { ...RULES, config: { CHECK_INTERVAL: '22s' } }],
  [
    'slow checks with rules of its own',
    { alerting: { ...RULES.alerting, rules: { versions: false } }, config: { CHECK_INTERVAL: '5m' } }
  ],
  ['a mirror below a path', { global: { imageRegistry: 'mirror.example.com:5000/ghcr/' } }],
  ['a mirror by its address', { global: { imageRegistry: '[fd00::1]:5000' } }],
  ['a digest behind the tag', { image: { tag: `v1@sha256:${'a'.repeat(64)}` } }],
  ['slow checks without rules', { config: { CHECK_INTERVAL: '5m' } }],
  ['what other charts read from global', { global: { imageRegistry: 'a.example.com', storageClass: 'fast' } }],
  ['a scrape as long as its interval', { serviceMonitor: { enabled: true, interval: '60s', scrapeTimeout: '1m' } }]
]

for (const helm of HELMS) {
  suite(`the chart refuses, with ${helm}`, needs(helmMissing), () => {
    const home = helmHome()

    for (const [what, values, named] of REFUSED) {
      test(what, async () => assert.match(await refusal(home(), values, helm), named))
    }
  })

  suite(`the chart takes, with ${helm}`, needs(helmMissing), () => {
    const home = helmHome()

    for (const [what, values] of TAKEN) {
      test(what, async () => assert.ok((await render(home(), values, helm)).length > 3))
    }
  })
}
