import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { templateIdOf } from '../../src/sources/template-id.ts'

const TEMPLATE = {
  metadata: { labels: { app: 'web' }, annotations: { restarted: '1' } },
  spec: { containers: [{ name: 'app', image: 'web:v1' }], volumes: [{ name: 'tmp', emptyDir: {} }] }
}

suite('the identity of a pod template', () => {
  for (const [rule, other] of [
    [
      'does not depend on the order of keys',
      {
        spec: { volumes: TEMPLATE.spec.volumes, containers: [{ image: 'web:v1', name: 'app' }] },
        metadata: TEMPLATE.metadata
      }
    ],
    [
      'passes over the label that a Deployment adds to it in a ReplicaSet',
      { ...TEMPLATE, metadata: { ...TEMPLATE.metadata, labels: { app: 'web', 'pod-template-hash': '7d9f' } } }
    ],
    [
      'passes over what a ControllerRevision adds',
      { $patch: 'replace', ...TEMPLATE, metadata: { creationTimestamp: null, ...TEMPLATE.metadata } }
    ]
  ] as const) {
    test(rule, () => assert.equal(templateIdOf(other), templateIdOf(TEMPLATE)))
  }

  for (const [rule, other] of [
    ['an image', { ...TEMPLATE, spec: { ...TEMPLATE.spec, containers: [{ name: 'app', image: 'web:v2' }] } }],
    [
      'an annotation, as after a restart',
      { ...TEMPLATE, metadata: { ...TEMPLATE.metadata, annotations: { restarted: '2' } } }
    ],
    ['another label', { ...TEMPLATE, metadata: { ...TEMPLATE.metadata, labels: { app: 'api' } } }],
    ['that hash outside of its labels', { ...TEMPLATE, metadata: { ...TEMPLATE.metadata, 'pod-template-hash': 'x' } }],
    ['a number that is written as a text', { ...TEMPLATE, spec: { ...TEMPLATE.spec, grace: '30' } }],
    ['the order of a list', { ...TEMPLATE, spec: { ...TEMPLATE.spec, args: ['b', 'a'] } }]
  ] as const) {
    test(`changes with ${rule}`, () => {
      const same = { ...TEMPLATE, spec: { ...TEMPLATE.spec, grace: 30 } }
      const ordered = { ...TEMPLATE, spec: { ...TEMPLATE.spec, args: ['a', 'b'] } }
      const ids = [TEMPLATE, same, ordered].map(templateIdOf)
      assert.ok(!ids.includes(templateIdOf(other)))
    })
  }

  test('ends for what is nested as deep as anybody likes, and for what is no template', () => {
    let deep: unknown = 'x'
    for (let depth = 0; depth < 100_000; depth++) deep = depth % 2 === 0 ? [deep] : { deep }
    assert.equal(typeof templateIdOf(deep), 'string')
    for (const nothing of [undefined, null, 'template', 7, [], { metadata: 'none' }, { metadata: { labels: [] } }]) {
      assert.match(templateIdOf(nothing), /^[\w-]{43}$/)
    }
  })

  test('is an empty object where there is nothing else', () => {
    assert.notEqual(templateIdOf({}), templateIdOf([]))
    assert.equal(templateIdOf({ spec: null }), templateIdOf({}))
  })
})
