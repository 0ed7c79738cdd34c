import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errors } from 'undici'
import { type FailureContext, failureOf, ProbeError } from '../../src/probe/failure.ts'
import { certificateFacts, type ReadCertificate } from '../../src/probe/tls-failure.ts'

const CONTEXT: FailureContext = { host: 'client.example', phase: 'connecting', certificate: null }
const CERTIFICATE = {
  subjectaltname: 'DNS:admin.example, IP Address:10.1.2.3',
  valid_from: 'Jan  2 00:00:00 2025 GMT',
  valid_to: 'Nov  3 12:00:00 2026 GMT'
}

function coded(code: string, syscall?: string): Error {
  return Object.assign(new Error('canary'), { code, syscall })
}

function dns(code: string): Error {
  return coded(code, 'getaddrinfo')
}

suite('failure', () => {
  for (const [error, phase, reason, message] of [
    [dns('ENOTFOUND'), 'connecting', 'dns', 'cannot resolve client.example: no such host'],
    [dns('EAI_AGAIN'), 'connecting', 'dns', 'cannot resolve client.example: the name server gives no answer'],
    [dns('ENODATA'), 'connecting', 'dns', 'cannot resolve client.example: it has no address'],
    [coded('EAI_FAIL'), 'connecting', 'dns', 'cannot resolve client.example: EAI_FAIL'],
    [coded('ECONNREFUSED'), 'connecting', 'connect', 'connection to client.example refused'],
    [coded('ECONNRESET'), 'waiting', 'connect', 'connection reset by client.example'],
    [coded('EHOSTUNREACH'), 'connecting', 'connect', 'client.example is unreachable'],
    [coded('ENETUNREACH'), 'connecting', 'connect', 'no network route to client.example'],
    [coded('EMFILE'), 'connecting', 'not_asked', 'too many open files here: raise the limit of this process'],
    [dns('EMFILE'), 'connecting', 'not_asked', 'too many open files here: raise the limit of this process'],
    [coded('ENFILE'), 'connecting', 'not_asked', 'too many open files on this machine'],
    [coded('EADDRNOTAVAIL'), 'connecting', 'not_asked', 'no local address or port left'],
    [coded('ENOBUFS'), 'waiting', 'not_asked', 'no room left for network buffers on this machine'],
    [coded('ENOMEM'), 'handshake', 'not_asked', 'no memory left on this machine'],
    [
      new AggregateError([coded('ECONNREFUSED'), coded('EMFILE')]),
      'connecting',
      'not_asked',
      'too many open files here: raise the limit of this process'
    ],
    [
      new AggregateError([coded('EADDRNOTAVAIL'), coded('ECONNREFUSED')]),
      'connecting',
      'connect',
      'connection to client.example refused'
    ],
    [coded('ETIMEDOUT'), 'connecting', 'timeout', 'connection to client.example timed out'],
    [coded('EWHATEVER'), 'connecting', 'connect', 'asking client.example failed (EWHATEVER)'],
    [new TypeError('canary'), 'answering', 'connect', 'asking client.example failed (TypeError)'],
    ['not even an error', 'waiting', 'connect', 'asking client.example failed (Error)'],
    [new errors.SocketError('other side closed'), 'waiting', 'connect', 'client.example closed without answering'],
    [
      new errors.SocketError('other side closed'),
      'answering',
      'connect',
      'connection closed by client.example in mid-answer'
    ],
    [new errors.SocketError('bad response'), 'waiting', 'connect', 'malformed HTTP answer of client.example'],
    [new errors.HTTPParserError('canary'), 'waiting', 'connect', 'malformed HTTP answer of client.example'],
    [new errors.HeadersOverflowError(), 'waiting', 'too_large', 'headers are larger than 16 KiB'],
    [
      new errors.ResponseContentLengthMismatchError(),
      'answering',
      'connect',
      'the answer of client.example is not as long as it says'
    ],
    [
      new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')]),
      'connecting',
      'connect',
      'connection to client.example refused'
    ],
    [
      new AggregateError([coded('ENETUNREACH'), coded('EHOSTUNREACH')]),
      'connecting',
      'connect',
      'no network route to client.example'
    ],
    [new ProbeError('refused', 'ours'), 'connecting', 'refused', 'ours'],
    [coded('CERT_HAS_EXPIRED'), 'handshake', 'tls', 'certificate expired 2026-11-03 (client.example)'],
    [coded('CERT_NOT_YET_VALID'), 'handshake', 'tls', 'certificate not valid before 2025-01-02 (client.example)'],
    [
      coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
      'handshake',
      'tls',
      'certificate is self-signed (client.example): to trust it, add it to ENDPOINT_CA_FILE'
    ],
    [
      coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      'handshake',
      'tls',
      'certificate is from an unknown authority (client.example): to trust it, add it to ENDPOINT_CA_FILE'
    ],
    [
      coded('ERR_TLS_CERT_ALTNAME_INVALID'),
      'handshake',
      'tls',
      'certificate is for admin.example, 10.1.2.3, not for client.example'
    ],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'handshake', 'tls', 'client.example does not speak TLS on this port'],
    [coded('ECONNRESET'), 'handshake', 'tls', 'client.example closed the connection in the TLS handshake'],
    [coded('CERT_REVOKED'), 'handshake', 'tls', 'TLS with client.example failed (CERT_REVOKED)'],
    [
      coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
      'waiting',
      'tls',
      'TLS with client.example failed (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)'
    ]
  ] as const) {
    test(`${error instanceof Error ? error.name : 'a thrown string'} when ${phase}: ${message}`, () => {
      const context = { ...CONTEXT, phase, certificate: certificateFacts(CERTIFICATE) }
      assert.deepEqual(failureOf(error, context), { seen: false, reason, message })
    })
  }

  test('says no date and no name where there is no certificate to read', () => {
    const expired = failureOf(coded('CERT_HAS_EXPIRED'), { ...CONTEXT, phase: 'handshake' })
    assert.equal(expired.message, 'certificate expired (client.example)')
    const strange = { ...CONTEXT, phase: 'handshake', certificate: certificateFacts({}) } as const
    assert.equal(failureOf(coded('CERT_HAS_EXPIRED'), strange).message, 'certificate expired (client.example)')
  })

  test('shows a hostile host cut, and as it is', () => {
    const { message } = failureOf(coded('ECONNREFUSED'), { ...CONTEXT, host: `$&${'x'.repeat(500)}` })
    assert.equal(message, `connection to $&${'x'.repeat(126)} refused`)
  })
})

suite('certificate', () => {
  test('expires with the first of its chain, and begins with the last', () => {
    const issuerCertificate = { ...CERTIFICATE, valid_to: 'Jan  1 00:00:00 2024 GMT' }
    const leaf = { ...CERTIFICATE, valid_from: 'Jan  1 00:00:00 2026 GMT', issuerCertificate }
    const { expires, begins } = certificateFacts(leaf)
    assert.deepEqual([expires, begins], ['2024-01-01', '2026-01-01'])
  })

  test('may be its own issuer', () => {
    const alone: ReadCertificate & { issuerCertificate?: ReadCertificate } = { ...CERTIFICATE }
    alone.issuerCertificate = alone
    assert.equal(certificateFacts(alone).expires, '2026-11-03')
  })

  test('is for its common name where it names no alternatives', () => {
    assert.deepEqual(certificateFacts({ subject: { CN: 'old.example' } }).names, ['old.example'])
  })
})
