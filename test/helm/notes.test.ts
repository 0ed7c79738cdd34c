import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { helmMissing } from '../support/helm.ts'
import { helmHome, notes, type Values } from './rendering.ts'

const target = (endpoint: string) => ({ service: 'shop', namespace: 'shop', endpoint })
const HTTPS = target('https://shop.example.com/debug/version')
const MONITORED = { serviceMonitor: { enabled: true } }
const RULES = { alerting: { prometheusRule: { enabled: true } } }
const EXPOSED = { ingress: { enabled: true, hosts: ['guard.example.com'] } }
const NOT_SELECTED = (what: string) => new RegExp(`${what}\\.labels is empty.+set ${what}\\.labels\\.release=NAME`, 's')
const USERS = { basic_auth_users: { prometheus: '$2y$10$x' } }
const TLS = { tls_server_config: { cert_file: '/a', key_file: '/b' } }
const GATE = {
  service: { name: 'shop', url: 'https://shop.example.com' },
  prometheus: { url: 'http://prometheus:9090', selector: 'job="shop"' }
}
const ANNOTATE = /kubectl -n NAMESPACE annotate deployment/
const CLOSED = /shop will be an ERROR: the network policy does not open port 8080/
const REFUSED = /Prometheus will be refused/
const UNBOUND = /config\.ENDPOINT_ALLOW="/
const UNTRUSTED = /Prometheus trusts the listener's certificate only if/

// What is set, what the notes say, and what they must not say because it would be untrue.
const NOTES: readonly (readonly [string, Values, readonly RegExp[], readonly RegExp[]])[] = [
  ['how a workload becomes a target', {}, [ANNOTATE], [/watches nothing/]],
  ['in which namespace', { namespaces: ['123'] }, [/kubectl -n 123 annotate/], []],
  ['that nothing becomes one', { config: { DISCOVERY: false } }, [/watches nothing until targets/], [/[Aa]nnotate/]],
  [
    'that manifests are annotated, not the cluster',
    { config: { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: '/a' } },
    [/watches what its manifests say/, /Annotate a workload in its manifests/],
    [/kubectl .*annotate/]
  ],
  [
    'that containers are labelled',
    { config: { WORKLOAD_SOURCE: 'docker', DOCKER_HOST: 'tcp://10.0.0.5:2376' } },
    [/watches the containers of its Docker host/, /Label a container/],
    [/[Aa]nnotate a workload/, /manifests/]
  ],
  ['where annotated endpoints may be, while that is open', {}, [UNBOUND], []],
  ['the same where targets are, for annotations add to them', { targets: [HTTPS] }, [UNBOUND], []],
  ['the same where every workload is taken', { config: { DISCOVERY: 'all' } }, [UNBOUND], []],
  ['nothing of that where it is said', { config: { ENDPOINT_ALLOW: '*.keybuzz.io' } }, [], [UNBOUND]],
  ['nothing of that where annotations are not read', { config: { DISCOVERY: 'false' } }, [], [UNBOUND]],
  ['nothing of that where they are switched off', { config: { DISCOVERY: false } }, [], [UNBOUND]],
  ['nothing of how to annotate where targets are', { targets: [HTTPS] }, [], [ANNOTATE, /UNKNOWN/, /ERROR/]],
  [
    'what the right to list Secrets is',
    { namespaces: ['a', 'b'], config: { HELM_RELEASES: true } },
    [/WARNING: config\.HELM_RELEASES gives the guard the right to list Secrets in a, b\. /],
    []
  ],
  ['nothing of Secrets without that', {}, [], [/Secrets/]],
  ['which target is not watched', { targets: [HTTPS], namespaces: ['a'] }, [/shop will be UNKNOWN/], []],
  [
    'nothing of namespaces where manifests are read',
    { targets: [HTTPS], namespaces: ['a'], config: { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: '/a' } },
    [],
    [/UNKNOWN/]
  ],
  ...['http://shop.shop:8080/debug/version', 'https://[::1]:8080'].map(
    endpoint =>
      [
        `which port is closed: ${endpoint}`,
        { targets: [target(endpoint)], networkPolicy: { enabled: true } },
        [CLOSED],
        []
      ] as const
  ),
  ...['http://shop', 'https://shop?port=:8080', 'https://shop/a:8080'].map(
    endpoint =>
      [
        `nothing of open ports: ${endpoint}`,
        { targets: [target(endpoint)], networkPolicy: { enabled: true } },
        [],
        [/will be an ERROR/]
      ] as const
  ),
  ...(
    [
      ['tcp://10.0.0.5:2376', {}, 2376],
      ['tcp://10.0.0.5', {}, 2375],
      ['tcp://docker.example.com', { DOCKER_CERT_PATH: '/etc/version-guard/secrets/docker' }, 2376]
    ] as const
  ).map(
    ([DOCKER_HOST, tls, port]) =>
      [
        `that a Docker host is behind a closed port: ${DOCKER_HOST} ${Object.keys(tls)}`,
        { networkPolicy: { enabled: true }, config: { WORKLOAD_SOURCE: 'docker', DOCKER_HOST, ...tls } },
        [new RegExp(`not reach its Docker host: the network policy does not open port ${port};`)],
        []
      ] as const
  ),
  ...[{ DOCKER_HOST: 'unix:///run/docker.sock' }, { DOCKER_HOST: 'tcp://10.0.0.5:443' }].map(
    engine =>
      [
        `nothing of a Docker host that is reached: ${engine.DOCKER_HOST}`,
        { networkPolicy: { enabled: true }, config: { WORKLOAD_SOURCE: 'docker', ...engine } },
        [],
        [/will not reach/]
      ] as const
  ),
  [
    'what the gate asks behind a closed port',
    { networkPolicy: { enabled: true }, gate: { config: GATE } },
    [/The gate will not reach its prometheus: the network policy does not open port 9090;/],
    [/not reach its service/, /not reach its alertmanager/]
  ],
  ['nothing of the gate without a network policy', { gate: { config: GATE } }, [], [/will not reach/]],
  [
    'nothing of ports where a target has no endpoint',
    { targets: [{ service: 'shop', namespace: 'shop' }], networkPolicy: { enabled: true } },
    [],
    [/will be an ERROR/]
  ],
  [
    'nothing of missing targets where they are in a ConfigMap of its own',
    { config: { DISCOVERY: false }, existingTargets: { configMap: 'mine' } },
    [],
    [/It has no targets/]
  ],
  [
    'nothing of a port that is named',
    {
      targets: [target('http://shop:8080')],
      networkPolicy: { enabled: true, egress: { endpoints: { ports: [443, 8080] } } }
    },
    [],
    [CLOSED]
  ],
  ['that Prometheus has no password', { ...MONITORED, webConfig: { content: USERS } }, [REFUSED], [UNTRUSTED]],
  ['that Prometheus trusts nobody', { ...MONITORED, webConfig: { content: TLS } }, [UNTRUSTED], [REFUSED]],
  [
    'nothing where Prometheus has both',
    {
      webConfig: { content: { ...USERS, ...TLS } },
      serviceMonitor: {
        enabled: true,
        basicAuth: { username: { name: 'a', key: 'b' }, password: { name: 'a', key: 'c' } },
        tlsConfig: { ca: { secret: { name: 'a', key: 'ca.crt' } } }
      }
    },
    [],
    [REFUSED, UNTRUSTED]
  ],
  ['that kube-prometheus-stack would not find the monitor', MONITORED, [NOT_SELECTED('serviceMonitor')], []],
  ['that it would not find the rules', RULES, [NOT_SELECTED('alerting.prometheusRule')], []],
  [
    'nothing of that where they are labelled',
    { serviceMonitor: { enabled: true, labels: { release: 'stack' } }, ...RULES, commonLabels: { release: 'stack' } },
    [],
    [/labels is empty/]
  ],
  ['that anybody may read the page', EXPOSED, [/WARNING: ingress opens the page/], [/WARNING: httpRoute/]],
  [
    'nothing of that where it asks for a password',
    { ...EXPOSED, webConfig: { content: USERS } },
    [],
    [/opens the page/]
  ]
]

// With Helm 4 alone: Helm 3 shows them to nobody without a cluster.
suite('the notes say', needs(helmMissing), () => {
  const home = helmHome()

  for (const [what, values, said, unsaid] of NOTES) {
    test(what, async () => {
      const text = await notes(home(), values)
      for (const words of said) assert.match(text, words)
      for (const words of unsaid) assert.doesNotMatch(text, words)
    })
  }
})
