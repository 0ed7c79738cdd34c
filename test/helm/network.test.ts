import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { helmMissing } from '../support/helm.ts'
import { chartObjects, matrix, only } from './rendering.ts'

suite("the chart's network policy", needs(helmMissing), () => {
  const { objects } = chartObjects()

  test('allow DNS, the API server and the web, where nobody says more', async () => {
    const { ingress, egress } = only(await objects({ networkPolicy: { enabled: true } }), 'NetworkPolicy').spec
    const ports = egress.map((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port))
    assert.deepEqual(ports, [
      [53, 53],
      [443, 6443],
      [80, 443]
    ])
    assert.deepEqual(ingress, [{ ports: [{ protocol: 'TCP', port: 'http' }] }])
  })

  test('do not allow an API server that is not asked', async () => {
    const { egress } = only(await objects(matrix['file-source']), 'NetworkPolicy').spec
    assert.equal(egress.length, 2)
  })

  test('allow registries where images are compared with them', async () => {
    const egressWith = async (mode: string) => {
      const values = { networkPolicy: { enabled: true }, config: { IMAGE_UPDATES: mode } }
      return only(await objects(values), 'NetworkPolicy').spec.egress
    }
    assert.equal((await egressWith('off')).length, 3)
    const egress = await egressWith('opt-in')
    assert.deepEqual([egress.length, egress[3]], [4, { ports: [{ protocol: 'TCP', port: 443 }] }])
  })

  test('are narrowed by peers, and still let the test of the release in', async () => {
    const all = await objects({ ...matrix['locked-down'], test: { enabled: true } })
    const { ingress, egress } = only(all, 'NetworkPolicy').spec
    assert.ok(egress.every((rule: object) => 'to' in rule))
    const [, tester] = ingress[0].from
    const labels = only(all, 'Pod').metadata.labels
    for (const [name, value] of Object.entries(tester.podSelector.matchLabels)) assert.equal(labels[name], value)
  })
})
