import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { type AccessParts, createAccess } from '../../../src/sources/kubernetes/access.ts'
import { ApiError, misconfigured } from '../../../src/sources/kubernetes/failure.ts'
import type { KubeConfig, KubeEnvironment } from '../../../src/sources/kubernetes/kubeconfig.ts'
import { createAuthority } from '../../support/certificates.ts'
import { type FakeApiServer, kubeConfigFor, refuse, startFakeApiServer } from '../../support/fake-api-server.ts'
import { temporaryFolder } from '../../support/files.ts'
import { problemsOf, sourceOnFake } from '../../support/followed-source.ts'
import { serveTcp } from '../../support/hostile-servers.ts'
import { type CertificateChain, createChain } from './certificate-chain.ts'

const NAMESPACES = Array.from({ length: 30 }, (_, index) => `team-${index}`)

/** An exec plugin that counts its runs in a file. */
async function pluginIn(t: TestContext, script: string) {
  const folder = temporaryFolder(t)
  const counter = join(folder, 'runs')
  await writeFile(counter, '')
  const apiVersion = 'client.authentication.k8s.io/v1beta1'
  return {
    user: { exec: { apiVersion, command: 'sh', args: ['-c', `printf x >> ${counter}; ${script}`] } },
    runs: async () => (await readFile(counter, 'utf8')).length
  }
}

/** Reads once from a server, by this configuration; gives the problems. */
async function readFrom(
  t: TestContext,
  kubeConfig: KubeConfig,
  { environment = { PATH: process.env.PATH }, namespaces = ['shop'] }: Partial<ReadWish> = {}
): Promise<readonly string[]> {
  const { source } = await sourceOnFake(t, { environment, namespaces, loadKubeConfig: () => kubeConfig })
  await source.read(AbortSignal.timeout(60_000))
  return problemsOf(source)
}

interface ReadWish {
  readonly environment: KubeEnvironment
  readonly namespaces: readonly string[]
}

async function startServer(t: TestContext, tls?: Parameters<typeof startFakeApiServer>[0]): Promise<FakeApiServer> {
  const server = await startFakeApiServer(tls)
  t.after(server.close)
  return server
}

async function expiredCertificate(): Promise<object> {
  const authority = await createAuthority()
  const { cert, key } = await authority.issue({ names: ['guard'], notAfter: new Date('2026-01-01T00:00:00Z') })
  const [certData, keyData] = [cert, key].map(pem => Buffer.from(pem).toString('base64'))
  return { 'client-certificate-data': certData, 'client-key-data': keyData }
}

/** A JSON Web Token, as service accounts have them. */
function tokenUntil(exp: number): string {
  return `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`
}

function withCluster({ cluster, user }: KubeConfig, fields: object): KubeConfig {
  return { cluster: { ...cluster, fields: { ...cluster.fields, ...fields } }, user }
}

function withoutUser(kubeConfig: KubeConfig): KubeConfig {
  return { ...kubeConfig, user: null }
}

suite('access to the API server', () => {
  test('is by the token of an exec plugin, which runs once for all who ask', async t => {
    const server = await startServer(t)
    const credential = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"'
    const { user, runs } = await pluginIn(t, `echo '${credential},"status":{"token":"from-plugin"}}'`)
    assert.deepEqual(await readFrom(t, kubeConfigFor(server, user), { namespaces: NAMESPACES }), [])
    assert.deepEqual(
      new Set(server.requests.map(({ headers }) => headers.authorization)),
      new Set(['Bearer from-plugin'])
    )
    assert.equal(await runs(), 1)
  })

  test('fails with what the exec plugin complains about, once for all who ask', async t => {
    const server = await startServer(t)
    const { user, runs } = await pluginIn(t, 'echo log in first >&2; exit 1')
    assert.deepEqual(await readFrom(t, kubeConfigFor(server, user), { namespaces: NAMESPACES }), [
      'Kubernetes credentials: exec: executable sh failed with exit code 1: log in first'
    ])
    assert.equal(await runs(), 1)
  })

  for (const [late, problem] of [
    ['server', 'Kubernetes API server: no answer in its part of CHECK_DEADLINE'],
    ['plugin', 'Kubernetes credentials: the plugin gave none in its part of CHECK_DEADLINE']
  ] as const) {
    test(`is too late by its ${late} for a caller with a limit for the whole exchange`, async t => {
      const { user } = await pluginIn(t, 'sleep 600')
      const made = await sourceOnFake(t, {
        environment: { PATH: process.env.PATH },
        loadKubeConfig: () => kubeConfigFor(made.server, late === 'plugin' ? user : undefined)
      })
      made.server.misbehave(() => true)
      await made.source.read(AbortSignal.timeout(200))
      assert.deepEqual(problemsOf(made.source), [problem])
    })
  }

  test('does not wait for an exec plugin that hangs, which ends with the source', async t => {
    const { user } = await pluginIn(t, 'sleep 600')
    const made = await sourceOnFake(t, {
      environment: { PATH: process.env.PATH },
      timeLimits: { answerTimeoutMs: 50 },
      loadKubeConfig: () => kubeConfigFor(made.server, user)
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(made.source), ['Kubernetes credentials: the plugin gave none within 0.05 s'])
  })

  test('tells an exec plugin of the cluster where it asks for it, and not what is not written', async t => {
    const server = await startServer(t)
    const folder = temporaryFolder(t)
    const script = `printf %s "$KUBERNETES_EXEC_INFO" > ${folder}/info; exit 1`
    const apiVersion = 'client.authentication.k8s.io/v1beta1'
    const user = { exec: { apiVersion, command: 'sh', args: ['-c', script], provideClusterInfo: true } }
    const toldOf = async (kubeConfig: KubeConfig) => {
      await readFrom(t, kubeConfig)
      return JSON.parse(await readFile(join(folder, 'info'), 'utf8')).spec.cluster
    }
    const ca = Buffer.from(server.caPem).toString('base64')
    assert.deepEqual(await toldOf(kubeConfigFor(server, user)), {
      server: server.url,
      'certificate-authority-data': ca,
      config: null
    })
    const extension = { audience: 'guard' }
    const fields = {
      'tls-server-name': '127.0.0.1',
      'proxy-url': 'http://127.0.0.1:1',
      'certificate-authority-data': '',
      'insecure-skip-tls-verify': true,
      extensions: [{ name: 'other' }, { name: 'client.authentication.k8s.io/exec', extension }]
    }
    assert.deepEqual(await toldOf(withCluster(kubeConfigFor(server, user), fields)), {
      server: server.url,
      'tls-server-name': '127.0.0.1',
      'insecure-skip-tls-verify': true,
      'proxy-url': 'http://127.0.0.1:1',
      config: extension
    })
  })

  test('is as whom the user of the kubeconfig wants to be taken for', async t => {
    const server = await startServer(t)
    const user = { username: 'me', password: 'secret', as: 'jane', 'as-groups': ['dev', 'ops'] }
    assert.deepEqual(await readFrom(t, kubeConfigFor(server, user)), [])
    const sent: IncomingHttpHeaders | undefined = server.requests[0]?.headers
    assert.deepEqual(
      [sent?.authorization, sent?.['impersonate-user'], sent?.['impersonate-group']],
      [`Basic ${Buffer.from('me:secret').toString('base64')}`, 'jane', 'dev, ops']
    )
  })

  test('is under the path of the server, where it has one', async t => {
    const server = await startServer(t)
    await readFrom(t, kubeConfigFor({ ...server, url: `${server.url}/k8s/clusters/c-1/` }))
    assert.ok(server.requests.length > 0)
    assert.ok(server.requests.every(({ path }) => path.startsWith('/k8s/clusters/c-1/apis/apps/v1/')))
  })

  for (const [rule, url] of [
    ['which is written', (url: string) => url],
    ['where no scheme is written', (url: string) => url.replace('http://', '')]
  ] as const) {
    test(`is without TLS and a token over http, ${rule}`, async t => {
      const server = await startServer(t, null)
      const kubeConfig = kubeConfigFor({ url: url(server.url), caPem: '' }, { token: 'canary', as: 'jane' })
      assert.deepEqual(await readFrom(t, kubeConfig), [])
      const { authorization, 'impersonate-user': as } = server.requests[0]?.headers ?? {}
      assert.deepEqual([authorization, as], [undefined, 'jane'])
    })
  }

  test('says when nobody listens, and where', async t => {
    const gone = await startFakeApiServer()
    await gone.close()
    const { host } = new URL(gone.url)
    assert.deepEqual(await readFrom(t, kubeConfigFor(gone)), [`Kubernetes API server: connection refused (${host})`])
  })

  test('says that the configuration names no user when the server wants one', async t => {
    const server = await startServer(t)
    server.misbehave((_request, response) => refuse(response, 401))
    const nobody =
      'Kubernetes configuration: the current context names no user, or one without credentials, ' +
      'and the API server requires them: log in'
    assert.deepEqual(await readFrom(t, withoutUser(kubeConfigFor(server))), [nobody])
    assert.deepEqual(await readFrom(t, kubeConfigFor(server, {})), [nobody])
  })

  const expired = {
    'client certificate': expiredCertificate,
    token: async () => ({ token: tokenUntil(1_767_225_600) })
  }
  for (const [what, makeUser] of Object.entries(expired)) {
    test(`says that the ${what} has expired when the server does not accept it`, async t => {
      const server = await startServer(t)
      const kubeConfig = kubeConfigFor(server, await makeUser())
      assert.deepEqual(await readFrom(t, kubeConfig), [], 'the clock of the server counts')

      server.misbehave((_request, response) => refuse(response, 401))
      assert.deepEqual(await readFrom(t, kubeConfig), [
        `Kubernetes credentials: the ${what} of user "guard" expired at 2026-01-01T00:00:00.000Z: renew it`
      ])
    })
  }

  test('does not say that a token has expired that has not, or does not tell', async t => {
    const server = await startServer(t)
    server.misbehave((_request, response) => refuse(response, 401))
    for (const token of [tokenUntil(4_102_444_800), 'opaque']) {
      assert.match((await readFrom(t, kubeConfigFor(server, { token }))).join(), /does not accept the token/)
    }
  })

  const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64')
  for (const [cluster, user, mistake] of [
    [{ server: '' }, {}, 'cluster "fake": no server found'],
    [{ server: 'ftp://prod' }, {}, 'cluster "fake": server is not an http or https address'],
    [{ server: 'https://' }, {}, 'cluster "fake": server is not an http or https address'],
    [{ server: 'https://me:canary@prod' }, {}, 'cluster "fake": server is not an http or https address'],
    [{ server: 6443 }, {}, 'cluster "fake": server is not a string; put it in quotes'],
    [{ 'certificate-authority-data': 'YQ==' }, {}, 'cluster "fake": certificate-authority holds no certificate'],
    [{ 'certificate-authority-data': pem }, {}, 'cluster "fake": certificate-authority holds no certificate'],
    [
      { 'insecure-skip-tls-verify': true },
      {},
      'cluster "fake": certificate-authority and insecure-skip-tls-verify do not go together; drop insecure-skip-tls-verify'
    ],
    [
      { 'insecure-skip-tls-verify': 'true' },
      {},
      'cluster "fake": insecure-skip-tls-verify takes true or false, without quotes'
    ],
    [{ 'proxy-url': 'proxy' }, {}, 'cluster "fake": proxy-url takes http://, https:// or socks5://HOST:PORT'],
    [{}, { 'client-certificate-data': pem, 'client-key-data': 'YQ==' }, 'user "guard": client-key holds no private key']
  ] as const) {
    test(`is not tried where it cannot be: ${mistake}`, async t => {
      const server = await startServer(t)
      const kubeConfig = withCluster(kubeConfigFor(server, user), cluster)
      assert.deepEqual(await readFrom(t, kubeConfig), [`Kubernetes configuration: ${mistake}`])
      assert.equal(server.requests.length, 0)
    })
  }
})

suite('a client certificate that cannot be used', () => {
  for (const [message, pick] of [
    ['client-key does not belong to client-certificate', ({ root, key }) => [root, key]],
    ['client-certificate holds no certificate', ({ key }) => [key, key]],
    ['client-key holds no private key', ({ leaf }) => [leaf, leaf]],
    [
      'client-key is encrypted, and nobody is there to type its passphrase: use a key without one',
      ({ leaf, key }) => [leaf, encrypted(key)]
    ]
  ] satisfies [string, (chain: CertificateChain) => [string, string]][]) {
    test(`is told apart: ${message}`, async t => {
      const [cert, key] = pick(await createChain()).map(pem => Buffer.from(pem).toString('base64'))
      const user = { 'client-certificate-data': cert, 'client-key-data': key }
      const problems = await readFrom(t, kubeConfigFor(await startServer(t), user))
      assert.deepEqual(problems, [`Kubernetes configuration: user "guard": ${message}`])
    })
  }

  function encrypted(key: string): string {
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const
    return String(createPrivateKey(key).export(options))
  }
})

suite('the certificate of the API server', async () => {
  const untrusted =
    'Kubernetes API server: its certificate is not signed by the CA in the configuration, or by a public one where it has none'

  for (const trusted of ['root', 'issuing', 'leaf'] as const) {
    test(`is trusted where the configuration has its ${trusted}, as by kubectl and curl`, async t => {
      const chain = await createChain()
      const tls = { cert: `${chain.leaf}\n${chain.issuing}`, key: chain.key, caPem: chain[trusted] }
      assert.deepEqual(await readFrom(t, kubeConfigFor(await startServer(t, tls))), [])
    })
  }

  test('is not trusted where the configuration has another one, nor without any', async t => {
    const server = await startServer(t)
    const { root } = await createChain()
    assert.deepEqual(await readFrom(t, kubeConfigFor({ ...server, caPem: root })), [untrusted])
    assert.deepEqual(await readFrom(t, kubeConfigFor({ ...server, caPem: '' })), [untrusted])
    assert.equal(server.requests.length, 0)
  })

  test('is trusted among others, whatever else is in the file', async t => {
    const server = await startServer(t)
    const { root } = await createChain()
    assert.deepEqual(await readFrom(t, kubeConfigFor({ ...server, caPem: `subject=CN\n${root}\n${server.caPem}` })), [])
  })

  for (const [where, before] of [
    ['after one that is broken, as by kubectl', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['on the line where another one ends', (await createChain()).root.trim()]
  ] as const) {
    test(`is trusted ${where}`, async t => {
      const server = await startServer(t)
      assert.deepEqual(await readFrom(t, kubeConfigFor({ ...server, caPem: before + server.caPem })), [])
    })
  }

  test('is for the name that the configuration says', async t => {
    const server = await startServer(t)
    const named = (name: string) => withCluster(kubeConfigFor(server), { 'tls-server-name': name })
    assert.deepEqual(await readFrom(t, named('api.corp.test')), [
      'Kubernetes API server: its certificate is for another host name'
    ])
    const elsewhere = kubeConfigFor({ ...server, url: server.url.replace('127.0.0.1', 'localhost') })
    assert.deepEqual(await readFrom(t, withCluster(elsewhere, { 'tls-server-name': '127.0.0.1' })), [])
  })

  test('does not matter where the configuration says so', async t => {
    const server = await startServer(t)
    const insecure = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': '' }
    assert.deepEqual(await readFrom(t, withCluster(kubeConfigFor(server), insecure)), [])
  })
})

/** A proxy that leads everywhere to that server, whatever name it is asked for. */
async function startProxy(t: TestContext, { url }: FakeApiServer, answer = 'HTTP/1.1 200 OK\r\n\r\n') {
  const asked: { readonly target: string; readonly authorization: string | undefined }[] = []
  const proxy = createServer().on('connect', ({ url: target = '', headers }, client: Socket) => {
    asked.push({ target, authorization: headers['proxy-authorization'] })
    client.write(answer)
    if (answer.includes(' 200 ')) joinBoth(client, connect(Number(new URL(url).port), '127.0.0.1'))
    else client.end()
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const address = proxy.address()
  assert.ok(address !== null && typeof address !== 'string')
  return { asked, port: address.port }
}

function joinBoth(client: Socket, server: Socket): void {
  client.pipe(server).pipe(client)
  client.on('error', () => server.destroy()).on('close', () => server.destroy())
  server.on('error', () => client.destroy())
}

/** A SOCKS5 proxy (RFC 1928) without authentication, which leads everywhere to that server. */
async function startSocksProxy(t: TestContext, { url }: FakeApiServer) {
  const asked: string[] = []
  const proxy = await serveTcp(client => {
    client.once('data', () => {
      client.write(Buffer.from([5, 0]))
      client.once('data', request => {
        const bytes = Buffer.from(request)
        const length = bytes[4] ?? 0
        const name = bytes.subarray(5, 5 + length).toString()
        asked.push(`type ${bytes[3]}: ${name}:${bytes.readUInt16BE(5 + length)}`)
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        joinBoth(client, connect(Number(new URL(url).port), '127.0.0.1'))
      })
    })
  })
  t.after(proxy.close)
  return { asked, port: proxy.port }
}

suite('a proxy to the API server', () => {
  // Nobody but a proxy leads to such a name.
  const ofName = (server: FakeApiServer, cluster: object = {}) =>
    withCluster(kubeConfigFor(server), {
      server: 'https://api.corp.test:6443',
      'tls-server-name': '127.0.0.1',
      ...cluster
    })

  test('is that of the configuration, with its password', async t => {
    const server = await startServer(t)
    const { asked, port } = await startProxy(t, server)
    const kubeConfig = ofName(server, { 'proxy-url': `http://me:secret@127.0.0.1:${port}` })
    assert.deepEqual(await readFrom(t, kubeConfig), [])
    const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
    assert.deepEqual(asked, Array(3).fill({ target: 'api.corp.test:6443', authorization }))
  })

  test('is that of the environment', async t => {
    const server = await startServer(t)
    const { asked, port } = await startProxy(t, server)
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'other.test' }
    assert.deepEqual(await readFrom(t, ofName(server), { environment }), [])
    assert.deepEqual(asked, Array(3).fill({ target: 'api.corp.test:6443', authorization: undefined }))
  })

  test('is none where the environment exempts the server', async t => {
    const server = await startServer(t)
    const { asked, port } = await startProxy(t, server)
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    assert.deepEqual(await readFrom(t, kubeConfigFor(server), { environment }), [], 'as this machine itself is')
    assert.equal(asked.length, 0)
  })

  test('may be a SOCKS one, which resolves the name', async t => {
    const server = await startServer(t)
    const { asked, port } = await startSocksProxy(t, server)
    assert.deepEqual(await readFrom(t, ofName(server, { 'proxy-url': `socks5://127.0.0.1:${port}` })), [])
    assert.deepEqual(asked, Array(3).fill('type 3: api.corp.test:6443'))
  })

  test('is named where it refuses', async t => {
    const server = await startServer(t)
    const { port } = await startProxy(t, server, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const proxy = `http://127.0.0.1:${port}`
    assert.deepEqual(await readFrom(t, ofName(server, { 'proxy-url': proxy.replace('//', '//me:canary@') })), [
      `Kubernetes API server: the proxy cannot connect to it (HTTP 407), through the proxy ${proxy} (proxy-url)`
    ])
  })

  for (const [scheme, namedBy] of [
    ['http', 'HTTPS_PROXY'],
    ['socks5', 'proxy-url']
  ] as const) {
    test(`is named where it never answers, and left: ${scheme}`, async t => {
      const { promise: isLeft, resolve } = Promise.withResolvers<void>()
      const silent = await serveTcp(socket =>
        socket
          .on('error', () => {})
          .on('close', resolve)
          .resume()
      )
      t.after(silent.close)
      const url = `${scheme}://127.0.0.1:${silent.port}`
      const made = await sourceOnFake(t, {
        environment: scheme === 'http' ? { https_proxy: url } : {},
        timeLimits: { answerTimeoutMs: 50 },
        loadKubeConfig: () => withCluster(ofName(made.server), scheme === 'http' ? {} : { 'proxy-url': url })
      })
      await made.source.read(AbortSignal.timeout(60_000))
      assert.deepEqual(problemsOf(made.source), [
        `Kubernetes API server: no answer within 0.05 s, through the proxy ${url} (${namedBy})`
      ])
      if (scheme === 'http') await isLeft
    })
  }

  test('is named where it is gone', async t => {
    const server = await startServer(t)
    const gone = await serveTcp(() => {})
    await gone.close()
    const host = `127.0.0.1:${gone.port}`
    const environment = { https_proxy: host }
    assert.deepEqual(await readFrom(t, ofName(server), { environment }), [
      `Kubernetes API server: connection refused (${host}), through the proxy http://${host} (HTTPS_PROXY)`
    ])
  })
})

suite('access that is read again', () => {
  const CONFIG = kubeConfigFor({ url: 'https://127.0.0.1:6443', caPem: '' })

  interface AccessWish extends Pick<AccessParts, 'runPlugin'> {
    readonly load?: () => KubeConfig
  }

  /** Counts how often the configuration is loaded. */
  function accessIn({ load = () => CONFIG, ...plugin }: AccessWish = {}) {
    const here = { loads: 0, monotonic: 50_000, wall: 1_000_000 }
    const read = createAccess({
      loadKubeConfig: () => {
        here.loads += 1
        return load()
      },
      environment: {},
      clock: () => here.wall,
      monotonic: () => here.monotonic,
      signal: new AbortController().signal,
      ...plugin
    })
    const advance = (ms: number) => {
      here.monotonic += ms
      here.wall += ms
    }
    return { here, read, advance }
  }

  test('is not, as long as nobody doubts it', async () => {
    const { here, read, advance } = accessIn()
    await read()
    advance(86_400_000)
    await read()
    assert.equal(here.loads, 1)
  })

  test('is when it was doubted, but no sooner than a second after', async () => {
    const { here, read, advance } = accessIn()
    const { doubt } = await read()
    doubt()
    advance(999)
    await read()
    assert.equal(here.loads, 1)
    advance(1)
    await read()
    await read()
    assert.equal(here.loads, 2)
  })

  test('is not for a doubt about the one before', async () => {
    const { here, read, advance } = accessIn()
    const first = await read()
    first.doubt()
    advance(1_000)
    await read()
    first.doubt()
    advance(1_000)
    await read()
    assert.equal(here.loads, 2)
  })

  test('is when the server could not be reached and it names another server by now', async () => {
    let url = 'https://127.0.0.1:6443'
    const { read, advance } = accessIn({ load: () => kubeConfigFor({ url, caPem: '' }) })
    const { doubtPlace } = await read()
    doubtPlace()
    url = 'https://127.0.0.1:6444'
    advance(999)
    assert.equal((await read()).server, 'https://127.0.0.1:6443')
    advance(1)
    assert.equal((await read()).server, url)
  })

  test('runs no exec plugin again when the server could not be reached and it says the same as before', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login', interactiveMode: 'Never' }
    const load = () => kubeConfigFor({ url: 'https://127.0.0.1:6443', caPem: '' }, { exec })
    let runs = 0
    const runPlugin = async () => {
      runs += 1
      return { token: 'from-plugin', cert: '', key: '', expiresAt: null }
    }
    const { here, read, advance } = accessIn({ load, runPlugin })
    for (const _ of [1, 2]) {
      const { doubtPlace } = await read()
      doubtPlace()
      advance(1_000)
    }
    await read()
    assert.deepEqual({ loads: here.loads, runs }, { loads: 3, runs: 1 })
  })

  test('fails when the server could not be reached and it cannot be read any more', async () => {
    let isThere = true
    const load = () => {
      if (isThere) return CONFIG
      throw misconfigured('not there')
    }
    const { read, advance } = accessIn({ load })
    const { doubtPlace } = await read()
    doubtPlace()
    isThere = false
    advance(1_000)
    await assert.rejects(read(), misconfigured('not there'))
  })

  test('is when a token from a file is a minute old', async t => {
    const folder = temporaryFolder(t)
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'old')
    const load = () => kubeConfigFor({ url: 'https://127.0.0.1:6443', caPem: '' }, { tokenFile })
    const { here, read, advance } = accessIn({ load })
    const tokenOf = async () => (await read()).options.headers
    assert.deepEqual(await tokenOf(), { Authorization: 'Bearer old' })
    await writeFile(tokenFile, 'new')
    advance(59_999)
    assert.deepEqual(await tokenOf(), { Authorization: 'Bearer old' })
    advance(1)
    assert.deepEqual(await tokenOf(), { Authorization: 'Bearer new' })
    assert.equal(here.loads, 2)
  })

  test('fails the same way within a second, and is tried again after', async () => {
    let isThere = false
    const load = () => {
      if (isThere) return CONFIG
      throw misconfigured('not there')
    }
    const { here, read, advance } = accessIn({ load })
    await assert.rejects(read(), misconfigured('not there'))
    isThere = true
    advance(999)
    await assert.rejects(read(), misconfigured('not there'))
    advance(1)
    await read()
    assert.equal(here.loads, 2)
  })

  test('fails in words where something unexpected was thrown', async () => {
    const { read } = accessIn({
      load: () => {
        throw new TypeError('x is\nno function')
      }
    })
    await assert.rejects(read(), new ApiError({ kind: 'configuration', message: 'x is\ufffdno function' }))
  })
})
