import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { proxyFor, readProxyRules } from '../src/proxy-environment.ts'

type Environment = Readonly<Record<string, string | undefined>>

function rulesOf(environment: Environment) {
  const read = readProxyRules(environment)
  if (!read.ok) throw new Error(JSON.stringify(read.mistakes))
  return read.value
}

function proxyOf(address: string, environment: Environment): string | undefined {
  return proxyFor(new URL(address), rulesOf(environment))?.url.origin
}

const BOTH = { HTTP_PROXY: 'http://plain.corp:3128', HTTPS_PROXY: 'http://secure.corp:3128' }

suite('a proxy by the environment', () => {
  for (const [rule, address, environment, proxy] of [
    ['is none without variables', 'http://shop.example/', {}, undefined],
    ['is none where they are empty', 'http://shop.example/', { HTTP_PROXY: '', https_proxy: ' ' }, undefined],
    ['is chosen by the scheme: http', 'http://shop.example/', BOTH, 'http://plain.corp:3128'],
    ['is chosen by the scheme: https', 'https://shop.example/', BOTH, 'http://secure.corp:3128'],
    ['is none for a scheme without one', 'https://shop.example/', { HTTP_PROXY: 'plain.corp:3128' }, undefined],
    [
      'may be written without a scheme',
      'http://shop.example/',
      { HTTP_PROXY: 'plain.corp:3128' },
      'http://plain.corp:3128'
    ],
    ['may be spoken to over TLS', 'http://shop.example/', { HTTP_PROXY: 'https://plain.corp' }, 'https://plain.corp'],
    ['may be named in lower case', 'http://shop.example/', { http_proxy: 'http://lower.corp' }, 'http://lower.corp'],
    [
      'is the one in lower case where both are',
      'http://shop.example/',
      { ...BOTH, http_proxy: 'http://lower.corp' },
      'http://lower.corp'
    ],
    ['is none where the lower case says so', 'http://shop.example/', { ...BOTH, http_proxy: '' }, undefined],
    ['is no header of a CGI client', 'http://shop.example/', { ...BOTH, REQUEST_METHOD: 'GET' }, undefined],
    [
      'is the one in lower case in a CGI program',
      'http://shop.example/',
      { http_proxy: 'http://lower.corp', REQUEST_METHOD: 'GET' },
      'http://lower.corp'
    ],
    [
      'is still the one for https in a CGI program',
      'https://shop.example/',
      { ...BOTH, REQUEST_METHOD: 'GET' },
      'http://secure.corp:3128'
    ],
    ['is not asked for this machine', 'http://localhost:8080/', BOTH, undefined],
    ['is not asked for this machine, by address', 'http://127.1.2.3/', BOTH, undefined],
    ['is not asked for this machine, by an IPv6 address', 'https://[::1]/', BOTH, undefined],
    ['is not asked for this machine, in any disguise', 'https://[::ffff:127.0.0.1]/', BOTH, undefined]
  ] as const) {
    test(rule, () => assert.equal(proxyOf(address, environment), proxy))
  }

  for (const [noProxy, address, isBypassed] of [
    ['', 'http://shop.example/', false],
    ['*', 'http://shop.example/', true],
    ['shop.example', 'http://shop.example/', true],
    ['Shop.Example.', 'http://shop.example/', true],
    ['example', 'http://shop.example/', true],
    ['shop.example', 'http://dev.shop.example/', true],
    ['shop.example', 'http://myshop.example/', false],
    ['.shop.example', 'http://dev.shop.example/', true],
    ['.shop.example', 'http://shop.example/', false],
    ['*.shop.example', 'http://dev.shop.example/', true],
    ['*.shop.example', 'http://shop.example/', false],
    ['müller.example', 'http://xn--mller-kva.example/', true],
    ['other.example, shop.example', 'http://shop.example/', true],
    ['other.example shop.example', 'http://shop.example/', true],
    [' , ,', 'http://shop.example/', false],
    ['shop.example:80', 'http://shop.example/', true],
    ['shop.example:443', 'https://shop.example/', true],
    ['shop.example:8080', 'http://shop.example:8080/', true],
    ['shop.example:8080', 'http://shop.example/', false],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/8', 'http://shop.example/', false],
    ['10.1.2.3', 'http://10.1.2.3:8080/', true],
    ['10.1.2.3:8080', 'http://10.1.2.3:8080/', true],
    ['10.1.2.3:8080', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['fd12::1', 'http://[fd12::1]/', true],
    ['[fd12::1]:8080', 'http://[fd12::1]:8080/', true],
    ['[fd12::1]:8080', 'http://[fd12::1]/', false],
    ['10.1.2.3/32', 'http://10.1.2.3/', true],
    ['fd12::1/128', 'http://[fd12::1]/', true],
    ['10.0.0.0/33', 'http://10.1.2.3/', false],
    ['0.0.0.0/0', 'http://[fd12::1]/', false]
  ] as const) {
    test(`NO_PROXY=${noProxy} is ${isBypassed ? 'a way around it' : 'none around it'} for ${address}`, () => {
      assert.equal(proxyOf(address, { ...BOTH, NO_PROXY: noProxy }) === undefined, isBypassed)
    })
  }

  for (const noProxy of ['"a.example,10.0.0.0/8"', "'a.example'"]) {
    test(`NO_PROXY=${noProxy} is refused: what it names would be asked through the proxy`, () => {
      const read = readProxyRules({ ...BOTH, NO_PROXY: noProxy })
      const mistakes = read.ok ? [] : read.mistakes.map(({ message }) => message)
      assert.deepEqual(mistakes, ['NO_PROXY: it takes hosts, domains and CIDRs; leave out the quotes'])
    })
  }

  test('NO_PROXY may be in lower case, which wins', () => {
    assert.equal(proxyOf('http://a.example/', { ...BOTH, no_proxy: 'a.example', NO_PROXY: 'b.example' }), undefined)
    assert.notEqual(proxyOf('http://b.example/', { ...BOTH, no_proxy: 'a.example', NO_PROXY: 'b.example' }), undefined)
  })

  test('has its credentials apart from its address', () => {
    const { http } = rulesOf({ HTTP_PROXY: 'http://us%65r:p%40ss@plain.corp:3128/path' })
    assert.equal(http?.url.href, 'http://plain.corp:3128/')
    assert.equal(http?.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`)
  })

  test('needs no credentials', () => assert.equal(rulesOf(BOTH).http?.authorization, null))

  for (const [what, address] of [
    ['another kind', 'socks5://canary:canary@plain.corp:1080'],
    ['no address', 'http://canary:canary@'],
    ['a wrong port', 'http://canary:canary@plain.corp:99999'],
    ['quotes around it', '"http://canary:canary@plain.corp:3128"'],
    ['quotes around a host alone', "'plain.corp:3128'"],
    ['a user name that is not escaped', 'http://100%:canary@plain.corp']
  ] as const) {
    test(`is not taken with ${what}, without repeating it`, () => {
      const read = readProxyRules({ HTTP_PROXY: address, https_proxy: address })
      const mistakes = read.ok ? [] : read.mistakes.map(({ message }) => message)
      assert.deepEqual(
        mistakes.map(mistake => mistake.split(' ', 2).join(' ')),
        ['HTTP_PROXY: it', 'HTTPS_PROXY: it']
      )
      assert.doesNotMatch(mistakes.join(), /canary|corp/)
    })
  }
})
