import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { GATE_SECTIONS } from '../../src/domain/gate.ts'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { gateItems, withDrills } from '../../src/gate/gate-items.ts'
import { ROOT } from '../support/files.ts'
import { folderWith } from '../support/gate-files.ts'

function configOf(path: string) {
  const result = readGateFile(path)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

const veza = () => configOf(join(ROOT, 'docs/examples/gate-veza.yaml'))
const minimal = () => configOf(join(ROOT, 'docs/examples/gate-minimal.yaml'))

suite('the items of a gate', () => {
  test('are 33 in the checklist that the gate takes the place of, in the order of its sections', () => {
    const items = gateItems(veza())
    const counts = GATE_SECTIONS.map(section => items.filter(item => item.section === section).length)
    assert.deepEqual(counts, [6, 5, 6, 7, 3, 2, 4])
    const places = items.map(({ section }) => GATE_SECTIONS.indexOf(section))
    assert.deepEqual(places, places.toSorted())
    assert.deepEqual(
      items.filter(({ section }) => section === 'Alert rules').map(({ id }) => id),
      ['rules-file-present', 'rules-loaded', 'rules-syntax-valid', 'rules-evaluated', 'rule-groups-complete']
    )
  })

  test('are there where nothing is configured, and only two of them are required', () => {
    const items = gateItems(minimal())
    assert.equal(items.length, 19)
    assert.deepEqual(
      items.filter(({ required }) => required).map(({ id }) => id),
      ['metrics-endpoint-answers', 'metrics-format-valid']
    )
  })

  test('may each be named in a gate file', t => {
    for (const config of [veza(), minimal()]) {
      const ids = gateItems(config).map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length)
    }
    const ids = gateItems(minimal()).map(({ id }) => id)
    const text = `service: { name: a, url: "http://a" }\noptional: [${ids.join(', ')}]\n`
    assert.deepEqual(configIn(t, text).optional, ids)
  })
})

suite('a drill that is asked for', () => {
  const text = (shows: string) => `service: { name: a, url: "http://a" }
alert: { name: Down }
optional: [drill-x]
drills: { x: { break: a, restore: b, shows: [${shows}] }, y: { break: a, restore: b, shows: [{ get: / }] } }
`

  test('is required, whatever the file says', t => {
    const { required, optional } = withDrills(configIn(t, text('{ get: / }')), ['x'])
    assert.deepEqual([required, optional], [['drill-x'], []])
  })

  test('requires that the alert was seen, where it shows that', t => {
    const { required } = withDrills(configIn(t, text('{ alert: Down }')), ['x'])
    assert.deepEqual(required, ['drill-x', 'alert-triggered', 'alert-pending-or-firing'])
    assert.deepEqual(withDrills(configIn(t, text('{ alert: Other }')), ['x']).required, ['drill-x'])
    assert.deepEqual(withDrills(configIn(t, text('{ alert: Down }')), ['y']).required, ['drill-y'])
  })

  test('is none without a name', t => {
    const config = configIn(t, text('{ alert: Down }'))
    assert.deepEqual(withDrills(config, []), config)
  })
})

function configIn(t: TestContext, text: string) {
  return configOf(join(folderWith(t, { 'gate.yaml': text }), 'gate.yaml'))
}
