import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'

const hasIpv6 = Object.values(networkInterfaces()).some(some => some?.some(({ address }) => address === '::1'))

async function serve(t: TestContext, HOST: string) {
  const WORKLOADS_FILE = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(WORKLOADS_FILE, manifests({}))
  const { url } = await serveGuard(t, { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE, HOST })
  const { protocol, hostname, port } = new URL(url)
  const answers = async (host: string) => (await fetch(`${protocol}//${host}:${port}/health`)).status === 200
  return { hostname, answers }
}

suite('where it listens', { skip: hasIpv6 ? false : 'no IPv6' }, () => {
  for (const [rule, host] of [
    ['is every interface, IPv6 too, where nothing is said', ''],
    ['may be written in brackets', '[::]']
  ] as const) {
    test(rule, async t => {
      const { hostname, answers } = await serve(t, host)
      assert.equal(hostname, '[::]')
      assert.deepEqual([await answers('127.0.0.1'), await answers('[::1]')], [true, true])
    })
  }

  test('is one address where it is named', async t => {
    const { answers } = await serve(t, '[::1]')
    assert.equal(await answers('[::1]'), true)
    await assert.rejects(answers('127.0.0.1'))
  })
})
