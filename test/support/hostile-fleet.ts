import { createAuthority, selfSigned } from './certificates.ts'
import { type Expectation, HTTP_ANSWERS, RAW_ANSWERS, REPORT } from './hostile-answers.ts'
import { type HttpHandler, serveHttp, serveRaw, serveTcp, serveTls } from './hostile-servers.ts'

/** An endpoint that misbehaves, or is one of the few that behave, and what the guard must make of it. */
export interface HostileEndpoint extends Expectation {
  readonly name: string
  readonly url: string
}

export interface HostileFleet {
  readonly endpoints: readonly HostileEndpoint[]
  /** The CA certificate to trust, in PEM. */
  readonly ca: string
  close(): Promise<void>
}

const DAY_OF_EXPIRY = '2024-11-03'
const DAY_OF_BEGIN = '2110-05-06'

/** Starts real servers on 127.0.0.1, one endpoint for each kind of misbehaviour; nothing else of the machine is used. */
export async function startHostileFleet(): Promise<HostileFleet> {
  const [authority, stranger] = await Promise.all([createAuthority(), createAuthority('stranger')])
  const names = ['127.0.0.1']
  const [good, expired, early, foreign, elsewhere, alone, nameless] = await Promise.all([
    authority.issue({ names }),
    authority.issue({ names, notAfter: new Date(DAY_OF_EXPIRY) }),
    authority.issue({ names, notBefore: new Date(DAY_OF_BEGIN) }),
    stranger.issue({ names }),
    authority.issue({ names: ['admin.example', 'client.example', '10.1.2.3', 'one.example', 'two.example'] }),
    selfSigned({ names }),
    authority.issue({ names: [] })
  ])
  const [http, raw, ...others] = await Promise.all([
    serveHttp(answerByPath),
    serveRaw((socket, path) => RAW_ANSWERS[path.slice(1)]?.answer(socket)),
    serveTcp(socket => socket.resetAndDestroy()),
    serveTcp(() => {}),
    serveTcp(socket => socket.end()),
    ...[good, expired, early, foreign, elsewhere, alone, nameless].map(certificate =>
      serveTls(certificate, answerByPath)
    ),
    serveTcp(socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"version":"v1"}'))
  ])
  const [reset, silent, hangUp, goodTls, expiredTls, earlyTls, foreignTls, elsewhereTls, aloneTls, namelessTls, eager] =
    others
  const at = (server: { port: number } | undefined, scheme: 'http' | 'https') =>
    `${scheme}://127.0.0.1:${server?.port}/a-good-report`
  const gone = await serveTcp(() => {})
  await gone.close()

  const rest: HostileEndpoint[] = [
    { name: 'a-good-report-over-tls', url: at(goodTls, 'https'), expected: REPORT },
    { name: 'reset-on-accept', url: at(reset, 'http'), expected: 'connect' },
    { name: 'close-on-accept', url: at(hangUp, 'http'), expected: 'connect' },
    {
      name: 'nobody-listens',
      url: at(gone, 'http'),
      expected: 'connect',
      message: 'connection to 127.0.0.1 refused'
    },
    { name: 'no-such-host', url: 'http://no-such-host.invalid/debug/version', expected: 'dns' },
    { name: 'silent-from-the-start', url: at(silent, 'http'), expected: 'timeout' },
    { name: 'silent-in-the-tls-handshake', url: at(silent, 'https'), expected: 'timeout' },
    {
      name: 'close-in-the-tls-handshake',
      url: at(hangUp, 'https'),
      expected: 'tls',
      message: '127.0.0.1 closed the connection during the TLS handshake'
    },
    {
      name: 'expired-certificate',
      url: at(expiredTls, 'https'),
      expected: 'tls',
      message: `certificate expired ${DAY_OF_EXPIRY} (127.0.0.1)`
    },
    {
      name: 'certificate-of-the-future',
      url: at(earlyTls, 'https'),
      expected: 'tls',
      message: `certificate not valid before ${DAY_OF_BEGIN} (127.0.0.1)`
    },
    {
      name: 'unknown-authority',
      url: at(foreignTls, 'https'),
      expected: 'tls',
      message: 'certificate is from an unknown authority (127.0.0.1): to trust it, add it to ENDPOINT_CA_FILE'
    },
    {
      name: 'self-signed-certificate',
      url: at(aloneTls, 'https'),
      expected: 'tls',
      message: 'certificate is self-signed (127.0.0.1): to trust it, add it to ENDPOINT_CA_FILE'
    },
    {
      name: 'certificate-of-another-host',
      url: at(elsewhereTls, 'https'),
      expected: 'tls',
      message: 'certificate is for admin.example, client.example, 10.1.2.3 and 2 more, not for 127.0.0.1'
    },
    {
      name: 'tls-to-a-plain-port',
      url: at(http, 'https'),
      expected: 'tls',
      message: '127.0.0.1 does not speak TLS on this port'
    },
    {
      name: 'certificate-without-names',
      url: at(namelessTls, 'https'),
      expected: 'tls',
      message: 'certificate has no subjectAltName, which must name 127.0.0.1'
    },
    { name: 'plain-http-to-a-tls-port', url: at(goodTls, 'http'), expected: 'connect' },
    {
      name: 'speaks-before-it-is-asked',
      url: at(eager, 'http'),
      expected: 'connect',
      message: '127.0.0.1 sends data before it is asked'
    },
    { name: 'not-an-address', url: 'debug/version', expected: 'refused' },
    { name: 'ftp-address', url: 'ftp://127.0.0.1/debug/version', expected: 'refused' },
    { name: 'address-with-a-password', url: 'http://admin:secret@127.0.0.1/debug/version', expected: 'refused' }
  ]
  const servers = [http, raw, ...others]
  return {
    endpoints: [...byPath(HTTP_ANSWERS, http.port), ...byPath(RAW_ANSWERS, raw.port), ...rest],
    ca: authority.pem,
    close: async () => {
      await Promise.all(servers.map(server => server.close()))
    }
  }
}

const answerByPath: HttpHandler = (request, response) => {
  const known = HTTP_ANSWERS[request.url?.slice(1) ?? '']
  if (known === undefined) response.writeHead(404).end()
  else known.answer(response)
}

function byPath(answers: Readonly<Record<string, Expectation>>, port: number): HostileEndpoint[] {
  return Object.entries(answers).map(([name, { expected, message }]) => ({
    name,
    url: `http://127.0.0.1:${port}/${name}`,
    expected,
    ...(message === undefined ? {} : { message })
  }))
}
