import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { unseen } from '../../src/domain/observation.ts'
import { aProbe, aReport, aSnapshot, aTarget, aWorkload, HEALTHY } from '../support/facts.ts'
import { judgeAtOnce } from '../support/steps.ts'

const LONG = 'x'.repeat(5000)

function judgeOne(endpoint: string, answer = aReport(), image = 'shop:v1') {
  const observations = new Map([['dev/shop', { ...aProbe(answer), target: aTarget(), checkedAt: 0 }]])
  const facts = { targets: [aTarget({ endpoint })], workloads: aSnapshot([aWorkload({ image })]), observations }
  const [service] = judgeAtOnce({ ...facts, source: HEALTHY, warnings: [] }, 0, undefined).services
  assert.ok(service !== undefined)
  return service
}

suite('report of a service', () => {
  for (const [endpoint, shownEndpoint] of [
    ['https://shop.example/debug/version', 'https://shop.example/debug/version'],
    ['https://user:canary@shop.example/v', 'https://shop.example/v'],
    ['https://canary@shop.example/v', 'https://shop.example/v'],
    ['http:\\\\user:canary@shop.example', 'http://shop.example/'],
    ['ftp://user:canary@shop.example/', '…@shop.example/'],
    ['user:canary@shop.example', '…@shop.example'],
    ['https://user:canary@ not an address', '…@ not an address']
  ] as const) {
    test(`shows ${endpoint} without a password`, () => assert.equal(judgeOne(endpoint).endpoint, shownEndpoint))
  }

  test('cuts and cleans every string from outside', () => {
    const { deployed, reported, endpoint } = judgeOne(
      `https://${LONG}`,
      aReport(`v\u001b${LONG}`),
      `shop:${'t'.repeat(128)}`
    )
    assert.equal(endpoint.length, 128)
    assert.equal(reported?.version, `v\ufffd${LONG.slice(0, 126)}`)
    assert.equal(deployed.image?.length, 128)
    assert.equal(deployed.imageTag?.length, 128)
  })

  test('knows nothing of what was not reported', () => {
    const { reported } = judgeOne('https://shop.example/', unseen('timeout', 'no answer within 10 s'))
    assert.deepEqual([reported?.failure, reported?.version, reported?.gitSha], ['timeout', null, null])
  })
})
