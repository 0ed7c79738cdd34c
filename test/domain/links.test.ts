import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { dashboardLink, RUNBOOKS, runbookLink } from '../../src/domain/links.ts'

const TO = { namespace: 'shop-dev', service: 'cart' }

suite('links', () => {
  for (const [runbookUrl, link] of [
    [RUNBOOKS, `${RUNBOOKS}/KeyBuzzVersionMismatch.md`],
    ['https://wiki.example/runbooks/', 'https://wiki.example/runbooks/KeyBuzzVersionMismatch.md'],
    ['https://git.example/r/files?ref=main', 'https://git.example/r/files/KeyBuzzVersionMismatch.md?ref=main'],
    ['https://wiki.example', 'https://wiki.example/KeyBuzzVersionMismatch.md']
  ] as const) {
    test(`lead from ${runbookUrl} to an alert's runbook`, () => {
      assert.equal(runbookLink({ runbookUrl, dashboardUrl: null }, 'KeyBuzzVersionMismatch'), link)
    })
  }

  for (const [dashboardUrl, link] of [
    [null, null],
    ['https://grafana.example/d/x', 'https://grafana.example/d/x?var-namespace=shop-dev&var-service=cart'],
    [
      'https://grafana.example/d/x?orgId=2&var-service=old',
      'https://grafana.example/d/x?orgId=2&var-service=cart&var-namespace=shop-dev'
    ]
  ] as const) {
    test(`lead from ${dashboardUrl ?? 'nowhere'} to a service's dashboard`, () => {
      assert.equal(dashboardLink({ runbookUrl: RUNBOOKS, dashboardUrl }, TO), link)
    })
  }

  test('escape names that nobody should have', () => {
    const link = dashboardLink(
      { runbookUrl: RUNBOOKS, dashboardUrl: 'https://grafana.example/d/x' },
      { namespace: 'a&b=c', service: '../#"<' }
    )
    assert.equal(link, 'https://grafana.example/d/x?var-namespace=a%26b%3Dc&var-service=..%2F%23%22%3C')
  })
})
