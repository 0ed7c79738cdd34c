import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { selfSigned } from '../support/certificates.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard, watching } from '../support/guard-process.ts'
import { manifests, reporting, silent, startService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { neighboursOf } from './neighbours.ts'
import { strangersAt } from './strangers.ts'

const PLACES = 512
const ROUNDS = 30
const ANSWER = reporting({ version: 'v1', gitSha: 'abc1234' })

/** A guard of one service at this address. */
async function guardOf(t: TestContext, endpoint: string, env: Readonly<Record<string, string>> = {}) {
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, manifests({ shop: { image: 'app:v1', endpoint } }))
  return serveGuard(t, { ...watching(path), ...env })
}

suite('while strangers hold connections', () => {
  for (const [what, sends] of [
    ['and send nothing', undefined],
    ['and never end a request', 'GET / HTTP/1.1\r\nHost: guard\r\n'],
    ['that they have used once', 'GET /live HTTP/1.1\r\nHost: guard\r\n\r\n']
  ] as const) {
    for (const [where, addresses] of [
      ['at the address of the neighbours', ['127.0.0.1']],
      ['at other addresses', ['127.0.0.2', '127.0.0.3', '127.0.0.4']]
    ] as const) {
      test(`${what}, ${where}, every probe and scrape succeeds`, async t => {
        const guard = await guardOf(t, await startService(t, ANSWER))
        const neighbours = neighboursOf(t, guard.url)
        await neighbours.ask(1)
        const strangers = strangersAt(t, guard.url, { count: PLACES + 100, addresses, ...(sends && { sends }) })
        // They hold all connections that there are, and more of them come all the time.
        await until(() => assert.ok(strangers.ended() > 100, `${strangers.open()} open, ${strangers.ended()} ended`))
        await neighbours.ask(ROUNDS)
        assert.ok(strangers.open() > PLACES / 2, `${strangers.open()}`)
      })
    }
  }

  test('with TLS, every probe and scrape succeeds', async t => {
    const folder = temporaryFolder(t)
    const { cert, key } = await selfSigned({ names: ['127.0.0.1'] })
    writeFileSync(join(folder, 'cert.pem'), cert)
    writeFileSync(join(folder, 'key.pem'), key)
    const web = join(folder, 'web.yaml')
    writeFileSync(web, 'tls_server_config: { cert_file: cert.pem, key_file: key.pem }')
    const guard = await guardOf(t, await startService(t, ANSWER), { WEB_CONFIG_FILE: web })
    const neighbours = neighboursOf(t, guard.url, { ca: cert })
    await neighbours.ask(1)
    const strangers = strangersAt(t, guard.url.replace('https', 'http'), { count: PLACES + 100 })
    await until(() => assert.ok(strangers.ended() > 100, `${strangers.open()} open, ${strangers.ended()} ended`))
    await neighbours.ask(ROUNDS)
  })

  test('whose requests are all under way, health is answered; elsewhere a scrape is, too', async t => {
    // In scrape mode, while nothing answers, a scrape takes as long as it may.
    const endpoint = await startService(t, silent)
    const guard = await guardOf(t, endpoint, { CHECK_MODE: 'scrape', CHECK_TIMEOUT: '1h' })
    const sends = 'GET /metrics HTTP/1.1\r\nHost: guard\r\nX-Prometheus-Scrape-Timeout-Seconds: 3600\r\n\r\n'
    const strangers = strangersAt(t, guard.url, { count: PLACES, sends })
    await until(async () => {
      const { status, headers } = await fetch(`${guard.url}/debug/version`)
      assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
    })
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const health of ['/live', '/readyz']) await (await fetch(`${guard.url}${health}`)).text()
    }
    assert.equal((await fetch(`${guard.url}/live`)).status, 200)
    const scrape = neighboursOf(t, guard.url, { localAddress: '127.0.0.2' })
    await scrape.ask(1)
    assert.ok(strangers.open() > PLACES / 2)
  })
})
