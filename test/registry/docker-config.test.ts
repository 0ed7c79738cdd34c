import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type DockerConfig, findCredentials, parseDockerConfig } from '../../src/registry/docker-config.ts'

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

function parsed(config: object): DockerConfig {
  const result = parseDockerConfig(JSON.stringify(config))
  return result.ok ? result.value : assert.fail(result.mistakes[0]?.message)
}

function credentialFor(auths: object, registry: string, repository = 'shop/app') {
  return findCredentials(parsed({ auths }).entries, { registry, repository })[0] ?? null
}

/** The user tells which entry was found. */
function userFor(keys: readonly string[], registry: string, repository?: string) {
  const auths = Object.fromEntries(keys.map((key, index) => [key, auth(`${index}:secret`)]))
  const found = credentialFor(auths, registry, repository)
  return found?.kind === 'basic' ? keys[Number(found.user)] : null
}

suite('docker config', () => {
  for (const [rule, keys, registry, repository, expected] of [
    ['knows a registry by its host', ['ghcr.io'], 'ghcr.io', 'shop/app', 'ghcr.io'],
    ['by its host and port', ['r.example.com:5000'], 'r.example.com:5000', 'shop/app', 'r.example.com:5000'],
    ['in any case', ['GHCR.io'], 'ghcr.IO', 'shop/app', 'GHCR.io'],
    ['by an address', ['https://ghcr.io'], 'ghcr.io', 'shop/app', 'https://ghcr.io'],
    ['by an address of the first API', ['https://ghcr.io/v1/'], 'ghcr.io', 'shop/app', 'https://ghcr.io/v1/'],
    ['by an address of the second API', ['http://ghcr.io/v2/'], 'ghcr.io', 'shop/app', 'http://ghcr.io/v2/'],
    [
      'knows Docker Hub by its old address',
      ['https://index.docker.io/v1/'],
      'docker.io',
      'a/b',
      'https://index.docker.io/v1/'
    ],
    ['knows Docker Hub by its index', ['index.docker.io'], 'docker.io', 'a/b', 'index.docker.io'],
    ['knows Docker Hub by its API', ['registry-1.docker.io'], 'docker.io', 'a/b', 'registry-1.docker.io'],
    ['knows Docker Hub by its name', ['docker.io'], 'docker.io', 'a/b', 'docker.io'],
    ['by an address in any case', ['HTTPS://GHCR.io'], 'ghcr.io', 'shop/app', 'HTTPS://GHCR.io'],
    ['takes what only looks like an API for a path', ['quay.io/v10', 'quay.io/xv1'], 'quay.io', 'org/app', null],
    ['does not take one host for another', ['ghcr.io'], 'xghcr.io', 'shop/app', null],
    ['does not take a host for the same with a port', ['ghcr.io'], 'ghcr.io:8443', 'shop/app', null],
    ['takes a path', ['quay.io/org'], 'quay.io', 'org/app', 'quay.io/org'],
    ['takes a whole repository', ['quay.io/org/app'], 'quay.io', 'org/app', 'quay.io/org/app'],
    ['takes no other path', ['quay.io/org'], 'quay.io', 'organ/app', null],
    [
      'takes the longest path first',
      ['quay.io', 'quay.io/org/app', 'quay.io/org'],
      'quay.io',
      'org/app',
      'quay.io/org/app'
    ],
    ['takes a path before the whole host', ['quay.io', 'quay.io/org'], 'quay.io', 'org/app', 'quay.io/org'],
    ['takes the host for what no path fits', ['quay.io/org', 'quay.io'], 'quay.io', 'other/app', 'quay.io'],
    ['takes a star for one label', ['*.example.com'], 'r.example.com', 'shop/app', '*.example.com'],
    ['takes a star for no more than one', ['*.example.com'], 'a.b.example.com', 'shop/app', null],
    ['takes a star for no less', ['*.example.com'], 'example.com', 'shop/app', null],
    ['takes a star for no other domain', ['*.example.com'], 'r.example.org', 'shop/app', null],
    ['takes a star for a part of a label', ['*-good.example.com'], 'r-good.example.com', 'a/b', '*-good.example.com'],
    ['takes several stars in a label', ['a*c*e.example.com'], 'abcde.example.com', 'a/b', 'a*c*e.example.com'],
    ['takes stars in their order', ['a*d*c*e.example.com'], 'abcde.example.com', 'a/b', null],
    ['takes a star for nothing', ['app*.example.com'], 'app.example.com', 'a/b', 'app*.example.com'],
    ['takes no letter twice', ['ab*ba.example.com'], 'aba.example.com', 'a/b', null],
    ['takes a star for no dot', ['a*e.example.com'], 'a.e.example.com', 'a/b', null],
    ['takes a star for no port', ['r.*'], 'r.io:5000', 'a/b', null],
    ['takes a star beside a port', ['r.*:5000'], 'r.io:5000', 'a/b', 'r.*:5000'],
    ['takes a host before a star', ['*.example.com', 'r.example.com'], 'r.example.com', 'shop/app', 'r.example.com'],
    [
      'takes the shortest path before a host',
      ['r.example.com', '*.example.com/a'],
      'r.example.com',
      'a/app',
      '*.example.com/a'
    ],
    [
      'takes a star with a path before a host',
      ['r.example.com', '*.example.com/shop'],
      'r.example.com',
      'shop/app',
      '*.example.com/shop'
    ]
  ] as const) {
    test(rule, () => assert.equal(userFor(keys, registry, repository), expected))
  }

  test('takes the host for what a helper holds the credential of its path', () => {
    const auths = { 'ghcr.io/shop': {}, 'ghcr.io': auth('u:p') }
    assert.deepEqual(credentialFor(auths, 'ghcr.io'), { kind: 'basic', user: 'u', password: 'p' })
  })

  for (const [rule, value, expected] of [
    ['splits at the first colon', auth('u:p:w'), { kind: 'basic', user: 'u', password: 'p:w' }],
    ['takes an empty password', auth('u:'), { kind: 'basic', user: 'u', password: '' }],
    ['takes a line break in a password', auth('u:a\nb'), { kind: 'basic', user: 'u', password: 'a\nb' }],
    [
      'takes a user name beside a password',
      { username: 'u', password: 'p' },
      { kind: 'basic', user: 'u', password: 'p' }
    ],
    [
      'prefers what docker wrote',
      { ...auth('a:b'), username: 'u', password: 'p' },
      { kind: 'basic', user: 'a', password: 'b' }
    ],
    ['takes a token of the registry as it is', { ...auth('a:b'), registrytoken: 't' }, { kind: 'token', token: 't' }],
    ['takes an entry that a helper left for none', {}, null],
    ['takes a user without a password for none', { username: 'u' }, null],
    ['takes empty texts for none', { auth: '', username: '', password: '', registrytoken: '' }, null],
    ['takes what is no object for none', 'u:p', null]
  ] as const) {
    test(rule, () => assert.deepEqual(credentialFor({ 'ghcr.io': value }, 'ghcr.io'), expected))
  }

  for (const [rule, config, problems] of [
    [
      'says that an identity token cannot be used',
      { auths: { 'r.example.com/team': { ...auth('u:secret'), identitytoken: 'secret' } } },
      [
        'credentials for r.example.com/team: an identitytoken can only be exchanged by a POST, and this program sends none: log in with a password or an access token'
      ]
    ],
    [
      'quotes no password before a host',
      {
        auths: {
          'https://bob:secret@r.example.com/v1/': auth('<token>:secret'),
          'bob:se/cr@et@r.example.com/team': auth('<token>:secret')
        }
      },
      [
        'credentials for r.example.com: a user <token> stands for an identitytoken',
        'credentials for r.example.com/team: a user <token> stands for an identitytoken'
      ]
    ],
    [
      'knows an identity token by its user',
      { auths: { 'r.example.com': auth('<token>:secret') } },
      ['credentials for r.example.com: a user <token> stands for an identitytoken']
    ],
    [
      'says that it is no user and password',
      { auths: { 'r.example.com': { auth: 'c2VjcmV0' } } },
      ['credentials for r.example.com: auth is not user:password in base64']
    ],
    [
      'runs no helper',
      { credHelpers: { 'gcr.io': 'gcloud' } },
      ['credsStore and credHelpers are not used: they name programs, and the guard runs none']
    ],
    [
      'runs no store, and says so in one line',
      { credsStore: 'desktop', credHelpers: {} },
      ['credsStore and credHelpers are not used: they name programs, and the guard runs none']
    ],
    ['may be empty', {}, []],
    ['may hold no entries', { auths: null }, []]
  ] as const) {
    test(rule, () => {
      const { entries, problems: found } = parsed(config)
      assert.deepEqual(found, problems)
      assert.deepEqual(entries, [])
    })
  }

  for (const text of ['', '{', '[]', 'null', '"a"', '{"auths":{"secret']) {
    test(`is not ${text === '' ? 'nothing' : text}, and quotes none of it`, () => {
      assert.deepEqual(parseDockerConfig(text), {
        ok: false,
        mistakes: [{ message: 'it takes a docker config: a JSON object with auths', kind: 'bad_input' }]
      })
    })
  }
})
