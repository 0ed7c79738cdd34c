import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { hashSync } from 'bcryptjs'
import { createAuthority } from '../support/certificates.ts'
import { needs } from '../support/component.ts'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { ask, basic } from '../support/https.ts'
import { prometheusMissing, startScraping } from '../support/prometheus.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'canary-password'
const HASH = hashSync(PASSWORD, 10)
const RELOAD = /^keybuzz_version_guard_config_reload_success 1$/m

/** A folder with a web config, its certificates, and a fleet of one. */
async function setUp(t: TestContext) {
  const folder = temporaryFolder(t)
  const write = (name: string, text: string) => {
    replaceFile(join(folder, name), text)
    return join(folder, name)
  }
  const authority = await createAuthority()
  const server = await authority.issue({ names: ['127.0.0.1'] })
  const client = await authority.issue({ names: ['prometheus.example'] })
  write('ca.pem', authority.pem)
  write('server.pem', server.cert)
  write('server.key', server.key)
  write('client.pem', client.cert)
  write('client.key', client.key)
  const web = (more: object = {}, users: object = { alice: HASH }) =>
    write(
      'web.yaml',
      JSON.stringify({
        tls_server_config: {
          cert_file: 'server.pem',
          key_file: 'server.key',
          client_ca_file: 'ca.pem',
          client_auth_type: 'RequireAndVerifyClientCert',
          ...more
        },
        basic_auth_users: users
      })
    )
  const endpoint = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
  const env = {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: write('workloads.json', manifests({ shop: { image: 'app:v1', endpoint } })),
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '100ms',
    WEB_CONFIG_FILE: web()
  }
  const trust = { ca: authority.pem, ...client }
  return { folder, write, web, env, authority, server, trust }
}

suite('WEB_CONFIG_FILE', { concurrency: 2 }, () => {
  test('secures the listener; health needs no password', async t => {
    const { env, trust } = await setUp(t)
    const guard = await serveGuard(t, env)
    assert.match(guard.url, /^https:\/\/127\.0\.0\.1:\d+$/)
    await assert.rejects(ask(`${guard.url}/live`, { ca: trust.ca }))
    assert.equal((await ask(`${guard.url}/live`, trust)).status, 200)
    assert.equal((await ask(`${guard.url}/metrics`, trust)).status, 401)
    assert.equal((await ask(`${guard.url}/metrics`, { ...trust, headers: basic('alice', 'wrong') })).status, 401)
    assert.equal((await ask(`${guard.url}/metrics`, { ...trust, headers: basic('alice', PASSWORD) })).status, 200)
  })

  test('is followed: users and certificates change without a restart, what is broken is refused', async t => {
    const { env, trust, web, write, authority } = await setUp(t)
    const guard = await serveGuard(t, env)
    const metrics = (password = PASSWORD) =>
      ask(`${guard.url}/metrics`, { ...trust, headers: basic('alice', password) })
    assert.match((await metrics()).body, RELOAD)

    web({ min_version: 'TLS9' })
    await until(async () => assert.doesNotMatch((await metrics()).body, RELOAD))
    write('web.yaml', '{}')
    await until(() => assert.ok(guard.lines().some(({ mistake }) => String(mistake).includes('restart to use it'))))
    assert.equal((await metrics()).status, 200)
    const refusals = guard.lines().filter(({ message }) => String(message).startsWith('WEB_CONFIG_FILE is refused'))
    assert.deepEqual([refusals[0]?.level, refusals.length], ['error', 2])

    web({}, { alice: hashSync('changed', 4) })
    await until(async () => assert.match((await metrics('changed')).body, RELOAD))
    assert.equal((await metrics()).status, 401)

    const rotated = await authority.issue({ names: ['127.0.0.1', 'rotated.example'] })
    write('server.pem', rotated.cert)
    write('server.key', rotated.key)
    await until(async () => {
      const socket = connect({ port: Number(new URL(guard.url).port), host: '127.0.0.1', ...trust })
      await once(socket, 'secureConnect')
      const names = socket.getPeerX509Certificate()?.subjectAltName ?? ''
      socket.destroy()
      assert.match(names, /rotated/)
    })
    await until(async () => assert.match((await metrics('changed')).body, RELOAD))
  })

  test('survives four hundred wrong passwords at once: health and known users are answered', async t => {
    const { env, write } = await setUp(t)
    const guard = await serveGuard(t, {
      ...env,
      WEB_CONFIG_FILE: write('plain.yaml', JSON.stringify({ basic_auth_users: { alice: hashSync(PASSWORD, 6) } }))
    })
    assert.match(guard.url, /^http:/)
    assert.ok(guard.lines().some(({ level, warning }) => level === 'warning' && /in the clear/.test(String(warning))))
    const get = (path: string, password: string) =>
      fetch(`${guard.url}${path}`, { headers: basic('alice', password) }).then(({ status }) => status)
    assert.equal(await get('/metrics', PASSWORD), 200)
    let ended = 0
    const flood = Array.from({ length: 400 }, async (_, index) => {
      const status = await get('/metrics', `guess ${index}`)
      ended += 1
      return status
    })
    assert.deepEqual([await get('/live', ''), await get('/metrics', PASSWORD)], [200, 200])
    const statuses = await Promise.all(flood)
    assert.equal(ended, 400)
    assert.deepEqual([...new Set(statuses)].toSorted(), [401, 503])
    assert.equal(await get('/metrics', PASSWORD), 200)
  })

  for (const [rule, flooder] of [
    ['the same user', 'alice'],
    ['unknown users', 'mallory']
  ] as const) {
    test(`lets a right password in that is new to it, while 200 connections guess at ${rule}`, async t => {
      const { env, write } = await setUp(t)
      const users = { alice: hashSync(PASSWORD, 5) }
      const guard = await serveGuard(t, {
        ...env,
        WEB_CONFIG_FILE: write('plain.yaml', JSON.stringify({ basic_auth_users: users }))
      })
      const get = async (user: string, password: string) => {
        const answer = await fetch(`${guard.url}/live-not`, { headers: basic(user, password) })
        await answer.text()
        return answer.status
      }
      let isOver = false
      let begun = 0
      const flood = Array.from({ length: 200 }, async (_, connection) => {
        for (let guess = 0; !isOver; guess += 1) {
          begun += 1
          await get(flooder, `guess ${connection} ${guess}`)
        }
      })
      await until(() => assert.ok(begun > 200, 'the first guess is answered'))
      assert.equal(await get('alice', PASSWORD), 404)
      isOver = true
      await Promise.all(flood)
    })
  }

  test('leaves no secret in logs, metrics, pages and errors', async t => {
    const { env, trust, web, write, server } = await setUp(t)
    const guard = await serveGuard(t, { ...env, LOG_LEVEL: 'trace' })
    let complaints = ''
    guard.child.stderr?.on('data', chunk => {
      complaints += chunk
    })
    const answers: string[] = []
    for (const [user, password] of [
      ['alice', PASSWORD],
      ['alice', `${PASSWORD}x`],
      [PASSWORD, 'x'],
      [HASH, HASH]
    ] as const) {
      for (const path of ['/', '/metrics', '/api/v1/status', `/${PASSWORD}`, '/%zz', '/readyz', '/debug/version']) {
        const { body, headers } = await ask(`${guard.url}${path}`, { ...trust, headers: basic(user, password) })
        answers.push(body, JSON.stringify(headers))
      }
    }
    // Each where it does not belong: what is told of the mistake must not repeat it.
    const key = server.key.split('\n')[1] ?? ''
    const refused = () => guard.lines().filter(({ mistake }) => mistake !== undefined).length
    for (const text of [
      `basic_auth_users: { alice: ${PASSWORD} }`,
      `${HASH}: 1`,
      `tls_server_config: { key_file: ${JSON.stringify(server.key)}, cert: ${JSON.stringify(server.key)} }`,
      `tls_server_config:\n  key: |\n${server.key}`
    ]) {
      const before = refused()
      write('web.yaml', text)
      await until(() => assert.ok(refused() > before))
    }
    web()
    guard.child.kill('SIGTERM')
    await once(guard.child, 'close')
    const early = await run(t, ['serve'], {
      ...env,
      WEB_CONFIG_FILE: write('bad.yaml', `basic_auth_users: { ${HASH}: ${PASSWORD} }\n${key}: 1`)
    })
    assert.equal(early.code, 64)
    const all = [JSON.stringify(guard.lines()), complaints, ...answers, early.stdout, early.stderr].join('\n')
    for (const secret of [PASSWORD, HASH, HASH.slice(7, 20), key]) assert.ok(!all.includes(secret), secret)
  })

  test('keeps serve from starting where it is broken (64) or cannot be read (74)', async t => {
    const { env, folder, write } = await setUp(t)
    const of = async (path: string) => {
      const { code, stderr } = await run(t, ['serve'], { ...env, WEB_CONFIG_FILE: path })
      return [code, stderr]
    }
    const path = write('bad.yaml', 'tls_server_config: { cert_file: server.pem, key_file: client.key }')
    const line = `${path}:1: tls_server_config.key_file: not the key of the certificate`
    assert.deepEqual(await of(path), [64, `keybuzz-version-guard: ${line}\n`])
    const missing = join(folder, 'missing.yaml')
    assert.deepEqual(await of(missing), [
      74,
      `keybuzz-version-guard: ${missing}: cannot be read: no such file or directory\n`
    ])
  })

  test('lets the process stop at once, passwords being compared or not', async t => {
    const { env, write } = await setUp(t)
    const slow = write('slow.yaml', JSON.stringify({ basic_auth_users: { alice: HASH.replace('$10$', '$14$') } }))
    const guard = await serveGuard(t, { ...env, WEB_CONFIG_FILE: slow })
    const asked = fetch(guard.url, { headers: basic('alice', 'x') }).catch(() => undefined)
    await fetch(`${guard.url}/live`)
    guard.child.kill('SIGTERM')
    const [code] = await once(guard.child, 'close')
    assert.equal(code, 0)
    await asked
  })

  test(
    'is scraped by a real Prometheus, with TLS, a client certificate and a password',
    needs(prometheusMissing),
    async t => {
      const { env, folder } = await setUp(t)
      const guard = await serveGuard(t, env)
      const how = (password: string) => ({
        scheme: 'https',
        tls_config: {
          ca_file: join(folder, 'ca.pem'),
          cert_file: join(folder, 'client.pem'),
          key_file: join(folder, 'client.key')
        },
        basic_auth: { username: 'alice', password },
        static_configs: [{ targets: [new URL(guard.url).host] }]
      })
      const right = await startScraping(t, how(PASSWORD))
      const wrong = await startScraping(t, how('wrong'))
      await until(async () => {
        const [sample] = await right.query('keybuzz_version_consistent{service="shop"}')
        assert.equal(sample?.value[1], '1')
      })
      await until(async () => assert.equal((await wrong.query('up'))[0]?.value[1], '0'))
      assert.equal((await right.query('up'))[0]?.value[1], '1')
    }
  )
})
