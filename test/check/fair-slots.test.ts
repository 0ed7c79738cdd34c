import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Claimant, createFairSlots, type Lane } from '../../src/check/fair-slots.ts'

let services = 0

/** Of a service of its own. */
const claimant = (namespace: string, lane: Lane = 'quick', isTrusted = false): Claimant => ({
  namespace,
  service: `service-${services++}`,
  lane,
  isTrusted
})

/** Slots whose work begins and ends in the test's hands. */
function world(most: number) {
  const slots = createFairSlots(most)
  const begun: string[] = []
  const claimants = new Map<string, Claimant>()
  return {
    begun,
    come: (name: string, who: Claimant) => {
      claimants.set(name, who)
      slots.take(who, () => begun.push(name))
    },
    end: (name: string) => slots.giveBack(claimants.get(name) as Claimant)
  }
}

suite('fair slots', () => {
  test('begin no more at once than there are, in the order in which they come', () => {
    const { begun, come, end } = world(2)
    for (const name of ['a', 'b', 'c', 'd']) come(name, claimant(name))
    assert.deepEqual(begun, ['a', 'b'])
    end('b')
    assert.deepEqual(begun, ['a', 'b', 'c'])
  })

  test('let namespaces take turns', () => {
    const { begun, come, end } = world(2)
    come('first', claimant('x'))
    come('second', claimant('y'))
    for (const name of ['a1', 'a2', 'a3']) come(name, claimant('a'))
    come('b1', claimant('b'))
    for (const name of ['first', 'a1', 'second', 'b1']) end(name)
    assert.deepEqual(begun.slice(2), ['a1', 'b1', 'a2'])
  })

  test('give a namespace half of them in all of its lanes together', () => {
    const { begun, come } = world(8)
    for (const name of ['a', 'b', 'c']) come(name, claimant('x'))
    for (const name of ['d', 'e']) come(name, claimant('x', 'unproven'))
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  })

  test('leave half of a lane to others, too', () => {
    const { begun, come, end } = world(8)
    for (let n = 0; n < 5; n += 1) come(`a${n}`, claimant('a', 'unproven'))
    come('b', claimant('b', 'unproven'))
    assert.deepEqual(begun, ['a0', 'a1', 'b'])
    end('a1')
    assert.deepEqual(begun.slice(3), ['a2'])
  })

  test('leave half of them to others, whatever one namespace asks for', () => {
    const { begun, come } = world(8)
    for (let n = 0; n < 20; n += 1) come(`a${n}`, claimant('a'))
    assert.equal(begun.length, 4)
    come('b', claimant('b'))
    assert.equal(begun.at(-1), 'b')
  })

  test('leave half of a lane to others, whatever one namespace has in it', () => {
    const { begun, come } = world(16)
    for (let n = 0; n < 20; n += 1) come(`a${n}`, claimant('a', 'unproven'))
    assert.equal(begun.length, 4)
    for (let n = 0; n < 20; n += 1) come(`slow${n}`, claimant('a', 'slow'))
    assert.equal(begun.length, 6)
    come('b', claimant('b', 'unproven'))
    come('c', claimant('c', 'slow'))
    assert.deepEqual(begun.slice(6), ['b', 'c'])
  })

  test('leave at most a quarter to slow services and half to those that never answered, over all namespaces', () => {
    const { begun, come } = world(16)
    for (let n = 0; n < 40; n += 1) come(`slow${n}`, claimant(`n${n}`, 'slow'))
    assert.equal(begun.length, 4)
    for (let n = 0; n < 40; n += 1) come(`new${n}`, claimant(`n${n}`, 'unproven'))
    assert.equal(begun.length, 12)
    for (let n = 0; n < 40; n += 1) come(`quick${n}`, claimant(`n${n}`))
    assert.equal(begun.length, 16)
  })

  test('begin the trusted first, without a share of their namespace', () => {
    const { begun, come, end } = world(4)
    for (const name of ['a', 'b', 'c', 'd']) come(name, claimant(name))
    come('other', claimant('e'))
    for (const name of ['t1', 't2', 't3']) come(name, claimant('own', 'quick', true))
    for (const name of ['a', 'b', 'c']) end(name)
    assert.deepEqual(begun.slice(4), ['t1', 't2', 't3'])
  })

  test('let the services of a namespace take turns, and give none more than an eighth', () => {
    const { begun, come, end } = world(16)
    const podOf = (service: string): Claimant => ({ namespace: 'a', service, lane: 'quick', isTrusted: false })
    for (let n = 0; n < 8; n += 1) come(`many${n}`, podOf('many'))
    come('few0', podOf('few'))
    assert.deepEqual(begun, ['many0', 'many1', 'few0'], 'six of the slots that its namespace may have stay free')
    come('few1', podOf('few'))
    come('few2', podOf('few'))
    for (let n = 0; n < 5; n += 1) come(`other${n}`, podOf(`other${n}`))
    assert.equal(begun.length, 8)
    for (const name of ['many0', 'few0', 'many1', 'many2', 'few1']) end(name)
    assert.deepEqual(begun.slice(8), ['many2', 'few2', 'other4', 'many3', 'many4'])
  })

  test('give one namespace its turn when the only service that waits in another has its share', () => {
    const { begun, come, end } = world(1)
    const podOf = (namespace: string): Claimant => ({ namespace, service: 'shop', lane: 'quick', isTrusted: false })
    for (const name of ['a0', 'a1', 'b0']) come(name, podOf(name.slice(0, 1)))
    end('a0')
    end('a1')
    assert.deepEqual(begun, ['a0', 'a1', 'b0'])
  })

  test('have at least one for each lane and namespace', () => {
    const { begun, come } = world(1)
    come('slow', claimant('a', 'slow'))
    assert.deepEqual(begun, ['slow'])
  })
})
