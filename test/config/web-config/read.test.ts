import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, type TestContext, test } from 'node:test'
import { readWebConfig } from '../../../src/config/web-config/read.ts'
import { type Certificate, createAuthority } from '../../support/certificates.ts'
import { temporaryFolder } from '../../support/files.ts'

const FILES = 'cert_file: server.crt, key_file: server.key'
const hash = (cost: number) => `$2y$${cost}$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi`

let server: Certificate
let authority: string
let expired: Certificate
let early: Certificate

before(async () => {
  const made = await createAuthority()
  authority = made.pem
  server = await made.issue({ names: ['localhost'] })
  expired = await made.issue({ names: ['localhost'], notAfter: new Date('2021-01-01T00:00:00Z') })
  early = await made.issue({ names: ['localhost'], notBefore: new Date('2119-01-01T00:00:00Z') })
})

function read(t: TestContext, text: string) {
  const folder = temporaryFolder(t)
  for (const [name, content] of [
    ['server.crt', server.cert],
    ['server.key', server.key],
    ['ca.pem', authority],
    ['expired.crt', expired.cert],
    ['expired.key', expired.key],
    ['early.crt', early.cert],
    ['early.key', early.key],
    ['one-valid.pem', expired.cert + authority],
    ['same-line.pem', expired.cert.trim() + authority],
    ['web.yaml', text]
  ] as const) {
    writeFileSync(join(folder, name), content)
  }
  const path = join(folder, 'web.yaml')
  const { result } = readWebConfig(path)
  assert.ok(result.ok, result.ok ? '' : result.mistakes.map(({ message }) => message).join('\n'))
  const { rules, warnings } = result.value
  return { rules, warnings: warnings.map(line => line.replace(`${path}:`, '')) }
}

// What exporter-toolkit's own tests read with success (web/testdata), with other names and certificates.
suite('a web config that exporter-toolkit takes', () => {
  const UNVERIFIED = 'client_auth_type: VerifyClientCertIfGiven'
  const IF_GIVEN =
    '1: tls_server_config: without client_ca_file no client certificate can be verified, so a client that sends one is refused'
  for (const [name, text, ...expected] of [
    ['with certificates that are verified if given', `{${FILES}, ${UNVERIFIED}}`, IF_GIVEN],
    [
      'with certificates that nobody can verify',
      `{${FILES}, client_auth_type: RequireAndVerifyClientCert}`,
      '1: tls_server_config: without client_ca_file no client certificate can be verified, so every client is refused'
    ],
    ['with any certificate', `{${FILES}, client_auth_type: RequireAnyClientCert, client_ca_file: ca.pem}`],
    ['with an authority', `{${FILES}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}`],
    [
      'with names of clients',
      `{${FILES}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, client_allowed_sans: [one, test3]}`
    ],
    [
      'with every suite that there has been',
      `{${FILES}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_GCM_SHA384]}`,
      '1: tls_server_config: TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_GCM_SHA384: anybody who gets the key can decrypt recorded traffic'
    ],
    [
      'with some suites of TLS 1.2 in no order',
      `{${FILES}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384], prefer_server_cipher_suites: false, min_version: TLS12, max_version: TLS12}`
    ],
    ['with some curves', `{${FILES}, curve_preferences: [CurveP521]}`]
  ] as const) {
    test(name, t => assert.deepEqual(read(t, `tls_server_config: ${text}`).warnings, expected))
  }

  test('with every curve, the post-quantum one too, where OpenSSL has it', t => {
    const curves = ['CurveP256', 'CurveP384', 'CurveP521', 'X25519']
    const newest = Number(process.versions.openssl.split('.').slice(0, 2).join('.')) >= 3.5 ? ['X25519MLKEM768'] : []
    const { rules } = read(t, `tls_server_config: {${FILES}, curve_preferences: [${[...curves, ...newest]}]}`)
    assert.equal(rules.tls?.context.ecdhCurve, ['prime256v1', 'secp384r1', 'secp521r1', 'X25519', ...newest].join(':'))
  })

  test('with a number for a header', t => {
    const { rules, warnings } = read(t, 'http_server_config: {headers: {X-Frame-Options: deny, X-XSS-Protection: 1}}')
    assert.deepEqual([rules.headers, warnings], [{ 'X-Frame-Options': 'deny', 'X-XSS-Protection': '1' }, []])
  })

  for (const [rule, text, rateLimit, ...expected] of [
    ['that limits nothing', '{interval: 0, burst: 0}', null],
    ['of 0 seconds', '{interval: 0s, burst: 3}', null],
    ['without an interval', '{burst: 3}', null, '1: rate_limit: without an interval nothing is limited'],
    ['of 1 second', '{interval: 1s, burst: 3}', { intervalMs: 1000, burst: 3 }],
    [
      'that lets nothing in',
      '{interval: "1s", burst: 0}',
      { intervalMs: 1000, burst: 0 },
      '1: rate_limit: a burst of 0, which is also the default, refuses every request'
    ],
    [
      'without a burst',
      '{interval: 1m}',
      { intervalMs: 60_000, burst: 0 },
      '1: rate_limit: a burst of 0, which is also the default, refuses every request'
    ]
  ] as const) {
    test(`with a rate ${rule}`, t => {
      const { rules, warnings } = read(t, `rate_limit: ${text}`)
      assert.deepEqual([rules.rateLimit, warnings], [rateLimit, expected])
    })
  }

  test('with passwords that take long to compare', t => {
    const { rules, warnings } = read(
      t,
      `tls_server_config: {${FILES}}\nbasic_auth_users: {alice: ${hash(14)}, bob: ${hash(18)}}`
    )
    assert.equal(rules.users.get('bob'), hash(18))
    assert.deepEqual(warnings, ['2: basic_auth_users: a cost above 14 makes each login take seconds; 10 is enough'])
  })

  test('with passwords that are quick to compare', t => {
    assert.deepEqual(read(t, `tls_server_config: {${FILES}}\nbasic_auth_users: {alice: ${hash(14)}}`).warnings, [])
  })
})

// Every client refuses it, and nothing else would say why nobody scrapes any more.
suite('a web config warns of a certificate out of its time', () => {
  const EXPIRED = 'expired at 2021-01-01 00:00:00 UTC'
  const CLIENTS = `${FILES}, client_auth_type: VerifyClientCertIfGiven`
  for (const [rule, text, ...expected] of [
    [
      'that has expired',
      'cert_file: expired.crt, key_file: expired.key',
      `1: tls_server_config: the certificate ${EXPIRED}, so clients refuse it`
    ],
    [
      'that is not valid yet',
      'cert_file: early.crt, key_file: early.key',
      '1: tls_server_config: the certificate is not valid before 2119-01-01 00:00:00 UTC, so clients refuse it'
    ],
    [
      'of the authority of clients',
      `${CLIENTS}, client_ca_file: expired.crt`,
      `1: tls_server_config: the authority of clients ${EXPIRED}, so every client certificate is refused`
    ],
    ['but not of one authority of several', `${CLIENTS}, client_ca_file: one-valid.pem`],
    [
      'but not of an authority that verifies nobody',
      `${FILES}, client_auth_type: RequireAnyClientCert, client_ca_file: expired.crt`
    ]
  ] as const) {
    test(rule, t => assert.deepEqual(read(t, `tls_server_config: {${text}}`).warnings, expected))
  }
})

test('authorities of clients are told apart where one ends on the line of the next, as cat leaves them', t => {
  const { rules } = read(
    t,
    `tls_server_config: {${FILES}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: same-line.pem}`
  )
  assert.equal(String(rules.tls?.context.ca).match(/^-----BEGIN CERTIFICATE-----$/gm)?.length, 2)
})

suite('clients of a web config without client_ca_file', () => {
  for (const [type, ca] of [
    ['RequireAndVerifyClientCert', []],
    ['VerifyClientCertIfGiven', []],
    ['RequireAnyClientCert', undefined],
    ['RequestClientCert', undefined],
    ['NoClientCert', undefined]
  ] as const) {
    test(`are vouched for by ${ca === undefined ? 'nobody, and need not be' : 'nobody'}: ${type}`, t => {
      const { rules } = read(t, `tls_server_config: {${FILES}, client_auth_type: ${type}}`)
      assert.deepEqual(rules.tls?.context.ca, ca)
    })
  }
})
