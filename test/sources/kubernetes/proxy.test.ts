import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KubeEnvironment } from '../../../src/sources/kubernetes/kubeconfig.ts'
import { describeProxy, findProxy } from '../../../src/sources/kubernetes/proxy.ts'

const PROXY = 'http://proxy.corp.test:3128'

function proxyFor(server: string, environment: KubeEnvironment, cluster: object = {}) {
  const entry = { title: 'cluster "prod"', folder: '/', fields: { ...cluster } }
  return findProxy(new URL(server), entry, environment)
}

suite('the proxy to an API server', () => {
  const server = 'https://api.corp.test:6443'
  const own = { 'proxy-url': PROXY }
  for (const [rule, environment, expected, cluster] of [
    ['is none where nobody names one', {}, 'none', {}],
    ['is that of the environment', { HTTPS_PROXY: PROXY }, `${PROXY} (HTTPS_PROXY)`, {}],
    ['is not that of plain HTTP, with TLS', { HTTP_PROXY: PROXY }, 'none', {}],
    ['is none where the environment exempts the server', { HTTPS_PROXY: PROXY, NO_PROXY: 'corp.test' }, 'none', {}],
    ['is shown without its password', { HTTPS_PROXY: 'http://me:canary@proxy' }, 'http://proxy (HTTPS_PROXY)', {}],
    [
      'is that of the kubeconfig before that of the environment',
      { HTTPS_PROXY: 'http://b' },
      `${PROXY} (proxy-url)`,
      own
    ],
    ['is that of the kubeconfig whatever NO_PROXY says', { NO_PROXY: '*' }, `${PROXY} (proxy-url)`, own],
    ['may be one over TLS', {}, 'https://proxy (proxy-url)', { 'proxy-url': 'https://proxy' }],
    ['may be a SOCKS one', {}, 'socks5://proxy:1080 (proxy-url)', { 'proxy-url': 'socks5://proxy:1080' }]
  ] as const) {
    test(rule, () => {
      const proxy = proxyFor(server, environment, cluster)
      assert.equal(proxy === null ? 'none' : describeProxy(proxy), expected)
    })
  }

  test('is that of plain HTTP without TLS', () => {
    const proxy = proxyFor('http://api.corp.test', { HTTP_PROXY: PROXY, HTTPS_PROXY: 'http://b' })
    assert.ok(proxy !== null)
    assert.equal(describeProxy(proxy), `${PROXY} (HTTP_PROXY)`)
  })

  test('keeps the name and the password of the environment, whatever is in them', () => {
    const href = 'http://m%40e:a%3Ab%25c@proxy:3128/'
    assert.equal(proxyFor(server, { HTTPS_PROXY: href })?.url.href, href)
  })

  for (const [environment, cluster, message] of [
    [
      {},
      { 'proxy-url': 'ftp://canary@proxy' },
      /^cluster "prod": proxy-url takes http:\/\/, https:\/\/ or socks5:\/\/HOST:PORT$/
    ],
    [{}, { 'proxy-url': 'proxy:3128' }, /^cluster "prod": proxy-url takes /],
    [{}, { 'proxy-url': 'http://me:canary%zz@proxy:3128' }, /^cluster "prod": proxy-url takes (?!.*canary).* as %25$/],
    [{}, { 'proxy-url': 'socks5://me%ff:canary@proxy' }, /^cluster "prod": proxy-url takes (?!.*canary).* as %25$/],
    [{ HTTPS_PROXY: 'ftp://canary@proxy' }, {}, /^HTTPS_PROXY: it takes (?!.*canary)/]
  ] as const) {
    test(`that cannot be one is reported with its place: ${JSON.stringify({ environment, cluster })}`, () => {
      assert.throws(
        () => proxyFor(server, environment, cluster),
        ({ failure }) => failure.kind === 'configuration' && message.test(failure.message)
      )
    })
  }
})
