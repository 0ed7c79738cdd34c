import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseWebConfig } from '../../../src/config/web-config/parse.ts'

const HASH = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi'
const TAKES = 'a web config is one YAML document, such as "{}" for plain HTTP without a password'
const FILES = 'cert_file: a.pem\n  key_file: b.pem'
const BCRYPT = 'a bcrypt hash of cost 4 to 18, as htpasswd -nBC 10 "" prints it after the colon'

function mistakesOf(text: string): string[] {
  const parsed = parseWebConfig(text, 'web.yaml')
  return parsed.ok ? [] : parsed.mistakes.map(({ message }) => message.replace('web.yaml:', ''))
}

suite('web config', () => {
  for (const [rule, text] of [
    ['says nothing', '{}'],
    ['has TLS from files', `tls_server_config:\n  ${FILES}`],
    ['has TLS inline', 'tls_server_config: { cert: PEM, key: PEM }'],
    ['has users alone', `basic_auth_users: { alice: ${HASH}, bob: "${HASH.replace('$2y', '$2b')}" }`],
    ['turns HTTP/2 off', 'http_server_config: { http2: false, headers: { X-Frame-Options: deny } }'],
    ['limits the pace', 'rate_limit: { interval: 1m30s, burst: 20 }'],
    [
      'has one suite of several for its only version',
      `tls_server_config:\n  ${FILES}\n  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]`
    ],
    [
      'says all of TLS',
      `tls_server_config:
  ${FILES}
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example]
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
  min_version: TLS12
  max_version: TLS13
  prefer_server_cipher_suites: false`
    ]
  ] as const) {
    test(`is taken when it ${rule}`, () => assert.deepEqual(mistakesOf(text), []))
  }
})

suite('broken web config', () => {
  for (const [rule, text, expected] of [
    ['is empty', '', [`1: empty; ${TAKES}`]],
    ['has two documents', '{}\n---\n{}\n', [`3: has a second document; ${TAKES}`]],
    ['is no YAML', 'a: b: c\n', ['1: Nested mappings are not allowed in compact mappings']],
    [
      'is a list',
      '[]',
      ['1: not a mapping; it takes the keys tls_server_config, http_server_config, basic_auth_users, rate_limit']
    ],
    [
      'misspells a key',
      'tls_server_confg: {}\nauth_excluded_paths: []\n',
      [
        '1: tls_server_confg: no such key; did you mean tls_server_config?',
        '2: …: no such key; it takes tls_server_config, http_server_config, basic_auth_users, rate_limit'
      ]
    ],
    [
      'has TLS without certificate and key',
      '# TLS\ntls_server_config: {}',
      [
        '2: tls_server_config.cert_file: missing; give a path here, or the PEM as cert',
        '2: tls_server_config.key_file: missing; give a path here, or the PEM as key'
      ]
    ],
    [
      'gives everything twice',
      `tls_server_config:\n  ${FILES}\n  cert: x\n  key: x\n  client_ca: x\n  client_ca_file: x\n  client_auth_type: RequestClientCert`,
      [
        '4: tls_server_config.cert: given twice, as cert and as cert_file; remove one',
        '5: tls_server_config.key: given twice, as key and as key_file; remove one',
        '6: tls_server_config.client_ca: given twice, as client_ca and as client_ca_file; remove one'
      ]
    ],
    [
      'asks nobody for a certificate that it could verify',
      `tls_server_config:\n  ${FILES}\n  client_ca_file: x\n  client_allowed_sans: [a]`,
      [
        '4: tls_server_config.client_ca_file: has no effect without client_auth_type, such as RequireAndVerifyClientCert',
        '5: tls_server_config.client_allowed_sans: needs client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert'
      ]
    ],
    [
      'lets nobody in',
      `tls_server_config:\n  ${FILES}\n  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: []`,
      ['5: tls_server_config.client_allowed_sans: empty, so every client would be refused; leave it out to accept any']
    ],
    [
      'has versions that nobody can meet',
      `tls_server_config:\n  ${FILES}\n  min_version: TLS13\n  max_version: TLS12`,
      ['4: tls_server_config.min_version: TLS13 is above max_version TLS12']
    ],
    [
      'has no suite for its only version',
      `tls_server_config:\n  ${FILES}\n  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]`,
      ['5: tls_server_config.cipher_suites: none of them works with TLS12, and max_version allows nothing newer']
    ],
    [
      'wants what cannot be done here',
      `tls_server_config:\n  ${FILES}\n  min_version: TLS10\nhttp_server_config:\n  http2: true\n`,
      [
        '4: tls_server_config.min_version: this is not one of TLS12, TLS13',
        '6: http_server_config.http2: this is not false: only HTTP/1.1 is supported'
      ]
    ],
    [
      'has headers of its own',
      'http_server_config:\n  headers:\n    X-Frame-Options: allow\n    x-xss-protection: "0"\n    Server: me\n    Content-Security-Policy: "a\\nb"\n    Strict-Transport-Security: ""\n',
      [
        '3: http_server_config.headers.X-Frame-Options: this is not one of deny, sameorigin',
        '4: http_server_config.headers.x-xss-protection: no such key; did you mean X-XSS-Protection?',
        '5: http_server_config.headers.…: no such key; it takes Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection',
        '6: http_server_config.headers.Content-Security-Policy: this is not a header value: printable ASCII, not blank',
        '7: http_server_config.headers.Strict-Transport-Security: this is not a header value: printable ASCII, not blank'
      ]
    ],
    [
      'has passwords in place of hashes',
      `basic_auth_users:\n  alice: hunter2\n  bob: ${HASH.replace('$10', '$31')}\n  carol: ${HASH.replace('$2y', '$2x')}\n  "a:b": ${HASH}\n  dave: 7\n`,
      [
        `2: basic_auth_users.…: this is not ${BCRYPT}`,
        `3: basic_auth_users.…: this is not ${BCRYPT}`,
        `4: basic_auth_users.…: this is not ${BCRYPT}`,
        '5: basic_auth_users.…: a user with a colon in its name can never log in',
        `6: basic_auth_users.…: not a string; it takes ${BCRYPT}, in quotes`
      ]
    ],
    ['has a list of users', 'basic_auth_users: [alice]', ['1: basic_auth_users: not a mapping; write {} for none']],
    ['has nothing under its users', 'basic_auth_users:', ['1: basic_auth_users: not a mapping; write {} for none']],
    [
      'limits the rate in no way that there is',
      'rate_limit:\n  interval: 1d\n  burst: -1\n',
      [
        '2: rate_limit.interval: this is not a duration, such as 500ms, 1s or 1m30s, or 0 for no limit',
        '3: rate_limit.burst: this is not a whole number, 0 or more'
      ]
    ],
    [
      'counts nanoseconds, as Go would',
      'rate_limit:\n  interval: 5\n  burst: 1.5\n',
      [
        '2: rate_limit.interval: not a string; it takes a duration, such as 500ms, 1s or 1m30s, or 0 for no limit, in quotes',
        '3: rate_limit.burst: this is not a whole number, 0 or more'
      ]
    ]
  ] as const) {
    test(`is refused when it ${rule}`, () => assert.deepEqual(mistakesOf(text), expected))
  }

  test('never has its words repeated, wherever a secret stands', () => {
    const canary = '$2y$10$CanarycanaryCANARY'
    const places = [
      canary,
      `${canary}: x`,
      `"${canary}": [`,
      `*${canary}`,
      `!${canary} x`,
      `a: |${canary}`,
      `%${canary}`,
      `{${canary}: 1, ${canary}: 1}`,
      `tls_server_config: {key: x, key: ${canary}}`,
      `tls_server_config: {key_file: "-----BEGIN\\n${canary}"}`,
      `tls_server_config: {client_auth_type: ${canary}, cipher_suites: [${canary}], min_version: ${canary}, prefer_server_cipher_suites: ${canary}}`,
      `http_server_config: {http2: ${canary}, headers: {X-Frame-Options: ${canary}, ${canary}: x}}`,
      `basic_auth_users: {x: ${canary}, ${canary}: x, "${canary}:": x}`,
      `rate_limit: {interval: ${canary}, burst: ${canary}}`
    ]
    for (const text of places) {
      const mistakes = mistakesOf(text)
      assert.ok(mistakes.length > 0, text)
      assert.ok(!mistakes.join().toLowerCase().includes('canary'), mistakes.join('\n'))
    }
  })

  test('never breaks the reader', () => {
    const names = fc.constantFrom(
      'tls_server_config',
      'basic_auth_users',
      'rate_limit',
      'http_server_config',
      'headers',
      'key',
      '__proto__',
      ''
    )
    const { tree } = fc.letrec(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 4 })
      )
    }))
    fc.assert(
      fc.property(tree, value => typeof parseWebConfig(JSON.stringify(value), 'web.yaml').ok === 'boolean'),
      { numRuns: 1000 }
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'tls_key:-{}[]&*!|>"\'\n #a1') }),
        text => typeof parseWebConfig(text, 'web.yaml').ok === 'boolean'
      ),
      { numRuns: 1000 }
    )
  })
})
