import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { ownNamesMissing, type ServiceStatus, serveGuardWithNames } from '../support/guard-with-names.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const SILENT = 200

suite('names whose name server is silent', needs(ownNamesMissing()), () => {
  test('of annotations keep nobody of the targets file waiting', async t => {
    const names = Array.from({ length: SILENT }, (_, index) => `${index}.silent.test`)
    const origin = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
    const { port } = new URL(origin)
    const annotated = names.map((name, index) => [`a${index}`, { image: 'app:v1', endpoint: `http://${name}/` }])
    const trusted = ['one', 'two', 'three', 'four']
    const { services } = await serveGuardWithNames(t, {
      names: {
        ...Object.fromEntries(names.map(name => [name, () => null])),
        ...Object.fromEntries(trusted.map(name => [`${name}.test`, () => ['127.0.0.1']]))
      },
      workloads: manifests({
        ...Object.fromEntries(annotated),
        ...Object.fromEntries(trusted.map(name => [name, { image: 'app:v1' }]))
      }),
      targets: trusted.map(name => ({ service: name, namespace: 'dev', endpoint: `http://${name}.test:${port}/` }))
    })
    const ofTheFile = (seen: readonly ServiceStatus[]) => seen.filter(({ service }) => trusted.includes(service))
    const healthy = Array(trusted.length).fill('OK Version consistency OK')
    // In the first cycle, with all names silent at once.
    assert.deepEqual(
      ofTheFile(await services()).map(({ status, message }) => `${status} ${message}`),
      healthy
    )
    await until(async () => {
      const seen = await services()
      const reasons = seen.filter(({ service }) => !trusted.includes(service)).map(({ reason }) => reason)
      assert.deepEqual([reasons.length, [...new Set(reasons)]], [SILENT, ['dns']])
    })
    assert.deepEqual(
      ofTheFile(await services()).map(({ status, message }) => `${status} ${message}`),
      healthy
    )
  })
})
