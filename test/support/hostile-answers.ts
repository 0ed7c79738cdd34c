import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { DebugReport, FailureReason } from '../../src/domain/probe.ts'

/** What a correct probe makes of an answer. */
export interface Expectation {
  /** A report, or the reason why there is none. */
  readonly expected: DebugReport | FailureReason
  /** The exact words, where they do not depend on the machine. */
  readonly message?: string
}

export interface HttpAnswer extends Expectation {
  readonly answer: (response: ServerResponse) => void
}

export interface RawAnswer extends Expectation {
  readonly answer: (socket: Socket) => void
}

export const REPORT: DebugReport = { version: 'v1.2.3', gitSha: '0123456789abcdef0123456789abcdef01234567' }
const REPORT_TEXT = JSON.stringify(REPORT)
const LIMIT = 64 * 1024
// 48 KiB of gzip.
const GZIP_BOMB = gzipSync(Buffer.alloc(48 * 1024 * 1024, ' '))
const BROTLI_BOMB = brotliCompressSync(Buffer.alloc(48 * 1024 * 1024, ' '), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 1 }
})
const TOO_LARGE = { expected: 'too_large', message: 'report is larger than 64 KiB' } as const

function reply(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }
}

function padded(size: number): string {
  return REPORT_TEXT + ' '.repeat(size - REPORT_TEXT.length)
}

function endless(headers: Record<string, string>, code = 200) {
  return (response: ServerResponse) => {
    response.writeHead(code, headers)
    const source = Readable.from(
      (function* () {
        while (true) yield Buffer.alloc(LIMIT, ' ')
      })()
    )
    source.pipe(response)
    response.on('close', () => source.destroy())
  }
}

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
}

function sha(gitSha: unknown): HttpAnswer {
  return { answer: reply(JSON.stringify({ version: 'v1', gitSha })), expected: { version: 'v1', gitSha: null } }
}

function version(value: unknown, message: string): HttpAnswer {
  return { answer: reply(JSON.stringify({ version: value })), expected: 'no_version', message }
}

function notJson(body: string | Buffer, message: string): HttpAnswer {
  return { answer: reply(body), expected: 'not_json', message }
}

function redirect(location: string) {
  return reply('moved', { location }, 302)
}

function status(code: number, message: string): HttpAnswer {
  return { answer: reply('{"version":"v1"}', {}, code), expected: 'http_status', message }
}

/** Well-formed HTTP; by name, which is the path too. */
export const HTTP_ANSWERS: Readonly<Record<string, HttpAnswer>> = {
  'a-good-report': { answer: reply(REPORT_TEXT), expected: REPORT },
  'html-with-200': notJson('<!doctype html><html><body>Welcome</body></html>', 'not JSON: an HTML page'),
  xml: notJson('<?xml version="1.0"?><version>v1</version>', 'not JSON: markup'),
  'empty-body': notJson('', 'not JSON: empty body'),
  'blank-body': notJson(' \n\t ', 'not JSON: empty body'),
  'status-204': { answer: reply('', {}, 204), expected: 'not_json', message: 'not JSON: empty body' },
  'plain-text': notJson('v1.2.3', 'not JSON: it begins with v1.2.3'),
  'cut-json': notJson('{"version":"v1"', 'not JSON: it begins with {"version":"v1"'),
  'json-array': notJson('[{"version":"v1"}]', 'an array instead of a JSON object'),
  'json-null': notJson('null', 'null instead of a JSON object'),
  'json-string': notJson('"v1"', 'a string instead of a JSON object'),
  'json-number': notJson('1', 'a number instead of a JSON object'),
  'invalid-utf-8': notJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not JSON: not UTF-8 text'),
  'utf-16': { answer: reply(Buffer.from(`\ufeff${REPORT_TEXT}`, 'utf16le')), expected: REPORT },
  'utf-16-without-a-mark': { answer: reply(Buffer.from(REPORT_TEXT, 'utf16le')), expected: REPORT },
  'utf-16-of-something-else': notJson(Buffer.from('\ufeffhello', 'utf16le'), 'not JSON: it begins with hello'),
  'utf-8-bom': { answer: reply(`\ufeff${REPORT_TEXT}`), expected: REPORT },
  'deep-objects': {
    answer: reply(nested(8000)),
    expected: 'no_version',
    message: 'no version at /version, /appVersion, /build/version, /gitVersion or /data/version'
  },
  'deep-arrays': notJson('['.repeat(60_000), `not JSON: it begins with ${'['.repeat(32)}`),
  'duplicate-keys': { answer: reply('{"version":"a","version":"v1"}'), expected: { version: 'v1', gitSha: null } },
  'no-version': { answer: reply('{"status":"ok"}'), expected: 'no_version' },
  'version-a-number': version(1.2, '/version is a number, not a string'),
  'version-an-object': version({ tag: 'v1' }, '/version is an object, not a string'),
  'version-null': version(null, '/version is null, not a string'),
  'version-empty': version('', '/version is empty'),
  'version-blank': version(' \n', '/version is empty'),
  'version-under-proto': { answer: reply('{"__proto__":{"version":"v1"}}'), expected: 'no_version' },
  'version-with-control-characters': {
    answer: reply(JSON.stringify({ version: 'v1\u0000\r\n\u001b[31m\u202e' })),
    expected: { version: 'v1\u0000\r\n\u001b[31m\u202e', gitSha: null }
  },
  'version-of-5000-characters': {
    answer: reply(JSON.stringify({ version: 'v'.repeat(5000) })),
    expected: { version: 'v'.repeat(129), gitSha: null }
  },
  'version-with-a-lone-surrogate': {
    answer: reply('{"version":"v1\\ud800"}'),
    expected: { version: 'v1\ud800', gitSha: null }
  },
  'sha-unknown': sha('unknown'),
  'sha-dev': sha('dev'),
  'sha-null': sha(null),
  'sha-null-as-text': sha('null'),
  'sha-empty': sha(''),
  'sha-of-6-digits': sha('abc123'),
  'sha-of-65-digits': sha('a'.repeat(65)),
  'sha-not-hexadecimal': sha('g123456789'),
  'sha-a-number': sha(1234567),
  'status-400': status(400, 'HTTP 400 Bad Request'),
  'status-404': status(404, 'HTTP 404 Not Found'),
  'status-500': status(500, 'HTTP 500 Internal Server Error'),
  'status-503': status(503, 'HTTP 503 Service Unavailable'),
  'status-999': status(999, 'HTTP 999'),
  'status-300': status(300, 'HTTP 300 Multiple Choices'),
  'exactly-65536-bytes': { answer: reply(padded(LIMIT)), expected: REPORT },
  '65537-bytes': { answer: reply(padded(LIMIT + 1)), ...TOO_LARGE },
  'endless-body': { answer: endless({}), ...TOO_LARGE },
  '200-mb-announced': { answer: endless({ 'content-length': String(200 * 1024 * 1024) }), ...TOO_LARGE },
  'endless-404': { answer: endless({}, 404), expected: 'http_status', message: 'HTTP 404 Not Found' },
  gzip: { answer: reply(gzipSync(REPORT_TEXT), { 'content-encoding': 'gzip' }), expected: REPORT },
  brotli: { answer: reply(brotliCompressSync(REPORT_TEXT), { 'content-encoding': 'BR' }), expected: REPORT },
  deflate: { answer: reply(deflateSync(REPORT_TEXT), { 'content-encoding': 'deflate' }), expected: REPORT },
  'raw-deflate': { answer: reply(deflateRawSync(REPORT_TEXT), { 'content-encoding': 'deflate' }), expected: REPORT },
  'gzip-bomb': { answer: reply(GZIP_BOMB, { 'content-encoding': 'gzip' }), ...TOO_LARGE },
  'brotli-bomb': { answer: reply(BROTLI_BOMB, { 'content-encoding': 'br' }), ...TOO_LARGE },
  'corrupt-gzip': {
    answer: reply(gzipSync(REPORT_TEXT).fill(0, 12), { 'content-encoding': 'gzip' }),
    expected: 'not_json',
    message: 'not JSON: broken gzip encoding'
  },
  'gzip-that-is-none': { answer: reply(REPORT_TEXT, { 'content-encoding': 'gzip' }), expected: REPORT },
  'gzip-of-nothing-known': {
    answer: reply(gzipSync('oops'), { 'content-encoding': 'gzip' }),
    expected: 'not_json',
    message: 'not JSON: it begins with oops'
  },
  'encoding-utf-8': { answer: reply(REPORT_TEXT, { 'content-encoding': 'UTF-8' }), expected: REPORT },
  'encoding-identity-and-utf-8': {
    answer: reply(REPORT_TEXT, { 'content-encoding': 'identity, utf-8' }),
    expected: REPORT
  },
  'unknown-encoding': { answer: reply(REPORT_TEXT, { 'content-encoding': 'rot13' }), expected: REPORT },
  'unknown-encoding-of-bytes': {
    answer: reply(Buffer.from([0x1f, 0x9d, 0x90]), { 'content-encoding': 'compress' }),
    expected: 'not_json',
    message: 'unknown content encoding compress'
  },
  'type-of-a-page': { answer: reply(REPORT_TEXT, { 'content-type': 'text/html' }), expected: REPORT },
  'no-sense-of-a-type': { answer: reply(REPORT_TEXT, { 'content-type': 'json' }), expected: REPORT },
  'version-with-white-space': {
    answer: reply('{"version":"v1.2.3\\n","gitSha":" 0123456789abcdef0123456789abcdef01234567\\r\\n"}'),
    expected: REPORT
  },
  'sha-of-a-tree-with-changes': {
    answer: reply('{"version":"v1","gitSha":"0123456-dirty"}'),
    expected: { version: 'v1', gitSha: '0123456-dirty' }
  },
  'login-page-behind-a-redirect': {
    answer: redirect('/html-with-200'),
    expected: 'not_json',
    message: 'redirected to /html-with-200, which answered an HTML page'
  },
  'redirects-1': { answer: redirect('/a-good-report'), expected: REPORT },
  'redirects-2': { answer: redirect('/redirects-1'), expected: REPORT },
  'redirects-3': { answer: redirect('redirects-2'), expected: REPORT },
  'redirects-4': { answer: redirect('/redirects-3'), expected: 'redirect', message: 'more than 3 redirects' },
  'redirect-loop': { answer: redirect('/redirect-loop'), expected: 'redirect', message: 'more than 3 redirects' },
  'redirect-with-endless-body': { answer: endless({ location: '/a-good-report' }, 307), expected: REPORT },
  'redirect-without-location': {
    answer: reply('', {}, 301),
    expected: 'redirect',
    message: 'redirect without a Location'
  },
  'redirect-to-nonsense': {
    answer: redirect('http://['),
    expected: 'redirect',
    message: 'redirect to an invalid address'
  },
  'redirect-to-a-file': {
    answer: redirect('file:///etc/passwd'),
    expected: 'redirect',
    message: 'redirect to an address that is neither http nor https'
  },
  'redirect-with-credentials': {
    answer: redirect('http://admin:secret@127.0.0.1/'),
    expected: 'refused',
    message: "the redirect's address contains a user name or password: it takes an address without them"
  },
  'redirect-to-metadata': {
    answer: redirect('http://169.254.169.254/latest/meta-data/'),
    expected: 'refused',
    message: '169.254.169.254 may not be reached: name it in ENDPOINT_ALLOW to allow it'
  },
  'redirect-to-another-local-host': {
    answer: redirect('http://localhost/'),
    expected: 'refused',
    message: 'localhost may not be reached: name it in ENDPOINT_ALLOW to allow it'
  }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

function raw(text: string, ending: 'then closes' | 'then hangs' = 'then closes') {
  return (socket: Socket) => {
    socket.write(text)
    if (ending === 'then closes') socket.end()
  }
}

function drip(head: string, piece: string, everyMs = 100) {
  return (socket: Socket) => {
    socket.write(head)
    const timer = setInterval(() => socket.write(piece), everyMs)
    socket.on('close', () => clearInterval(timer))
  }
}

function flood(head: string, piece: string) {
  return (socket: Socket) => {
    const wave = piece.repeat(LIMIT / piece.length)
    socket.write(head)
    const pour = () => {
      while (socket.writable && socket.write(wave));
    }
    socket.on('drain', pour)
    pour()
  }
}

const MALFORMED = { expected: 'connect', message: 'malformed HTTP answer from 127.0.0.1' } as const
const SILENT = { expected: 'connect', message: '127.0.0.1 closed the connection without answering' } as const

/** Broken HTTP, or none; by name, which is the path too. */
export const RAW_ANSWERS: Readonly<Record<string, RawAnswer>> = {
  'hang-before-headers': { answer: () => {}, expected: 'timeout' },
  'hang-in-headers': { answer: raw(HEAD, 'then hangs'), expected: 'timeout' },
  'hang-after-headers': { answer: raw(`${HEAD}Content-Length: 50\r\n\r\n`, 'then hangs'), expected: 'timeout' },
  'drip-of-headers': { answer: drip(HEAD, 'X-More: 1\r\n'), expected: 'timeout' },
  'drip-of-body': { answer: drip(`${HEAD}Content-Length: 60000\r\n\r\n{`, ' '), expected: 'timeout' },
  'reset-on-request': {
    answer: socket => socket.resetAndDestroy(),
    expected: 'connect',
    message: 'connection reset by 127.0.0.1'
  },
  'reset-in-mid-body': {
    answer: socket => {
      socket.write(`${HEAD}Content-Length: 5000\r\n\r\n{"version":`, () => setImmediate(() => socket.resetAndDestroy()))
    },
    expected: 'connect'
  },
  'close-without-answer': { answer: socket => socket.end(), ...SILENT },
  'close-in-mid-body': {
    answer: raw(`${HEAD}Content-Length: 5000\r\n\r\n{"version":`),
    expected: 'connect',
    message: 'connection closed by 127.0.0.1 mid-answer'
  },
  'close-in-mid-chunk': {
    answer: raw(`${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n50\r\n{"version":`),
    expected: 'connect',
    message: 'connection closed by 127.0.0.1 mid-answer'
  },
  'close-before-the-last-chunk': {
    answer: raw(`${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n10\r\n{"version":"v1"}\r\n`),
    expected: 'connect',
    message: 'connection closed by 127.0.0.1 mid-answer'
  },
  'length-beyond-the-body-and-close': {
    answer: raw(`${HEAD}Connection: close\r\nContent-Length: 5000\r\n\r\n{"version":"v1"}`),
    expected: 'connect',
    message: 'the answer from 127.0.0.1 does not match its Content-Length'
  },
  'another-protocol': { answer: raw('SSH-2.0-OpenSSH_9.2\r\n'), ...MALFORMED },
  'binary-garbage': { answer: raw('\u0000\u0001\u0002\u0003\u0004'), ...MALFORMED },
  'bad-chunk-size': { answer: raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`), ...MALFORMED },
  'two-lengths': {
    answer: raw(`${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
    expected: 'connect',
    message: '127.0.0.1 sends Content-Length twice'
  },
  'the-same-length-twice': {
    answer: raw(`${HEAD}${`Content-Length: ${REPORT_TEXT.length}\r\n`.repeat(2)}\r\n${REPORT_TEXT}`),
    expected: REPORT
  },
  'a-null-behind-a-length': { answer: raw(`${HEAD}Content-Length: 2\r\nX-Null: a\u0000b\r\n\r\n{}`), ...MALFORMED },
  'settings-of-http-2': {
    answer: raw('\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000'),
    expected: 'connect',
    message: '127.0.0.1 speaks only HTTP/2, and the guard only HTTP/1.1'
  },
  'a-null-in-a-header': { answer: raw(`${HEAD}X-Null: a\u0000b\r\nContent-Length: 2\r\n\r\n{}`), ...MALFORMED },
  '100-continue': { answer: raw('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)), ...MALFORMED },
  '100-continue-then-a-report': {
    answer: raw(`HTTP/1.1 100 Continue\r\n\r\n${HEAD}Connection: close\r\n\r\n${REPORT_TEXT}`),
    expected: REPORT
  },
  'line-feeds-alone': { answer: raw(`HTTP/1.1 200 OK\nContent-Type: text/plain\n\n${REPORT_TEXT}`), expected: REPORT },
  'a-header-of-two-lines': {
    answer: raw(`${HEAD}X-Long: a,\r\n\tb\r\nConnection: close\r\n\r\n${REPORT_TEXT}`),
    expected: REPORT
  },
  'line-feeds-alone-then-hang': { answer: raw('HTTP/1.1 200 OK\nX-Long: ', 'then hangs'), expected: 'timeout' },
  'endless-headers-with-line-feeds-alone': { answer: flood('HTTP/1.1 200 OK\n', 'X-More: 1\n'), ...MALFORMED },
  'unasked-upgrade': {
    answer: raw('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
    ...MALFORMED
  },
  'headers-of-20-kib': {
    answer: raw(`${HEAD}X-Long: ${'x'.repeat(20 * 1024)}\r\n\r\n{}`),
    expected: 'too_large',
    message: 'headers are larger than 16 KiB'
  },
  'endless-headers': { answer: flood(HEAD, 'X-More: 1\r\n'), expected: 'too_large' },
  'early-hints-then-a-report': {
    answer: raw(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD}Connection: close\r\n\r\n${REPORT_TEXT}`),
    expected: REPORT
  },
  'early-hints-then-line-feeds-alone': {
    answer: raw(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD.replaceAll('\r', '')}Connection: close\n\n${REPORT_TEXT}`
    ),
    expected: REPORT
  },
  'endless-early-hints': {
    answer: flood('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
    expected: 'too_large',
    message: 'answer is larger than 256 KiB'
  },
  'endless-chunk-extension': {
    answer: flood(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1;a=`, 'x'),
    expected: 'too_large',
    message: 'answer is larger than 256 KiB'
  },
  'endless-trailers': {
    answer: flood(`${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n`, 'X-More: 1\r\n'),
    expected: 'too_large'
  },
  'body-without-length': { answer: raw(`HTTP/1.0 200 OK\r\n\r\n${REPORT_TEXT}`), expected: REPORT }
}
