import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseManifests } from '../../src/sources/manifests.ts'
import { toWorkload } from '../../src/sources/to-workload.ts'
import { deployment } from '../support/cluster-objects.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const MB = 1_000_000
const PREFIX = 'version-guard.keybuzz.io'

/** Bytes that stay in use for what `make` gives. */
function keptBy(make: () => unknown): number {
  make()
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const kept = make()
  collectGarbage()
  const bytes = process.memoryUsage().heapUsed - before
  assert.ok(kept !== undefined)
  return bytes
}

function fleetOf(text: string) {
  const parsed = parseManifests(text, 'fleet.yaml')
  assert.ok(parsed.ok)
  return parsed.value
}

function manifest(name: string, image = 'registry.example/team/service:v1.2.3'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: a-namespace-with-a-long-name
  annotations: {${PREFIX}/endpoint: "https://shop.example/debug/version", ${PREFIX}/an-unknown-name: x}
spec: {template: {spec: {containers: [{name: a-container-with-a-name, image: "${image}"}]}}}
---
`
}

// A text of 4 MB, of which some thousand characters are kept.
const PADDING = `# ${'x'.repeat(4 * MB)}\n`

suite('memory', () => {
  test('of an object whose annotations are huge and many is not kept by its workload', () => {
    const names = [
      `${PREFIX}/endpoint`,
      `${PREFIX}/service`,
      ...Array.from({ length: 50 }, (_, n) => `${PREFIX}/x-${n}`)
    ]
    const text = JSON.stringify(
      deployment('web', {
        image: 'i'.repeat(MB),
        annotations: Object.fromEntries(names.map(name => [name, 'y'.repeat(MB / 10)]))
      })
    )
    assert.ok(text.length > 6 * MB)
    const kept = keptBy(() => Array.from({ length: 5 }, () => toWorkload(JSON.parse(text))))
    assert.ok(kept < MB, `${kept} bytes`)
  })

  test('of a text in YAML is not kept by the fleet that is read from it', () => {
    const kept = keptBy(() => fleetOf(PADDING + manifest('a-deployment-with-a-name')))
    assert.ok(kept < MB, `${kept} bytes`)
  })

  test('of a text in JSON is not kept by the fleet that is read from it', () => {
    const items = [{ kind: 'ConfigMap', padding: 'x'.repeat(4 * MB) }, deployment('a-deployment-with-a-name')]
    const text = JSON.stringify({ kind: 'List', items })
    // So that each reading has a text of its own.
    const kept = keptBy(() => fleetOf(text.replace('padding', `padding-${Math.PI}`)))
    assert.ok(kept < MB, `${kept} bytes`)
  })

  test('of a text is not kept by what is said of it', () => {
    const broken = `${manifest('a-deployment-with-a-name').replace('containers:', 'container:')}x: {\n---\n`
    const good = manifest('another-deployment-with-a-name')
    const kept = keptBy(() => fleetOf(PADDING + broken + good + good.replace('v1', 'v2')))
    assert.ok(kept < MB, `${kept} bytes`)
  })
})
