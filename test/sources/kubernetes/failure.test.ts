import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError, describeFailure, type Verb } from '../../../src/sources/kubernetes/failure.ts'

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
  const untrusted = 'its certificate is not signed by the CA in the configuration'
  for (const [error, message] of [
    [answered(401), `${server} unauthorized, it does not accept the token or certificate; renew it`],
    [answered(500), `${server} HTTP 500 to list deployments.apps in namespace shop`],
    [
      answered(503, 'etcd\nis gone'),
      `${server} HTTP 503 to list deployments.apps in namespace shop: etcd\ufffdis gone`
    ],
    [
      new ApiError({ kind: 'not_kubernetes' }),
      `${server} what it answers to list deployments.apps in namespace shop is not Kubernetes' JSON`
    ],
    [
      new ApiError({ kind: 'too_large', limit: 9 }),
      `${server} what it answers to list deployments.apps in namespace shop is longer than 9 characters`
    ],
    [new ApiError({ kind: 'timeout', afterMs: 10_000 }), `${server} no answer within 10 s`],
    [new ApiError({ kind: 'credentials' }, new Error('no file\n')), 'Kubernetes credentials: no file\ufffd'],
    [
      new ApiError({ kind: 'credentials' }, new SyntaxError('"canary-0123456789" is not valid JSON')),
      'Kubernetes credentials: what the plugin printed is not JSON'
    ],
    [
      new ApiError({ kind: 'credentials' }, new Error('no session for canary-0123456789, log in first')),
      'Kubernetes credentials: no session for …, log in first'
    ],
    [failed('ECONNREFUSED', { address: '10.0.0.1', port: 443 }), `${server} connection refused (10.0.0.1:443)`],
    [failed('ECONNRESET'), `${server} connection reset`],
    [failed('ENOTFOUND', { hostname: 'api.shop' }), `${server} host name not found (api.shop)`],
    [failed('CERT_HAS_EXPIRED'), `${server} its certificate has expired`],
    [failed('ERR_TLS_CERT_ALTNAME_INVALID'), `${server} its certificate is for another host name`],
    [failed('SELF_SIGNED_CERT_IN_CHAIN'), `${server} ${untrusted}`],
    [failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), `${server} ${untrusted}`],
    [failed('EWHATEVER'), `${server} failed: EWHATEVER`],
    [new Error('strange\u001b[2J'), `${server} strange\ufffd[2J`],
    ['thrown', `${server} thrown`]
  ] as const) {
    test(`is told in words: ${message.slice(0, 90)}`, () => assert.equal(describe(error), message))
  }

  for (const [letters, told] of [
    ['a', 'a'.repeat(128)],
    ['1', '1'.repeat(128)],
    ['a1', '…']
  ] as const) {
    test(`is told when a plugin prints a megabyte of ${letters}`, () => {
      const cause = new Error(letters.repeat(2 ** 20 / letters.length))
      const message = describe(new ApiError({ kind: 'credentials' }, cause))
      assert.equal(message, `Kubernetes credentials: ${told}`)
    })
  }
})
