import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError, describeFailure, misconfigured, type Verb } from '../../../src/sources/kubernetes/failure.ts'

const GUARD = 'system:serviceaccount:monitoring:guard'
const SHOP = { resource: 'deployments.apps', namespace: 'shop' }
const CLUSTER = { resource: 'deployments.apps', namespace: null }
const PODS = { resource: 'pods', namespace: 'shop' }

function answered(code: number, message = ''): ApiError {
  return new ApiError({ kind: 'status', code, message, retryAfterMs: 0 })
}

function failed(code: string, fields: object = {}): Error {
  return Object.assign(new Error(`failed: ${code}`), { code, ...fields })
}

function network(error: unknown, proxy = ''): ApiError {
  return new ApiError({ kind: 'network', error, proxy })
}

function describe(error: unknown, collection = SHOP as { resource: string; namespace: string | null }, verb?: Verb) {
  return describeFailure(error, { verb: verb ?? 'list', collection }).message
}

suite('missing rights', () => {
  const forbidden = (where: string) => {
    const what = 'cannot list resource "deployments" in API group "apps"'
    return answered(403, `deployments.apps is forbidden: User "${GUARD}" ${what} ${where}`)
  }
  for (const [rule, actual, message] of [
    [
      'are named with who, what, where and the cure',
      describe(forbidden('in the namespace "shop"')),
      `forbidden: ${GUARD} cannot list deployments.apps in namespace shop; grant get, list, watch`
    ],
    [
      'are named for the whole cluster',
      describe(forbidden('at the cluster scope'), CLUSTER),
      `forbidden: ${GUARD} cannot list deployments.apps at the cluster scope; grant get, list, watch`
    ],
    [
      'are named for a watch',
      describe(forbidden('in the namespace "shop"'), SHOP, 'watch'),
      `forbidden: ${GUARD} cannot watch deployments.apps in namespace shop; grant get, list, watch`
    ],
    [
      'are named where the server does not say whose',
      describe(answered(403, 'no'), PODS),
      'forbidden: this account cannot list pods in namespace shop; grant get, list, watch'
    ],
    [
      'are named with no more of a name than can be read',
      describe(answered(403, `User "${'x'.repeat(5_000)}" cannot`)),
      `forbidden: ${'x'.repeat(128)} cannot list deployments.apps in namespace shop; grant get, list, watch`
    ]
  ] as const) {
    test(rule, () => assert.equal(actual, message))
  }
})

suite('a failure', () => {
  const server = 'Kubernetes API server:'
  const untrusted = 'its certificate is not signed by the CA in the configuration, or by a public one where it has none'
  for (const [error, message] of [
    [answered(401), `${server} unauthorized: it does not accept the token or certificate; renew them`],
    [answered(500), `${server} HTTP 500 to list deployments.apps in namespace shop`],
    // The API server says whose right is missing; something on the way to it does not.
    [answered(403), `${server} HTTP 403 to list deployments.apps in namespace shop`],
    [
      answered(503, 'etcd\nis gone'),
      `${server} HTTP 503 to list deployments.apps in namespace shop: etcd\ufffdis gone`
    ],
    [
      new ApiError({ kind: 'not_kubernetes' }),
      `${server} its answer to list deployments.apps in namespace shop is not Kubernetes' JSON`
    ],
    [
      new ApiError({ kind: 'too_large', limit: 9 }),
      `${server} its answer to list deployments.apps in namespace shop is longer than 9 characters`
    ],
    [new ApiError({ kind: 'timeout', afterMs: 10_000, of: 'answer', proxy: '' }), `${server} no answer within 10 s`],
    [
      new ApiError({ kind: 'timeout', afterMs: 10_000, of: 'answer', proxy: 'http://proxy:3128 (HTTPS_PROXY)' }),
      `${server} no answer within 10 s, through the proxy http://proxy:3128 (HTTPS_PROXY)`
    ],
    [
      new ApiError({ kind: 'timeout', afterMs: null, of: 'answer', proxy: '' }),
      `${server} no answer in its part of CHECK_DEADLINE`
    ],
    [
      new ApiError({ kind: 'timeout', afterMs: 10_000, of: 'credentials', proxy: '' }),
      'Kubernetes credentials: the plugin gave none within 10 s'
    ],
    [new ApiError({ kind: 'credentials', message: 'log in first' }), 'Kubernetes credentials: log in first'],
    [misconfigured('no user'), 'Kubernetes configuration: no user'],
    [
      network(failed('ECONNRESET'), 'http://proxy:3128 (HTTPS_PROXY)'),
      `${server} connection reset, through the proxy http://proxy:3128 (HTTPS_PROXY)`
    ],
    [network(failed('ERR_PROXY_TUNNEL', { statusCode: 407 })), `${server} the proxy cannot connect to it (HTTP 407)`],
    [
      network(new AggregateError([failed('ECONNREFUSED', { address: '::1', port: 443 }), failed('ENETUNREACH')])),
      `${server} connection refused (::1:443)`
    ],
    [
      network(failed('ECONNREFUSED', { address: '10.0.0.1', port: 443 })),
      `${server} connection refused (10.0.0.1:443)`
    ],
    [network(failed('ECONNRESET')), `${server} connection reset`],
    [network(failed('ENOTFOUND', { hostname: 'api.shop' })), `${server} host name not found (api.shop)`],
    [network(failed('CERT_HAS_EXPIRED')), `${server} its certificate has expired`],
    [network(failed('ERR_TLS_CERT_ALTNAME_INVALID')), `${server} its certificate is for another host name`],
    [network(failed('SELF_SIGNED_CERT_IN_CHAIN')), `${server} ${untrusted}`],
    [network(failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE')), `${server} ${untrusted}`],
    [network(failed('EWHATEVER')), `${server} failed: EWHATEVER`],
    [network(new Error('strange\u001b[2J')), `${server} strange\ufffd[2J`],
    ['thrown', `${server} thrown`]
  ] as const) {
    test(`is told in words: ${message.slice(0, 90)}`, () => assert.equal(describe(error), message))
  }

  test('is told whole where the words are ours, however long', () => {
    const cure = `${'x'.repeat(5_000)}; set KUBECONFIG`
    assert.equal(describe(misconfigured(cure)), `Kubernetes configuration: ${cure}`)
  })

  for (const [rule, error, concerns] of [
    ['is of the server where it is gone', network(failed('ECONNREFUSED')), 'server'],
    ['is of the server where it knows nobody', answered(401), 'server'],
    ['is of the server where nobody knows where it is', misconfigured('no context'), 'server'],
    ['is of the collection where a right is missing', answered(403, 'no'), 'collection'],
    ['is of the collection where that alone is broken', answered(500), 'collection']
  ] as const) {
    test(rule, () => assert.equal(describeFailure(error, { verb: 'list', collection: SHOP }).concerns, concerns))
  }
})
