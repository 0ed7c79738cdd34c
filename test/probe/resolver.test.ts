import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { suite, test } from 'node:test'
import { type Asker, createResolver } from '../../src/probe/resolver.ts'

type Answer = (error: Error | null, addresses: LookupAddress[]) => void

const OPERATOR: Asker = { isOperator: true }
const FOUND = [{ address: '10.0.0.1', family: 4 }]

/** A resolver on a name server that answers when the test wants it to. */
function startResolver() {
  const pending = new Map<string, Answer>()
  const asked: string[] = []
  const resolve = createResolver((host, _options, callback) => {
    asked.push(host)
    pending.set(host, callback as Answer)
  })
  const outcomes: [string, unknown][] = []
  return {
    asked,
    outcomes,
    ask: (host: string, asker: Asker) =>
      resolve(host, asker, (error, addresses) => outcomes.push([host, error ?? addresses])),
    answer: (host: string, error: Error | null = null) => {
      const callback = pending.get(host)
      pending.delete(host)
      callback?.(error, error === null ? FOUND : [])
    }
  }
}

const tenant = (name: string): Asker => ({ isOperator: false, tenant: name })

suite('resolver', () => {
  test('gives addresses, and errors', () => {
    const { ask, answer, outcomes } = startResolver()
    ask('a.example', OPERATOR)
    ask('b.example', tenant('shop'))
    const error = new Error('no such host')
    answer('a.example')
    answer('b.example', error)
    assert.deepEqual(outcomes, [
      ['a.example', FOUND],
      ['b.example', error]
    ])
  })

  test('takes a single address, as a lookup of one gives it', () => {
    const found: unknown[] = []
    const resolve = createResolver((_host, _options, callback) => callback(null, '10.0.0.1', 4))
    resolve('a.example', OPERATOR, (_error, addresses) => found.push(addresses))
    assert.deepEqual(found, [FOUND])
  })

  test('asks for all addresses of a name, and gives none with an error', () => {
    const found: unknown[] = []
    // As dns.lookup does.
    const resolve = createResolver((host, { all }, callback) => {
      if (host === 'gone.example') Reflect.apply(callback, null, [new Error('no such host'), undefined])
      else if (all === true) callback(null, [...FOUND, { address: '10.0.0.2', family: 4 }])
      else callback(null, '10.0.0.1', 4)
    })
    for (const host of ['a.example', 'gone.example'])
      resolve(host, OPERATOR, (_error, addresses) => found.push(addresses.map(({ address }) => address)))
    assert.deepEqual(found, [['10.0.0.1', '10.0.0.2'], []])
  })

  test('looks a name up once at a time, no matter how many ask', () => {
    const { ask, answer, asked, outcomes } = startResolver()
    ask('a.example', tenant('shop'))
    ask('a.example', tenant('admin'))
    ask('a.example', OPERATOR)
    assert.deepEqual(asked, ['a.example'])
    answer('a.example')
    assert.equal(outcomes.length, 3)
    ask('a.example', OPERATOR)
    assert.equal(asked.length, 2)
  })

  test('silent names of one tenant hold up nobody else', () => {
    const { ask, asked } = startResolver()
    for (let index = 0; index < 200; index += 1) ask(`${index}.silent.example`, tenant('shop'))
    assert.equal(asked.length, 4)
    ask('admin.example', tenant('admin'))
    ask('client.example', OPERATOR)
    assert.deepEqual(asked.slice(4), ['admin.example', 'client.example'])
  })

  test('silent names of many tenants leave places for the operator', () => {
    const { ask, asked } = startResolver()
    for (let index = 0; index < 200; index += 1) ask(`${index}.silent.example`, tenant(`shop-${index}`))
    assert.equal(asked.length, 24)
    for (let index = 0; index < 10; index += 1) ask(`${index}.example`, OPERATOR)
    assert.equal(asked.length, 34)
  })

  test('what the operator looks up takes no place of a tenant', () => {
    const { ask, asked } = startResolver()
    for (let index = 0; index < 24; index += 1) ask(`${index}.silent.example`, OPERATOR)
    ask('shop.example', tenant('shop'))
    assert.deepEqual(asked.slice(24), ['shop.example'])
  })

  test('a lookup is counted until it ends, even when nobody waits for it any more', () => {
    const { ask, answer, asked, outcomes } = startResolver()
    const given = Array.from({ length: 4 }, (_, index) => ask(`${index}.silent.example`, tenant('shop')))
    for (const lookup of given) lookup.cancel()
    ask('shop.example', tenant('shop'))
    assert.equal(asked.length, 4)
    answer('0.silent.example')
    assert.deepEqual(asked.slice(4), ['shop.example'])
    assert.deepEqual(outcomes, [])
  })

  test('the namespace with the fewest lookups under way comes first', () => {
    const { ask, answer, asked } = startResolver()
    for (let index = 0; index < 24; index += 1) ask(`${index}.silent.example`, tenant(`shop-${index % 6}`))
    ask('another.example', tenant('shop-1'))
    ask('first.example', tenant('admin'))
    answer('0.silent.example')
    assert.deepEqual(asked.slice(24), ['first.example'])
  })

  test('a namespace with none under way comes before one that has one and asked earlier', () => {
    const { ask, answer, asked } = startResolver()
    for (let index = 0; index < 23; index += 1) ask(`${index}.silent.example`, tenant(`shop-${index % 6}`))
    for (const host of ['one.example', 'two.example']) ask(host, tenant('client'))
    ask('first.example', tenant('admin'))
    assert.deepEqual(asked.slice(23), ['one.example'])
    answer('0.silent.example')
    assert.deepEqual(asked.slice(24), ['first.example'])
    answer('1.silent.example')
    assert.deepEqual(asked.slice(25), ['two.example'])
  })

  test('among equals, the one that has waited longest comes first', () => {
    const { ask, answer, asked } = startResolver()
    for (let index = 0; index < 24; index += 1) ask(`${index}.silent.example`, tenant(`shop-${index % 6}`))
    ask('first.example', tenant('admin'))
    ask('second.example', tenant('client'))
    answer('0.silent.example')
    assert.deepEqual(asked.slice(24), ['first.example'])
  })

  test('a caller that no longer waits for its turn is passed over', () => {
    const { ask, answer, asked } = startResolver()
    for (let index = 0; index < 4; index += 1) ask(`${index}.silent.example`, tenant('shop'))
    ask('given-up.example', tenant('shop')).cancel()
    ask('shop.example', tenant('shop'))
    answer('0.silent.example')
    assert.deepEqual(asked.slice(4), ['shop.example'])
  })

  test('a caller that waits for its turn takes what another finds', () => {
    const { ask, answer, asked, outcomes } = startResolver()
    for (let index = 0; index < 4; index += 1) ask(`${index}.silent.example`, tenant('shop'))
    ask('client.example', tenant('shop'))
    ask('client.example', OPERATOR)
    answer('client.example')
    assert.equal(outcomes.length, 2)
    assert.equal(asked.length, 5)
  })

  test('says why a lookup has not begun', () => {
    const { ask, answer } = startResolver()
    const given = Array.from({ length: 5 }, (_, index) => ask(`${index}.silent.example`, tenant('shop')))
    assert.equal(given[0]?.whyWaiting(), null)
    assert.deepEqual(given[4]?.whyWaiting(), {
      seen: false,
      reason: 'dns',
      message: 'cannot resolve 4.silent.example: other lookups of its namespace are still waiting'
    })
    answer('0.silent.example')
    assert.equal(given[4]?.whyWaiting(), null)
  })

  test('does not blame a tenant for what others hold up', () => {
    const { ask } = startResolver()
    for (let index = 0; index < 24; index += 1) ask(`${index}.silent.example`, tenant(`shop-${index}`))
    assert.equal(ask('admin.example', tenant('admin')).whyWaiting()?.reason, 'not_asked')
  })
})
