import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { type Credentials, readCredentials } from '../../../src/sources/kubernetes/credentials.ts'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { temporaryFolder } from '../../support/files.ts'

const NOW = Date.parse('2026-11-03T03:04:05Z')

function credentialsOf(fields: object, folder = '/'): Promise<Credentials> {
  return readCredentials(
    { title: 'user "me"', folder, fields: { ...fields } },
    {
      environment: { PATH: process.env.PATH },
      clock: () => NOW,
      clusterInfo: async () => ({}),
      signal: new AbortController().signal
    }
  )
}

async function failureOf(fields: object, folder?: string) {
  const error = await credentialsOf(fields, folder).catch(thrown => thrown)
  assert.ok(error instanceof ApiError, 'it fails')
  const { failure } = error
  return 'message' in failure ? `${failure.kind}: ${failure.message}` : failure.kind
}

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** A plugin that fails, so that it shows when it is run. */
const EXEC = { command: 'false', apiVersion: 'client.authentication.k8s.io/v1beta1' }

/** A JSON Web Token with these claims, which nobody has signed. */
function jwt(claims: object): string {
  return ['{}', JSON.stringify(claims), 'signature'].map(part => Buffer.from(part).toString('base64url')).join('.')
}

function oidc(config: object) {
  return { 'auth-provider': { name: 'oidc', config: { 'client-id': 'guard', ...config } } }
}

suite('credentials of a user', () => {
  for (const [rule, fields, headers] of [
    ['are none where none are written', {}, {}],
    ['are a token', { token: 'abc' }, { Authorization: 'Bearer abc' }],
    ['are a token without the line break behind it', { token: 'abc\n' }, { Authorization: 'Bearer abc' }],
    ['are a password', { username: 'me', password: 'a:b' }, { Authorization: `Basic ${base64('me:a:b')}` }],
    ['are a token before those of a plugin', { token: 'abc', exec: EXEC }, { Authorization: 'Bearer abc' }],
    [
      'are a password before those of a plugin',
      { username: 'me', exec: EXEC },
      { Authorization: `Basic ${base64('me:')}` }
    ],
    ['are a token before that of a provider', { token: 'abc', ...oidc({}) }, { Authorization: 'Bearer abc' }]
  ] as const) {
    test(rule, async () => assert.deepEqual((await credentialsOf(fields)).headers, headers))
  }

  test('pass over a key without its certificate', async () => {
    const fields = { 'client-key': '/nonexistent', token: 'abc' }
    assert.deepEqual(await credentialsOf(fields), {
      headers: { Authorization: 'Bearer abc' },
      cert: '',
      key: '',
      expiresAt: null
    })
  })

  test('are a token from a file, before one that is written in, for a minute', async t => {
    const folder = await folderWith(t, { token: 'fresh\n' })
    const { headers, expiresAt } = await credentialsOf({ tokenFile: 'token', token: 'stale' }, folder)
    assert.deepEqual([headers, expiresAt], [{ Authorization: 'Bearer fresh' }, NOW + 60_000])
  })

  for (const [rule, tokenFile] of [
    ['is not there', 'missing'],
    ['is empty', 'empty'],
    ['is a folder', '.']
  ] as const) {
    test(`are a token that is written in where the file of one ${rule}, until that is read again`, async t => {
      const folder = await folderWith(t, { empty: '\n' })
      const { headers, expiresAt } = await credentialsOf({ tokenFile, token: 'abc' }, folder)
      assert.deepEqual([headers, expiresAt], [{ Authorization: 'Bearer abc' }, NOW + 60_000])
    })
  }

  test('are a certificate and its key, before those of a plugin', async t => {
    const folder = await folderWith(t, { 'me.key': 'KEY' })
    const fields = { 'client-certificate-data': base64('CERT'), 'client-key': 'me.key', exec: EXEC }
    assert.deepEqual(await credentialsOf(fields, folder), { headers: {}, cert: 'CERT', key: 'KEY', expiresAt: null })
  })

  for (const [rule, fields, failure] of [
    [
      'are not two at once',
      { token: 'abc', username: 'me' },
      'more than one authentication method found: token and username, only one is allowed'
    ],
    [
      'are no certificate without its key',
      { 'client-certificate-data': 'YQ==' },
      'client-key or client-key-data must be specified beside client-certificate'
    ],
    [
      'are no plugin and a provider at once',
      { exec: EXEC, ...oidc({}) },
      'auth-provider cannot be provided in combination with exec'
    ],
    ['are no token of two lines', { token: 'canary\r\nX: y' }, 'its token has characters that a token cannot have'],
    ['are no number', { token: 7 }, 'token is not a string; put it in quotes'],
    [
      'are not those of a provider that kubectl has no more: gcp',
      { 'auth-provider': { name: 'gcp' } },
      'the gcp auth plugin has been removed; use the exec plugin gke-gcloud-auth-plugin, which gcloud container clusters get-credentials sets up'
    ],
    [
      'are not those of a provider that kubectl has no more: azure',
      { 'auth-provider': { name: 'azure' } },
      'the azure auth plugin has been removed; use the exec plugin kubelogin (https://github.com/Azure/kubelogin)'
    ],
    [
      'are not those of a provider that nobody knows',
      { 'auth-provider': { name: 'openstack' } },
      'no auth provider found for name "openstack"'
    ]
  ] as const) {
    test(rule, async () => assert.equal(await failureOf(fields), `configuration: user "me": ${failure}`))
  }

  test('are no token in a file that is empty', async t => {
    const folder = await folderWith(t, { token: '' })
    assert.equal(await failureOf({ tokenFile: 'token' }, folder), 'configuration: user "me": tokenFile is empty')
  })
})

suite('an id-token of OpenID Connect', () => {
  const soon = NOW / 1000 + 60

  test('is used as long as it lasts', async () => {
    const token = jwt({ exp: soon })
    const { headers, expiresAt } = await credentialsOf(oidc({ 'id-token': token }))
    assert.deepEqual([headers, expiresAt], [{ Authorization: `Bearer ${token}` }, soon * 1000])
  })

  for (const [rule, token] of [
    ['does not say when it ends', jwt({})],
    ['says so in another way', jwt({ exp: 'soon' })],
    ['ends beyond all time', jwt({ exp: 1e300 })],
    ['nobody can read', 'opaque']
  ] as const) {
    test(`is used when it ${rule}: the server will tell`, async () => {
      const { headers, expiresAt } = await credentialsOf(oidc({ 'id-token': token }))
      assert.deepEqual([headers, expiresAt], [{ Authorization: `Bearer ${token}` }, null])
    })
  }

  const cure = 'run kubectl once, which gets a new one, or log in again'
  test('that expired is reported with the cure, and no new one is asked for', async () => {
    const config = {
      'id-token': jwt({ exp: NOW / 1000 }),
      'refresh-token': 'r',
      'idp-issuer-url': 'http://127.0.0.1:1/'
    }
    const message = `the id-token of user "me" (auth-provider oidc) expired at 2026-11-03T03:04:05.000Z: ${cure}`
    assert.equal(await failureOf(oidc(config)), `credentials: ${message}`)
  })

  for (const config of [{ 'refresh-token': 'r' }, { 'id-token': '' }, { 'id-token': 7 }]) {
    test(`is missing in ${JSON.stringify(config)}, which is told with the cure`, async () => {
      const message = `user "me" has no id-token (auth-provider oidc): ${cure}`
      assert.equal(await failureOf(oidc(config)), `credentials: ${message}`)
    })
  }
})

suite('impersonation', () => {
  test('is asked for as kubectl does: user, uid, groups and the rest', async () => {
    const { headers } = await credentialsOf({
      token: 'abc',
      as: 'jané',
      'as-uid': 'u-1',
      'as-groups': ['dev', 'ops'],
      'as-user-extra': { reason: ['a', 'b'], 'acme.com/%project': ['x'] }
    })
    assert.deepEqual(headers, {
      Authorization: 'Bearer abc',
      'Impersonate-User': Buffer.from('jané').toString('latin1'),
      'Impersonate-Uid': 'u-1',
      'Impersonate-Group': ['dev', 'ops'],
      'Impersonate-Extra-reason': ['a', 'b'],
      'Impersonate-Extra-acme.com%2F%25project': ['x']
    })
  })

  for (const fields of [{ 'as-groups': ['dev'] }, { 'as-uid': 'u' }, { 'as-user-extra': { reason: ['a'] } }]) {
    test(`of nobody is refused: ${JSON.stringify(fields)}`, async () => {
      const message = 'requesting uid, groups or user-extra without impersonating a user'
      assert.equal(await failureOf(fields), `configuration: user "me": ${message}`)
    })
  }

  for (const [fields, message] of [
    [{ as: ['jane'] }, 'as is not a string; put it in quotes'],
    [{ as: 'jane', 'as-groups': 'dev' }, 'as-groups is not a list of strings; put each in quotes'],
    [{ as: 'jane', 'as-groups': [7] }, 'as-groups is not a list of strings; put each in quotes'],
    [{ as: 'jane', 'as-user-extra': [] }, 'as-user-extra takes a list of strings for each name'],
    [{ as: 'jane', 'as-user-extra': { a: 'b' } }, 'as-user-extra: a is not a list of strings; put each in quotes']
  ] as const) {
    test(`that cannot be understood is refused: ${JSON.stringify(fields)}`, async () => {
      assert.equal(await failureOf(fields), `configuration: user "me": ${message}`)
    })
  }
})
