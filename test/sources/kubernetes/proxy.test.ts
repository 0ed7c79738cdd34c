import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KubeEnvironment } from '../../../src/sources/kubernetes/kubeconfig.ts'
import { describeProxy, findProxy } from '../../../src/sources/kubernetes/proxy.ts'

const PROXY = 'http://proxy.corp.test:3128'

function proxyFor(server: string, environment: KubeEnvironment, cluster: object = {}): string {
  const entry = { title: 'cluster "prod"', folder: '/', fields: { ...cluster } }
  const proxy = findProxy(new URL(server), entry, environment)
  return proxy === null ? 'none' : describeProxy(proxy)
}

suite('the proxy to an API server', () => {
  const server = 'https://api.corp.test:6443'
  for (const [rule, environment, expected, cluster] of [
    ['is none where nobody names one', {}, 'none'],
    ['is that of HTTPS_PROXY', { HTTPS_PROXY: PROXY }, `${PROXY} (HTTPS_PROXY)`],
    ['is that of https_proxy', { https_proxy: PROXY }, `${PROXY} (https_proxy)`],
    [
      'is that of HTTPS_PROXY before https_proxy',
      { https_proxy: 'http://b', HTTPS_PROXY: PROXY },
      `${PROXY} (HTTPS_PROXY)`
    ],
    ['is that of the one that says something', { HTTPS_PROXY: ' ', https_proxy: PROXY }, `${PROXY} (https_proxy)`],
    ['is not that of HTTP_PROXY, with TLS', { HTTP_PROXY: PROXY }, 'none'],
    ['is one over http where no scheme is written', { HTTPS_PROXY: 'proxy.corp.test:3128' }, `${PROXY} (HTTPS_PROXY)`],
    [
      'is shown without its password',
      { HTTPS_PROXY: 'http://me:canary@proxy:3128' },
      'http://proxy:3128 (HTTPS_PROXY)'
    ],
    ['may be one over TLS', { HTTPS_PROXY: 'https://proxy' }, 'https://proxy (HTTPS_PROXY)'],
    ['may be a SOCKS one', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080 (HTTPS_PROXY)'],
    [
      'is that of the kubeconfig before that of the environment',
      { HTTPS_PROXY: 'http://b' },
      `${PROXY} (proxy-url)`,
      { 'proxy-url': PROXY }
    ],
    [
      'is that of the kubeconfig whatever NO_PROXY says',
      { NO_PROXY: '*' },
      `${PROXY} (proxy-url)`,
      { 'proxy-url': PROXY }
    ]
  ] as const) {
    test(rule, () => assert.equal(proxyFor(server, environment, cluster), expected))
  }

  test('is that of HTTP_PROXY without TLS', () => {
    assert.equal(
      proxyFor('http://api.corp.test', { HTTP_PROXY: PROXY, HTTPS_PROXY: 'http://b' }),
      `${PROXY} (HTTP_PROXY)`
    )
  })

  for (const [where, environment, cluster] of [
    ['cluster "prod": proxy-url', {}, { 'proxy-url': 'ftp://canary@proxy' }],
    ['cluster "prod": proxy-url', {}, { 'proxy-url': 'proxy:3128' }],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'ftp://canary@proxy' }, {}],
    ['https_proxy', { https_proxy: 'http://' }, {}]
  ] as const) {
    test(`that cannot be one is told with its place: ${JSON.stringify({ environment, cluster })}`, () => {
      assert.throws(() => proxyFor(server, environment, cluster), {
        failure: {
          kind: 'configuration',
          message: `${where} is not the address of a proxy: it takes http://, https:// or socks5://HOST:PORT`
        }
      })
    })
  }
})

// The cases are those of golang.org/x/net/http/httpproxy, in its words.
suite('NO_PROXY', () => {
  for (const [noProxy, server, isExempt] of [
    ['*', 'https://api.corp.test', true],
    ['other.test, *', 'https://api.corp.test', true],
    ['api.corp.test', 'https://api.corp.test', true],
    ['API.Corp.Test', 'https://api.corp.test', true],
    ['corp.test', 'https://api.corp.test', true],
    ['corp.test', 'https://corp.test', true],
    ['orp.test', 'https://corp.test', false],
    ['.corp.test', 'https://api.corp.test', true],
    ['.corp.test', 'https://corp.test', false],
    ['*.corp.test', 'https://api.corp.test', true],
    ['*.corp.test', 'https://corp.test', false],
    ['api.corp.test:6443', 'https://api.corp.test:6443', true],
    ['api.corp.test:6443', 'https://api.corp.test', false],
    ['api.corp.test:443', 'https://api.corp.test', true],
    ['.corp.test:443', 'https://api.corp.test', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://api.corp.test', false],
    ['10.0.0.0/33', 'https://10.0.0.0', false],
    ['10.1.2.3', 'https://10.1.2.3:6443', true],
    ['10.1.2.3', 'https://10.1.2.4', false],
    ['10.1.2.3:6443', 'https://10.1.2.3:6443', true],
    ['10.1.2.3:443', 'https://10.1.2.3:6443', false],
    ['1.2.3', 'https://10.1.2.3', true],
    ['2001:db8::/32', 'https://[2001:db8::1]:6443', true],
    ['2001:db8::1', 'https://[2001:db8:0:0::1]', true],
    ['2001:db8::2', 'https://[2001:db8::1]', false],
    ['[2001:db8::1]', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]:6443', 'https://[2001:db8::1]:6443', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]:6443', false],
    ['', 'https://api.corp.test', false],
    [', ,', 'https://api.corp.test', false],
    [':443', 'https://api.corp.test', false],
    ['', 'https://localhost:6443', true],
    ['', 'https://127.0.0.1:6443', true],
    ['', 'https://127.9.9.9', true],
    ['', 'https://[::1]:6443', true],
    ['', 'https://localhost.corp.test', false]
  ] as const) {
    test(`"${noProxy}" ${isExempt ? 'exempts' : 'does not exempt'} ${server}, in both cases`, () => {
      for (const name of ['NO_PROXY', 'no_proxy']) {
        const proxy = proxyFor(server, { HTTPS_PROXY: PROXY, [name]: noProxy })
        assert.equal(proxy, isExempt ? 'none' : `${PROXY} (HTTPS_PROXY)`)
      }
    })
  }
})
