import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isNamed, mayKeepCredentials, mayShowCredentials } from '../../src/registry/realms.ts'

suite('a host of a list', () => {
  for (const [named, url, expected] of [
    ['r.test', 'https://r.test/', true],
    ['r.test', 'http://r.test:5000/', true],
    ['R.test:5000', 'https://r.test:5000/', true],
    ['r.test:5000', 'https://r.test:5001/', false],
    ['r.test:443', 'https://r.test:443/', true],
    ['r.test:443', 'https://r.test/', true],
    ['r.test:443', 'http://r.test/', false],
    ['r.test:80', 'http://r.test:80/', true],
    ['r.test:80', 'http://r.test/', true],
    ['r.test:80', 'https://r.test/', false],
    ['[::1]:80', 'http://[::1]/', true]
  ] as const) {
    test(`${named} names ${expected ? '' : 'not '}${url}`, () => assert.equal(isNamed([named], new URL(url)), expected))
  }
})

suite('a credential that a registry redirects', () => {
  for (const [rule, from, to, expected] of [
    ['goes on to the same origin', 'https://r.test:5000/a', 'https://r.test:5000/b', true],
    ['goes on where its host has TLS', 'http://r.test/a', 'https://r.test:443/a', true],
    ['stays where its host has none', 'https://r.test/a', 'http://r.test/a', false],
    ['stays where its host has another port', 'http://r.test/a', 'https://r.test:8443/a', false],
    ['stays where it went to another port', 'http://r.test:5000/a', 'https://r.test/a', false],
    ['stays where the host is another', 'http://r.test/a', 'https://cdn.r.test/a', false]
  ] as const) {
    test(rule, () => assert.equal(mayKeepCredentials(new URL(from), new URL(to)), expected))
  }
})

suite('the credentials of a registry', () => {
  for (const [rule, registry, realm, expected, rules] of [
    ['may be seen on its own host', 'https://r.example.com', 'https://r.example.com/token', true, {}],
    ['on another port of it too', 'https://r.example.com:5050', 'https://r.example.com/jwt/auth', true, {}],
    ['on a domain above it, as GitLab has it', 'https://registry.gitlab.com', 'https://gitlab.com/jwt/auth', true, {}],
    ['on no domain that only ends like it', 'https://evil-gitlab.com', 'https://gitlab.com/jwt/auth', false, {}],
    ['on no domain of one label', 'https://registry.internal', 'https://internal/token', false, {}],
    ['on no domain below it', 'https://example.com', 'https://auth.example.com/token', false, {}],
    ['on no domain beside it', 'https://r.example.com', 'https://auth.example.com/token', false, {}],
    [
      'on one that the operator names',
      'https://r.example.com',
      'https://auth.example.com/token',
      true,
      { realms: ['Auth.Example.com'] }
    ],
    [
      'with its port',
      'https://r.example.com',
      'https://auth.example.com:8443/',
      true,
      { realms: ['auth.example.com:8443'] }
    ],
    [
      'and on no other port',
      'https://r.example.com',
      'https://auth.example.com:9443/',
      false,
      { realms: ['auth.example.com:8443'] }
    ],
    ['of Docker Hub on its token server', 'https://registry-1.docker.io', 'https://auth.docker.io/token', true, {}],
    ['of lscr.io at GitHub', 'https://lscr.io', 'https://ghcr.io/token', true, {}],
    ['of another registry not at Docker Hub', 'https://r.example.com', 'https://auth.docker.io/token', false, {}],
    [
      'never without TLS where the registry has it',
      'https://r.example.com',
      'http://r.example.com/token',
      false,
      { insecure: ['r.example.com'] }
    ],
    [
      'without TLS where the registry has none either',
      'http://r.example.com:5000',
      'http://r.example.com:5000/token',
      true,
      {}
    ],
    [
      'without TLS on another port only by name',
      'http://r.example.com:5000',
      'http://r.example.com:5001/token',
      false,
      {}
    ],
    [
      'named as one without TLS',
      'http://r.example.com:5000',
      'http://r.example.com:5001/token',
      true,
      { insecure: ['r.example.com:5001'] }
    ],
    [
      'of a registry without TLS on a server with it',
      'http://r.example.com:5000',
      'https://r.example.com/token',
      true,
      {}
    ]
  ] as const) {
    test(rule, () => {
      const named = { realms: [], insecure: [], ...rules }
      assert.equal(mayShowCredentials(new URL(registry), new URL(realm), named), expected)
    })
  }
})
