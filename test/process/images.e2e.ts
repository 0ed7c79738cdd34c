import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { type RunningGuard, serveGuard } from '../support/guard-process.ts'
import {
  pushImage,
  REGISTRY_PROGRAMS,
  type RealRegistry,
  type RegistryAuth,
  type RegistryProgram,
  startRealRegistry
} from '../support/registry-real.ts'
import { until } from '../support/until.ts'

/** A guard that has its images checked every second, and the manifests that it watches. */
async function start(t: TestContext, program: RegistryProgram, auth: RegistryAuth) {
  const registry = await startRealRegistry(t, program, auth)
  const folder = temporaryFolder(t)
  const path = join(folder, 'workloads.json')
  const deploy = (images: Readonly<Record<string, string>>) => {
    const workloads = Object.entries(images).map(([name, image]) =>
      deployment(name, { namespace: 'dev', image: `${registry.host}/${image}` })
    )
    writeFileSync(path, JSON.stringify(listOf(workloads)))
  }
  deploy({})
  const login = join(folder, 'auth.json')
  const auths = { [registry.host]: { auth: Buffer.from('u:p:w').toString('base64') } }
  writeFileSync(login, JSON.stringify({ auths: auth === 'open' ? {} : auths }))
  const guard = await serveGuard(t, {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: path,
    DISCOVERY: 'all',
    IMAGE_UPDATES: 'all',
    IMAGE_CHECK_INTERVAL: '1s',
    REGISTRY_BUDGET: '100000',
    REGISTRY_AUTH_FILE: login,
    REGISTRY_INSECURE: [registry.host, registry.realm].filter(Boolean).join(','),
    ...(registry.realm === '' ? {} : { REGISTRY_REALMS: registry.realm })
  })
  return { registry, guard, deploy }
}

/** Waits for a gauge of a service; `null`: it has no such gauge. */
const untilGauge = (guard: RunningGuard, name: string, [service, value]: readonly [string, string | null]) =>
  until(async () => {
    const metrics = await guard.metrics()
    const line = metrics
      .split('\n')
      .find(line => line.startsWith(`keybuzz_image_${name}{namespace="dev",service="${service}"`))
    assert.equal(line === undefined ? null : line.replace(/^.*\} /, ''), value)
    return line
  })

const onlyReads = (registry: RealRegistry) => {
  const asked = registry.askedByGuard()
  assert.ok(asked.length > 0)
  assert.deepEqual(
    asked.filter(line => !/^(GET|HEAD) \/v2\//.test(line)),
    []
  )
}

for (const program of REGISTRY_PROGRAMS) {
  suite(`images in ${program.name}`, { ...needs(program.missing), timeout: 180_000 }, () => {
    for (const auth of ['open', 'password', 'token'] as const) {
      test(`are followed through updates, moved tags and deletions (${auth})`, async t => {
        const { registry, guard, deploy } = await start(t, program, auth)
        const old = await pushImage(registry, 'shop/app', { version: '1.0.0', tag: 'v1.0.0' })
        deploy({ app: `shop/app:v1.0.0@${old.digest}` })
        await untilGauge(guard, 'update_available', ['app', '0'])
        await untilGauge(guard, 'digest_drift', ['app', '0'])

        await pushImage(registry, 'shop/app', { version: '1.1.0', tag: 'v1.1.0' })
        await pushImage(registry, 'shop/app', { version: '2.0.0', tag: 'v2.0.0' })
        await untilGauge(guard, 'update_available', ['app', '1'])
        const info = await untilGauge(guard, 'update_info', ['app', '1'])
        assert.match(info ?? '', /current="v1\.0\.0",latest="v2\.0\.0",same_major="v1\.1\.0"/)

        await pushImage(registry, 'shop/app', { version: '1.0.0-rebuilt', tag: 'v1.0.0' })
        await untilGauge(guard, 'digest_drift', ['app', '1'])

        deploy({ app: 'shop/app:v2.0.0' })
        await untilGauge(guard, 'update_available', ['app', '0'])

        deploy({ app: 'shop/gone:v1' })
        await untilGauge(guard, 'check_failure', ['app', '1'])
        await untilGauge(guard, 'update_available', ['app', null])
        onlyReads(registry)
      })
    }
  })
}
