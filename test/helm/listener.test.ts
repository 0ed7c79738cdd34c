import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseWebConfig } from '../../src/config/web-config/parse.ts'
import { needs } from '../support/component.ts'
import { helmMissing } from '../support/helm.ts'
import { chartObjects, matrix, only } from './rendering.ts'

suite("the chart's listener", needs(helmMissing), () => {
  const { objects, container } = chartObjects()

  test('have probes that speak TLS where it does', async () => {
    assert.equal((await container()).livenessProbe.httpGet.scheme, 'HTTP')
    const tls = await container({ webConfig: { existingSecret: 'a', existingSecretHasTls: true } })
    assert.equal(tls.livenessProbe.httpGet.scheme, 'HTTPS')
    assert.equal(tls.readinessProbe.httpGet.scheme, 'HTTPS')
  })

  test('have probes of the port where it wants certificates, which the kubelet has not', async () => {
    const { livenessProbe, readinessProbe } = await container(matrix.listener)
    assert.deepEqual(livenessProbe.tcpSocket, { port: 'http' })
    assert.ok(!('httpGet' in livenessProbe) && !('httpGet' in readinessProbe))
  })

  test("have probes of the user's own", async () => {
    const { livenessProbe, startupProbe } = await container(matrix['existing-secret'])
    assert.deepEqual(livenessProbe.tcpSocket, { port: 'http' })
    assert.ok(!('httpGet' in livenessProbe))
    assert.equal(startupProbe.failureThreshold, 30)
    assert.equal((await container({ readinessProbe: null })).readinessProbe, undefined)
  })

  test('have a web config that the guard takes', async () => {
    const text = only(await objects(matrix.listener), 'Secret').stringData['web-config.yaml']
    assert.deepEqual(parseWebConfig(text, 'web.yaml').ok, true)
  })

  test('keep passwords in a Secret, and mount it at a folder, so that rotation arrives', async () => {
    const all = await objects(matrix.listener)
    assert.match(only(all, 'Secret').stringData['web-config.yaml'], /prometheus: \$2y\$10/)
    assert.equal(all.filter(object => JSON.stringify(object).includes('$2y$10')).length, 1)
    assert.doesNotMatch(JSON.stringify(all), /subPath/)
  })
})
