import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { before, suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { readWebConfig } from '../../../src/config/web-config/read.ts'
import { type Certificate, createAuthority } from '../../support/certificates.ts'
import { needs } from '../../support/component.ts'
import { temporaryFolder } from '../../support/files.ts'

const NEWEST = join(
  process.env.NEWEST_BIN ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'keybuzz-version-guard/newest/bin'),
  'promtool'
)
const missing = existsSync(NEWEST) ? undefined : 'no newest promtool; test/alerts/fetch-newest fetches it'

const HASH = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi'
const FILES = { cert_file: 'server.pem', key_file: 'server.key' }
const tls = (more: object) => JSON.stringify({ tls_server_config: { ...FILES, ...more } })
const withCa = (type: string) => tls({ client_auth_type: type, client_ca_file: 'ca.pem' })
const header = (name: string, value: string) => JSON.stringify({ http_server_config: { headers: { [name]: value } } })

/** Accepted by both. */
const GOOD = [
  '{}',
  tls({}),
  ...['RequestClientCert', 'RequireClientCert', 'RequireAnyClientCert', 'VerifyClientCertIfGiven'].map(withCa),
  tls({ client_auth_type: 'NoClientCert' }),
  tls({ client_auth_type: 'RequireAnyClientCert', client_allowed_sans: ['prometheus.example', '10.0.0.1'] }),
  withCa('RequireAndVerifyClientCert'),
  ...[
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  ].map(suite => tls({ cipher_suites: [suite] })),
  tls({ curve_preferences: ['CurveP256', 'CurveP384', 'CurveP521', 'X25519'] }),
  tls({ min_version: 'TLS13', max_version: 'TLS13', prefer_server_cipher_suites: false }),
  JSON.stringify({
    basic_auth_users: { alice: HASH, '1': HASH.replace('$2y', '$2a'), yes: HASH.replace('$2y', '$2b') }
  }),
  JSON.stringify({ rate_limit: { interval: '1m30s', burst: 20 }, http_server_config: { http2: false } }),
  header('X-Frame-Options', 'sameorigin'),
  header('X-Content-Type-Options', 'nosniff'),
  header('X-XSS-Protection', '0'),
  header('Content-Security-Policy', "default-src 'self'"),
  header('Strict-Transport-Security', 'max-age=31536000'),
  // With a warning.
  tls({ client_auth_type: 'RequireAndVerifyClientCert' }),
  tls({ client_auth_type: 'VerifyClientCertIfGiven' }),
  'rate_limit: { interval: 1s }',
  'rate_limit: { burst: 1 }',
  'rate_limit: { interval: 0, burst: 0 }',
  'basic_auth_users: {}',
  JSON.stringify({ basic_auth_users: { alice: HASH.replace('$10', '$18') } }),
  // What YAML makes no text of.
  ...['1', '0', '1.5', 'true'].map(value => `http_server_config: { headers: { X-XSS-Protection: ${value} } }`)
]

/** Accepted by promtool, and why not by us. */
const STRICTER = [
  ['an empty file is one that was not written yet, and would open the door', ''],
  ['a second document would not be read', '{}\n---\nbasic_auth_users: 1\n'],
  ['tls_server_config without certificates would be plain HTTP in silence', 'tls_server_config:\n'],
  ['the same, with another key', 'tls_server_config: { min_version: TLS13 }'],
  ['nothing under basic_auth_users would open the door', 'basic_auth_users:\n'],
  ['a password that no bcrypt can check in time', `basic_auth_users: { alice: "${HASH.replace('$10', '$31')}" }`],
  ['a variant of bcrypt that is known to be broken', `basic_auth_users: { alice: "${HASH.replace('$2y', '$2x')}" }`],
  ['a user who can never log in', `basic_auth_users: { "a:b": "${HASH}" }`],
  ['HTTP/2 is not spoken here', 'http_server_config: { http2: true }'],
  ['YAML 1.1 words for true and false are texts in YAML 1.2', 'http_server_config: { http2: no }'],
  ['a header with nothing in it says nothing', header('Strict-Transport-Security', '')],
  ['what is given twice has one half ignored', tls({ cert: 'x', key: 'x' })],
  ['TLS 1.0 wants a lower security level of OpenSSL', tls({ min_version: 'TLS10' })],
  ['TLS 1.1 does, too', tls({ max_version: 'TLS11' })],
  ['no version is left', tls({ min_version: 'TLS13', max_version: 'TLS12' })],
  ['no suite is left', tls({ max_version: 'TLS12', cipher_suites: ['TLS_AES_128_GCM_SHA256'] })],
  ['nobody has one of no names', tls({ client_auth_type: 'RequireAnyClientCert', client_allowed_sans: [] })],
  [
    'names of a certificate that is not asked for (as the newest toolkit says, too)',
    tls({ client_allowed_sans: ['a'] })
  ],
  ['a file of authorities without one', tls({ client_auth_type: 'RequestClientCert', client_ca_file: 'server.key' })],
  ['a number without a unit means nanoseconds to Go', 'rate_limit: { interval: 5, burst: 1 }']
] as const

let server: Certificate
let authority: string

function fileFor(t: TestContext): string {
  const folder = temporaryFolder(t)
  for (const [name, text] of [
    ['server.pem', server.cert],
    ['server.key', server.key],
    ['ca.pem', authority]
  ] as const) {
    writeFileSync(join(folder, name), text)
  }
  return join(folder, 'web.yaml')
}

function check(path: string, promtool: string): string {
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'web-config', path], { encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

suite('promtool', needs(missing), () => {
  before(async () => {
    const made = await createAuthority()
    authority = made.pem
    server = await made.issue({ names: ['localhost'] })
  })

  for (const text of GOOD) {
    test(`accepts what we accept: ${text}`, t => {
      const path = fileFor(t)
      writeFileSync(path, text)
      const config = readWebConfig(path).result
      assert.deepEqual(config.ok ? [] : config.mistakes, [])
      assert.equal(check(path, NEWEST), '')
    })
  }

  test('accepts certificates inline', t => {
    const path = fileFor(t)
    const text = {
      tls_server_config: {
        cert: server.cert,
        key: server.key,
        client_ca: authority,
        client_auth_type: 'RequestClientCert'
      }
    }
    writeFileSync(path, JSON.stringify(text))
    assert.equal(readWebConfig(path).result.ok, true)
    assert.equal(check(path, NEWEST), '')
  })

  for (const [reason, text] of STRICTER) {
    test(`accepts more than we do, because ${reason}`, t => {
      const path = fileFor(t)
      writeFileSync(path, text)
      assert.equal(check(path, NEWEST), '')
      assert.equal(readWebConfig(path).result.ok, false)
    })
  }

  test('accepts whatever we accept, of random files', t => {
    const path = fileFor(t)
    let accepted = 0
    fc.assert(
      fc.property(RANDOM, fc.boolean(), (value, isFlow) => {
        writeFileSync(path, isFlow ? JSON.stringify(value) : JSON.stringify(value, null, 2))
        if (!readWebConfig(path).result.ok) return
        accepted += 1
        assert.equal(check(path, NEWEST), '')
      }),
      // The same files in each run: how many of them are accepted is no matter of luck.
      { numRuns: 150, seed: 9877 }
    )
    assert.notEqual(accepted, 0)
  })
})

// Mostly right, so that some are accepted; texts of all kinds where a text may stand.
const someOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values)
const optional = { requiredKeys: [] }
const RANDOM = fc.record(
  {
    tls_server_config: fc.record(
      {
        cert_file: someOf('server.pem', './server.pem'),
        key_file: someOf('server.key', 'server.key', 'server.pem'),
        client_ca_file: someOf('ca.pem', 'server.pem'),
        client_auth_type: someOf('RequestClientCert', 'RequireAnyClientCert', 'RequireAndVerifyClientCert'),
        client_allowed_sans: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }),
        cipher_suites: fc.subarray(['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_NONE']),
        curve_preferences: fc.subarray(['X25519', 'CurveP256', 'CurveP521']),
        min_version: someOf('TLS12', 'TLS13', 'TLS10'),
        prefer_server_cipher_suites: fc.boolean()
      },
      { requiredKeys: ['cert_file', 'key_file'] }
    ),
    http_server_config: fc.record(
      {
        http2: someOf(false, false, true),
        headers: fc.record({ 'X-XSS-Protection': fc.string(), 'X-Frame-Options': someOf('deny', 'DENY') }, optional)
      },
      optional
    ),
    basic_auth_users: fc.dictionary(fc.string({ unit: 'binary' }), someOf(HASH, HASH, HASH.replace('$10', '$04'))),
    rate_limit: fc.record({ interval: someOf('1s', '1h1m1s1ms', '1d', '500ms', ''), burst: fc.integer({ min: 0 }) })
  },
  optional
)
