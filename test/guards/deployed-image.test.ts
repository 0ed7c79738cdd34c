import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import { deployedImage } from '../../src/guards/deployed-image.ts'
import { aPod, aTarget, aWorkload, theFacts } from '../support/facts.ts'

const container = (name: string, image: string) => ({ name, image })
const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const named = (name: string) => aTarget({ workload: { kind: 'Deployment', name: 'shop', container: name } })

suite('deployed image', () => {
  for (const [rule, target, containers, expected] of [
    ['is of the named container', named('b'), [container('a', 'x:1'), container('b', 'x:2')], ['x:2', '2', null]],
    [
      'else of the container named as the service',
      aTarget(),
      [container('a', 'x:1'), container('shop', 'x:2')],
      ['x:2', '2', null]
    ],
    ['else of the first', aTarget(), [container('a', 'x:1'), container('b', 'x:2')], ['x:1', '1', null]],
    ['has a digest and no tag', aTarget(), [container('a', `x@${A}`)], [`x@${A}`, null, A]],
    ['has a tag and a digest', aTarget(), [container('a', `x:1@${A}`)], [`x:1@${A}`, '1', A]],
    ['takes no port for a tag', aTarget(), [container('a', 'registry:5000/x')], ['registry:5000/x', 'latest', null]]
  ] as const) {
    test(rule, () => {
      const [image, tag, digest] = expected
      const found = deployedImage(target, theFacts({ workload: seen(aWorkload({ containers })) }))
      assert.ok(found.seen)
      assert.deepEqual([found.value.image, found.value.tag, found.value.digest], [image, tag, digest])
    })
  }

  const withSidecars = aWorkload({
    containers: [container('a', 'x:1'), container('b', 'x:2')],
    sidecars: [container('shop', 'proxy:3')]
  })

  test('is of a native sidecar where that is named, and as its pods run it', () => {
    const pods = seen([aPod({ containers: [{ name: 'a' }, { name: 'shop', digest: B }] })])
    const found = deployedImage(named('shop'), theFacts({ workload: seen(withSidecars), pods }))
    assert.deepEqual(found, seen({ container: 'shop', image: 'proxy:3', tag: '3', digest: B }))
  })

  test('is never of a native sidecar where none is named', () => {
    const found = deployedImage(aTarget(), theFacts({ workload: seen(withSidecars) }))
    assert.equal(found.seen && found.value.container, 'a')
  })

  for (const [rule, digests, expected] of [
    ['has the digest that runs before the one that is declared', [B, B], B],
    ['has the declared one where none runs', [], A],
    ['names each digest while more than one runs', [B, A], 'sha256:aaaaaaaaaaaa,sha256:bbbbbbbbbbbb'],
    ['passes over an image that came from no registry', ['', B], B]
  ] as const) {
    test(rule, () => {
      const pods = seen([
        ...digests.map(digest => aPod({ containers: [{ digest }] })),
        aPod({ terminatesAt: 1, containers: [{ digest: `sha256:${'c'.repeat(64)}` }] }),
        aPod({ containers: [{ digest: `sha256:${'e'.repeat(64)}`, name: 'sidecar' }] })
      ])
      const workload = seen(aWorkload({ image: `x:1@${A}` }))
      const image = deployedImage(aTarget(), theFacts({ workload, pods }))
      assert.equal(image.seen && image.value.digest, expected)
    })
  }

  for (const [rule, target, workload, message] of [
    [
      'says which containers there are when the named one is missing',
      named('web'),
      seen(aWorkload({ containers: [container('a', 'x'), container('b', 'x')] })),
      'no container web in Deployment shop; it has: a, b'
    ],
    ['says that there is none', aTarget(), seen(aWorkload({ containers: [] })), 'Deployment shop has no containers'],
    [
      'names native sidecars among those that are there',
      named('gone'),
      seen(withSidecars),
      'no container gone in Deployment shop; it has: a, b, shop'
    ],
    [
      'quotes what is no reference',
      aTarget(),
      seen(aWorkload({ image: 'Not an image' })),
      '"Not an image" is not an image reference'
    ],
    [
      'says that the container could not be read where it has no image',
      named('app'),
      seen(aWorkload({ containers: [container('sidecar', 'x'), container('app', '')] })),
      'Deployment shop could not be read: container app has no image'
    ],
    [
      'says so of a container without a name, too',
      aTarget(),
      seen(aWorkload({ containers: [container('', '')] })),
      'Deployment shop could not be read: a container without a name has no image'
    ],
    ['passes on why the workload was not seen', aTarget(), unseen('never_read', 'forbidden: …'), 'forbidden: …']
  ] as const) {
    test(rule, () => {
      const image = deployedImage(target, theFacts({ workload }))
      assert.equal(image.seen ? undefined : image.message, message)
    })
  }
})
