import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { selfSigned } from '../support/certificates.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard, watching } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'
import { limitMemory, memoryLimitMissing } from './memory.ts'
import { neighboursOf } from './neighbours.ts'
import { strangersAt } from './strangers.ts'

const MI = 1024 * 1024
const UNREAD = 60

/** A folder with the manifests of this many services, none of which answers. */
function fleetOf(t: TestContext, count: number): string {
  const folder = temporaryFolder(t)
  const names = Array.from({ length: count }, (_, index) => `shop-with-a-name-of-some-length-${index}`)
  const endpoint = 'http://127.0.0.1:1/debug/version'
  const image = 'registry.example/some/longer/path/app:v1.2.3'
  writeFileSync(
    join(folder, 'workloads.json'),
    manifests(Object.fromEntries(names.map(name => [name, { image, endpoint }])))
  )
  return folder
}

suite('while strangers do not read their answers', needs(memoryLimitMissing), () => {
  // What the chart gives by default, and what it asks for 10,000.
  for (const [services, limitMi] of [
    [1_000, 512],
    [10_000, 1024]
  ] as const) {
    for (const scheme of ['http', 'https'] as const) {
      test(`of ${services} services over ${scheme}, the guard lives in ${limitMi} Mi, and every probe and scrape succeeds`, async t => {
        const folder = fleetOf(t, services)
        const { cert, key } = await selfSigned({ names: ['127.0.0.1'] })
        writeFileSync(join(folder, 'cert.pem'), cert)
        writeFileSync(join(folder, 'key.pem'), key)
        writeFileSync(join(folder, 'web.yaml'), 'tls_server_config: { cert_file: cert.pem, key_file: key.pem }')
        const limit = limitMemory(t, limitMi * MI)
        const guard = await serveGuard(
          t,
          {
            ...watching(join(folder, 'workloads.json')),
            CHECK_INTERVAL: '30s',
            ...(scheme === 'https' ? { WEB_CONFIG_FILE: join(folder, 'web.yaml') } : {})
          },
          limit.through
        )
        const neighbours = neighboursOf(t, guard.url, { ca: cert })
        await neighbours.ask(1)
        const quiet = limit.most()
        // As many at once as a connection may have under way: the kernel takes a smaller answer, read or not.
        const atOnce = services < 10_000 ? 2 : 1
        const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: guard\r\n\r\n`.repeat(atOnce)
        const groups = ['/', '/api/v1/status', '/metrics', '/?filter=shop'].map(path =>
          strangersAt(t, guard.url, { count: UNREAD, sends: request(path), addresses: ['127.0.0.2', '127.0.0.3'] })
        )
        for (const { answers } of groups) {
          await until(() => assert.ok(answers.length > 2 * UNREAD, `${answers.length}`), { withinMs: 120_000 })
        }
        const isRefused = groups.some(({ answers }) => answers.includes('HTTP/1.1 503 Service Unavailable'))
        assert.ok(isRefused || services < 10_000)
        await neighbours.ask(30)
        assert.equal(guard.child.exitCode, null)
        t.diagnostic(
          `${Math.round(quiet / MI)} Mi before, at most ${Math.round(limit.most() / MI)} Mi; ${groups.map(({ ended }) => ended())} cut off`
        )
      })
    }
  }
})
