import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { helmMissing } from '../support/helm.ts'
import { chartObjects, matrix, only, type Values } from './rendering.ts'

const VALUES = matrix.gate ?? {}

suite("the chart's gate", needs(helmMissing), () => {
  const { objects, pod, container, variable } = chartObjects()
  const configMaps = async (values?: Values) =>
    (await objects(values)).filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-gate'))

  test('is none as it comes', async () => {
    assert.deepEqual(await configMaps({}), [])
    assert.equal(await variable({}, 'GATE_CONFIG'), undefined)
    assert.equal(await variable({}, 'GATE_INTERVAL'), undefined)
  })

  test('is a file that the guard takes, with its secrets where the chart mounts them', async t => {
    const { data } = only(await configMaps(VALUES), 'ConfigMap')
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'token'), 'a-secret-token')
    const gate = parse(data['gate.yaml'])
    const { file } = gate.prometheus.headers.Authorization
    const mounts = (await container(VALUES)).volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)
    assert.ok(mounts.includes('/etc/version-guard/secrets/prometheus-token'))
    assert.equal(file, '/etc/version-guard/secrets/prometheus-token/token')
    gate.prometheus.headers.Authorization.file = 'token'
    writeFileSync(join(folder, 'gate.yaml'), stringify(gate))
    const read = readGateFile(join(folder, 'gate.yaml'))
    assert.ok(read.ok)
    assert.equal(read.value.service.name, 'veza-backend-api')
  })

  test('is named by its variables, and mounted as a folder, so that a change needs no restart', async () => {
    assert.equal((await variable(VALUES, 'GATE_CONFIG'))?.value, '/etc/version-guard/gate/gate.yaml')
    assert.equal((await variable(VALUES, 'GATE_INTERVAL'))?.value, '10m')
    const mount = (await container(VALUES)).volumeMounts.find(({ name }: { name: string }) => name === 'gate')
    assert.deepEqual(mount, { name: 'gate', mountPath: '/etc/version-guard/gate', readOnly: true })
    const { name } = only(await configMaps(VALUES), 'ConfigMap').metadata
    const volume = (await pod(VALUES)).volumes.find((one: { name: string }) => one.name === 'gate')
    assert.deepEqual(volume.configMap, { name })
  })

  test('is one of your own ConfigMaps where values name it', async () => {
    const values = { gate: { existingConfigMap: 'veza-gate' } }
    assert.deepEqual(await configMaps(values), [])
    const volume = (await pod(values)).volumes.find((one: { name: string }) => one.name === 'gate')
    assert.deepEqual(volume.configMap, { name: 'veza-gate' })
    assert.equal((await variable(values, 'GATE_INTERVAL'))?.value, '5m')
  })
})
