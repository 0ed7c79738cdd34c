import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { findService } from '../../src/explain/find-service.ts'

const SERVICES = ['dev/client', 'prod/client', 'dev/api', 'prod/billing', 'x/a/b'].map(key => {
  const [namespace = '', ...service] = key.split('/')
  return { namespace, service: service.join('/') }
})

function inShort(namespace: string | null, service: string): string {
  const found = findService(SERVICES, { namespace, service })
  if (found.found !== null) return `${found.found.namespace}/${found.found.service}`
  return `${found.message}: ${found.near.map(one => `${one.namespace}/${one.service}`).join(', ')}`
}

suite('a service that is looked for', () => {
  for (const [namespace, service, found] of [
    ['dev', 'client', 'dev/client'],
    ['x', 'a/b', 'x/a/b'],
    [null, 'api', 'dev/api'],
    [null, 'client', 'client is in 2 namespaces: dev/client, prod/client'],
    [null, 'cleint', 'there is no service cleint: dev/client, prod/client'],
    [null, 'nothing-alike', 'there is no service nothing-alike: '],
    ['test', 'client', 'there is no service client in namespace test: dev/client, prod/client'],
    ['prod', 'biling', 'there is no service biling in namespace prod: prod/billing'],
    ['prod', 'apj', 'there is no service apj in namespace prod: '],
    ['x', 'biling', 'there is no service biling in namespace x: '],
    ['x', 'client', 'there is no service client in namespace x: dev/client, prod/client'],
    ['x', 'billing', 'there is no service billing in namespace x: prod/billing'],
    ['prd', 'biling', 'there is no service biling in namespace prd: prod/billing'],
    [null, 'CLI', 'there is no service CLI: dev/client, prod/client'],
    ['prod', 'bill', 'there is no service bill in namespace prod: prod/billing'],
    [null, 'z', 'there is no service z: '],
    ['dev', '\u001b[31m', 'there is no service \ufffd[31m in namespace dev: ']
  ] as const) {
    test(`is found, or what is near: ${namespace ?? ''}/${JSON.stringify(service)}`, () =>
      assert.equal(inShort(namespace, service), found))
  }

  test('has at most five near it', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ namespace: `n${index}`, service: 'shop' }))
    const found = findService(many, { namespace: null, service: 'shop' })
    assert.ok(found.found === null)
    assert.deepEqual([found.message, found.near.length], ['shop is in 9 namespaces', 5])
  })
})
