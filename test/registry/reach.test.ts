import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { isSpecialAddress } from '../../src/probe/special-addresses.ts'
import { ADDRESS_REFUSED } from '../../src/registry/failure.ts'
import { createReach } from '../../src/registry/reach.ts'

const reach = createReach({
  trusted: () => ['127.0.0.1:5000', 'Registry.localhost', 'Mirror.localhost:5000', 'localhost', '[::1]:5000'],
  isSpecial: isSpecialAddress
})
const stranger = createReach({ trusted: () => [], isSpecial: isSpecialAddress })

suite('which registries are asked', () => {
  for (const [host, isAsked] of [
    ['ghcr.io', true],
    ['10.0.0.5', true],
    ['169.254.169.254', false],
    ['127.0.0.2', false],
    ['[fe80::1]', false],
    ['other.localhost', false],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['registry.localhost', true],
    ['mirror.localhost', true]
  ] as const) {
    test(`${isAsked ? 'asks' : 'does not ask'} ${host}`, () => {
      const refusal = reach.refusalOf(host)
      assert.equal(refusal === null, isAsked)
      if (refusal !== null) assert.match(refusal, /may not be reached: name it in REGISTRY_INSECURE/)
    })
  }

  test('looks a name up, and leaves out the addresses that no registry has', async () => {
    const lookUp = promisify(stranger.lookup) as (host: string, options: object) => Promise<unknown>
    await assert.rejects(lookUp('localhost', { all: true }), { code: ADDRESS_REFUSED })
  })

  test('passes on why a name could not be looked up', async () => {
    const lookUp = promisify(stranger.lookup) as (host: string, options: object) => Promise<unknown>
    // Longer than any name may be: nobody is asked.
    await assert.rejects(lookUp('a'.repeat(300), {}), error => Object(error).code !== ADDRESS_REFUSED)
  })

  test('takes such an address for a name that the operator has named', async () => {
    const addresses = await new Promise(resolve => {
      reach.lookup('localhost', { all: true }, (_error, found) => resolve(found))
    })
    assert.ok(Array.isArray(addresses) && addresses.length > 0)
    const one = await new Promise(resolve => {
      reach.lookup('localhost', { family: 4 }, (_error, address) => resolve(address))
    })
    assert.equal(one, '127.0.0.1')
  })
})
