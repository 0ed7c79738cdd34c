import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errors } from 'undici'
import { type FailureContext, failureOf, isOutOfDescriptors, ProbeError } from '../../src/probe/failure.ts'
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

function at(address: string, code: string): Error {
  return Object.assign(coded(code, 'connect'), { address })
}

function dns(code: string): Error {
  return coded(code, 'getaddrinfo')
}

suite('failure', () => {
  for (const [error, phase, reason, message] of [
    [dns('ENOTFOUND'), 'connecting', 'dns', 'cannot resolve client.example: no such host'],
    [
      dns('EAI_AGAIN'),
      'connecting',
      'dns',
      'cannot resolve client.example: the name server does not answer or reports a failure'
    ],
    [dns('ENODATA'), 'connecting', 'dns', 'cannot resolve client.example: it has no address'],
    [coded('EAI_FAIL'), 'connecting', 'dns', 'cannot resolve client.example: EAI_FAIL'],
    [coded('ECONNREFUSED'), 'connecting', 'connect', 'connection to client.example refused'],
    [coded('ECONNRESET'), 'waiting', 'connect', 'connection reset by client.example'],
    [coded('EHOSTUNREACH'), 'connecting', 'connect', 'client.example is unreachable'],
    [coded('ENETUNREACH'), 'connecting', 'connect', 'no network route to client.example'],
    [coded('EMFILE'), 'connecting', 'not_asked', 'too many open files here: raise the limit of this process'],
    [dns('EMFILE'), 'connecting', 'not_asked', 'too many open files here: raise the limit of this process'],
    [coded('ENFILE'), 'connecting', 'not_asked', 'too many open files on this machine'],
    [coded('EADDRNOTAVAIL'), 'connecting', 'not_asked', 'no local port left'],
    [at('10.0.0.1', 'EADDRNOTAVAIL'), 'connecting', 'not_asked', 'no local port left'],
    [
      at('fd00::1', 'EADDRNOTAVAIL'),
      'connecting',
      'connect',
      'this machine has no IPv6 address to reach client.example from'
    ],
    [at('fd00::1', 'EAFNOSUPPORT'), 'connecting', 'connect', 'this machine has no IPv6 to reach client.example with'],
    [at('fe80::1', 'EINVAL'), 'connecting', 'connect', 'no network route to client.example'],
    [coded('ENOBUFS'), 'waiting', 'not_asked', 'no room left for network buffers on this machine'],
    [coded('ENOMEM'), 'handshake', 'not_asked', 'no memory left on this machine'],
    [
      new AggregateError([coded('ECONNREFUSED'), coded('EMFILE')]),
      'connecting',
      'not_asked',
      'too many open files here: raise the limit of this process'
    ],
    [
      new AggregateError([at('fd00::1', 'EADDRNOTAVAIL'), coded('ECONNREFUSED')]),
      'connecting',
      'connect',
      'connection to client.example refused'
    ],
    [coded('ETIMEDOUT'), 'connecting', 'timeout', 'connection to client.example timed out'],
    [coded('EWHATEVER'), 'connecting', 'connect', 'the request to client.example failed (EWHATEVER)'],
    [new TypeError('canary'), 'answering', 'connect', 'the request to client.example failed (TypeError)'],
    ['not even an error', 'waiting', 'connect', 'the request to client.example failed (Error)'],
    [
      new errors.SocketError('other side closed'),
      'waiting',
      'connect',
      'client.example closed the connection without answering'
    ],
    [
      new errors.SocketError('other side closed'),
      'answering',
      'connect',
      'connection closed by client.example mid-answer'
    ],
    [new errors.SocketError('bad response'), 'waiting', 'connect', 'malformed HTTP answer from client.example'],
    [new errors.HTTPParserError('canary'), 'waiting', 'connect', 'malformed HTTP answer from client.example'],
    [new errors.HeadersOverflowError(), 'waiting', 'too_large', 'headers are larger than 16 KiB'],
    [
      new errors.ResponseContentLengthMismatchError(),
      'answering',
      'connect',
      'the answer from client.example does not match its Content-Length'
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
    [coded('ECONNRESET'), 'handshake', 'tls', 'client.example closed the connection during the TLS handshake'],
    [coded('CERT_REVOKED'), 'handshake', 'tls', 'TLS with client.example failed (CERT_REVOKED)'],
    [
      coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
      'waiting',
      'tls',
      'client.example wants a client certificate, and the guard has none'
    ],
    [
      coded('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'),
      'handshake',
      'tls',
      'client.example refused the TLS handshake: it wants a client certificate, or ciphers that the guard does not offer'
    ],
    [
      coded('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'),
      'handshake',
      'tls',
      'client.example speaks only HTTP/2, and the guard only HTTP/1.1'
    ],
    [
      coded('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'),
      'handshake',
      'tls',
      'client.example speaks no TLS version that the guard supports (1.2 and 1.3)'
    ],
    [coded('ERR_SSL_TLSV1_UNRECOGNIZED_NAME'), 'handshake', 'tls', 'client.example serves no host with this name'],
    [
      coded('INVALID_PURPOSE'),
      'handshake',
      'tls',
      'certificate, or one above it, does not allow this use (client.example): look at extendedKeyUsage, keyUsage and basicConstraints'
    ],
    [
      Object.assign(new Error('EE certificate key too weak'), { code: 'UNSPECIFIED' }),
      'handshake',
      'tls',
      'TLS with client.example failed (EE certificate key too weak)'
    ],
    [coded('HPE_INVALID_CONSTANT'), 'connecting', 'connect', 'malformed HTTP answer from client.example'],
    [new errors.ResponseContentLengthMismatchError(), 'waiting', 'connect', 'malformed HTTP answer from client.example']
  ] as const) {
    test(`${error instanceof Error ? error.name : 'a thrown string'} when ${phase}: ${message}`, () => {
      const context = { ...CONTEXT, phase, certificate: certificateFacts(CERTIFICATE) }
      assert.deepEqual(failureOf(error, context), { seen: false, reason, message })
    })
  }

  test('tells an address that a certificate has as a name from one that it does not have', () => {
    const certificate = certificateFacts({ subjectaltname: 'DNS:10.1.2.3, DNS:client.example' })
    const context = { ...CONTEXT, host: '10.1.2.3', phase: 'handshake', certificate } as const
    assert.equal(
      failureOf(coded('ERR_TLS_CERT_ALTNAME_INVALID'), context).message,
      'certificate has 10.1.2.3 in its subjectAltName as a DNS name, and needs it as an IP address'
    )
  })

  test('says no date and no name where there is no certificate to read', () => {
    const expired = failureOf(coded('CERT_HAS_EXPIRED'), { ...CONTEXT, phase: 'handshake' })
    assert.equal(expired.message, 'certificate expired (client.example)')
    const strange = { ...CONTEXT, phase: 'handshake', certificate: certificateFacts({}) } as const
    assert.equal(failureOf(coded('CERT_HAS_EXPIRED'), strange).message, 'certificate expired (client.example)')
  })

  for (const [what, beginning, message] of [
    [
      'an alert of TLS',
      [0x15, 3, 1, 0, 2, 2, 70],
      'client.example speaks TLS on this port: the address must begin with https'
    ],
    [
      'a handshake of TLS',
      [0x16, 3, 3, 0, 40],
      'client.example speaks TLS on this port: the address must begin with https'
    ],
    [
      'settings of HTTP/2',
      [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3],
      'client.example speaks only HTTP/2, and the guard only HTTP/1.1'
    ],
    ['another frame', [0, 0, 6, 7, 0, 0, 0, 0, 0, 0, 3], 'malformed HTTP answer from client.example'],
    [
      'two lengths',
      Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length : 2\r\n\r\n{}'),
      'client.example sends Content-Length twice'
    ],
    [
      'one length, and one in the body',
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nContent-Length: 2'),
      'malformed HTTP answer from client.example'
    ]
  ] as const) {
    test(`an answer that begins with ${what} is recognised`, () => {
      const context = { ...CONTEXT, phase: 'waiting', beginning: Buffer.from(beginning) } as const
      assert.equal(failureOf(new errors.HTTPParserError('canary'), context).message, message)
    })
  }

  for (const [code, isSo] of [
    ['EMFILE', true],
    ['ENFILE', true],
    ['ENOBUFS', false],
    ['ENOMEM', false],
    ['EADDRNOTAVAIL', false],
    ['ECONNREFUSED', false]
  ] as const) {
    test(`${code} is ${isSo ? '' : 'not '}for want of descriptors`, () => {
      assert.equal(isOutOfDescriptors(failureOf(coded(code), CONTEXT)), isSo)
    })
  }

  for (const [what, names, message] of [
    ['is for others', ['a.example', 'b.example'], 'certificate is for a.example, b.example, not for client.example'],
    ['must not be told', [], 'certificate is not for client.example'],
    ['has no subjectAltName', null, 'certificate has no subjectAltName, which must name client.example']
  ] as const) {
    test(`a certificate that ${what}: ${message}`, () => {
      const certificate = { expires: null, begins: null, names }
      const context = { ...CONTEXT, phase: 'handshake', certificate } as const
      assert.equal(failureOf(coded('ERR_TLS_CERT_ALTNAME_INVALID'), context).message, message)
    })
  }

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

  test('names nobody where it has no subjectAltName', () => {
    assert.equal(certificateFacts({}).names, null)
  })
})
