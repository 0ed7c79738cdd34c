import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gatherFacts } from '../../src/check/gather-facts.ts'
import type { FactSources, SlowFacts } from '../../src/domain/guard.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { FactSource } from '../../src/domain/ports.ts'
import { aTarget, aWorkload, knownWorkload, NO_FACT_SOURCES } from '../support/facts.ts'

/** A source that has the same fact for every service, and notes which services it is asked about. */
function knows<Fact>(fact: Fact, asked: string[] = []): FactSource<Fact> {
  return {
    of: ({ service }, { workload }) => {
      asked.push(`${service} on ${workload.seen ? workload.value.name : workload.reason}`)
      return fact
    },
    version: () => 1,
    forgetAllBut: () => {},
    read: async () => {},
    follow: async () => {},
    health: () => ({ problems: [] }),
    close: async () => {}
  }
}

const CART = aTarget({ service: 'cart' })
const KNOWN = seen(knownWorkload(aWorkload({ name: 'cart-blue' })))
const NOTHING_ASKED = { observations: new Map(), sources: NO_FACT_SOURCES }

const FACTS: { readonly [Kind in keyof SlowFacts]: NonNullable<SlowFacts[Kind]> } = {
  images: [{ container: 'app', image: 'cart:v1', check: null }],
  manifest: unseen('unreadable', 'release.yaml: no release'),
  helm: unseen('not_helm', 'it is not from Helm'),
  objects: [{ kind: 'Secret', name: 'db', found: unseen('not_looked', 'not yet'), asOf: null }]
}

suite('the facts of a service', () => {
  test('of each kind are those of its source, which is asked about this service and its workload', () => {
    const asked: string[] = []
    const sources: FactSources = {
      images: knows(FACTS.images, asked),
      manifest: knows(FACTS.manifest, asked),
      helm: knows(FACTS.helm, asked),
      objects: knows(FACTS.objects, asked)
    }
    const { images, manifest, helm, objects } = gatherFacts(CART, KNOWN, { ...NOTHING_ASKED, sources })
    assert.deepEqual({ images, manifest, helm, objects }, FACTS)
    assert.deepEqual(asked, Array(4).fill('cart on cart-blue'))
  })

  for (const kind of ['images', 'manifest', 'helm', 'objects'] as const) {
    test(`are of the kind that was asked for, and of no other: ${kind}`, () => {
      const sources = { ...NO_FACT_SOURCES, [kind]: knows(FACTS[kind]) }
      const { images, manifest, helm, objects } = gatherFacts(CART, KNOWN, { ...NOTHING_ASKED, sources })
      const none = { images: null, manifest: null, helm: null, objects: null }
      assert.deepEqual({ images, manifest, helm, objects }, { ...none, [kind]: FACTS[kind] })
    })
  }

  test('are asked for though its workload is not there, whose pods and revisions are not seen then', () => {
    const asked: string[] = []
    const missing = unseen('not_found', 'Deployment cart-blue not found')
    const sources = { ...NO_FACT_SOURCES, manifest: knows(FACTS.manifest, asked) }
    const facts = gatherFacts(CART, missing, { ...NOTHING_ASKED, sources })
    assert.equal(facts.workload, missing)
    assert.deepEqual([facts.pods.seen, facts.revisions.seen, facts.podReports], [false, false, []])
    assert.deepEqual([facts.manifest, asked], [FACTS.manifest, ['cart on not_found']])
  })
})
