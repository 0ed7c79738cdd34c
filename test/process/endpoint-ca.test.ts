import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { serveTls } from '../support/hostile-servers.ts'
import { during } from '../support/probing.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'

suite('ENDPOINT_CA_FILE', () => {
  test('is read again when Kubernetes switches its ConfigMap; a broken or missing version leaves the last good one', async t => {
    const folder = temporaryFolder(t)
    const [before, after] = [await createAuthority('before'), await createAuthority('after')]
    const server = await after.issue({ names: ['127.0.0.1'] })
    const { port } = await during(
      t,
      serveTls(server, (_, response) => response.setHeader('connection', 'close').end('{"version":"v1"}'))
    )
    // As the kubelet does it: the file is a link into a folder that is a link, which it replaces by a rename.
    const path = join(folder, 'ca.crt')
    const mount = (version: string, pem: string) => {
      mkdirSync(join(folder, version))
      writeFileSync(join(folder, version, 'ca.crt'), pem)
      symlinkSync(version, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    mount('..one', before.pem)
    symlinkSync('..data/ca.crt', path)
    const workloads = join(folder, 'workloads.json')
    writeFileSync(workloads, manifests({ shop: { image: 'app:v1', endpoint: `https://127.0.0.1:${port}` } }))
    const guard = await serveGuard(t, {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: workloads,
      ENDPOINT_ALLOW: '127.0.0.0/8',
      ENDPOINT_CA_FILE: path,
      CHECK_INTERVAL: '100ms'
    })
    const untilMetrics = (pattern: RegExp) => until(async () => assert.match(await guard.metrics(), pattern))
    const isUp = (up: 0 | 1) => untilMetrics(new RegExp(`^keybuzz_debug_endpoint_up\\{.*\\} ${up}$`, 'm'))
    const isReloaded = (ok: 0 | 1) =>
      untilMetrics(new RegExp(`^keybuzz_version_guard_config_reload_success ${ok}$`, 'm'))
    await isUp(0)

    mount('..two', after.pem)
    await isUp(1)

    mount('..three', 'not a certificate')
    await isReloaded(0)
    assert.ok(
      guard.lines().some(({ message, mistake }) => {
        const isTold = message === 'ENDPOINT_CA_FILE is refused; its last good version stays in use'
        return isTold && mistake === `${path}: contains no certificate; ENDPOINT_CA_FILE takes PEM certificates`
      })
    )
    rmSync(join(folder, '..data'))
    const checked = /^keybuzz_version_check_timestamp_seconds\{.*\} (.*)$/m
    const last = Number(checked.exec(await guard.metrics())?.[1])
    await until(async () => assert.ok(Number(checked.exec(await guard.metrics())?.[1]) > last + 1))
    await isUp(1)

    mount('..four', `${before.pem}\n${after.pem}`)
    await isReloaded(1)
    await isUp(1)
  })
})
