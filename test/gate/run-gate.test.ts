import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { runGate } from '../../src/gate/run-gate.ts'
import { NO_PROXIES } from '../../src/proxy-environment.ts'
import { aRulesFile, aRunbook, folderWith } from '../support/gate-files.ts'
import { startService } from '../support/services.ts'

async function itemsOf(t: TestContext, gate: string, files: Readonly<Record<string, string>>) {
  const folder = folderWith(t, { ...files, 'gate.yaml': gate })
  const config = readGateFile(join(folder, 'gate.yaml'))
  assert.ok(config.ok, JSON.stringify(config))
  const run = { version: '0', proxies: NO_PROXIES, signal: new AbortController().signal, drills: new Map() }
  const { items } = await runGate(config.value, run)
  return (id: string) => {
    const item = items.find(one => one.id === id)
    return `${item?.status}: ${item?.evidence.replaceAll(/\d+ ms/g, '1 ms')}`
  }
}

const SERVICE = 'service: { name: shop, url: "http://127.0.0.1:1" }\n'

suite('links of runbooks that are followed', () => {
  const pages: RequestListener = (request, response) => {
    if (request.url === '/gone') response.writeHead(404).end()
    else if (request.url === '/moved') response.writeHead(301, { location: '/there' }).end()
    else if (request.url === '/login') response.writeHead(302, { location: 'https://login.example/?from=secret' }).end()
    else if (request.url === '/private') response.writeHead(302, { location: '/users/sign_in?next=/private' }).end()
    else response.end('x'.repeat(10_000))
  }

  async function follow(t: TestContext, path: string) {
    const site = await startService(t, pages)
    const gate = `${SERVICE}runbooks: { folder: docs, follow: true }\n`
    const item = await itemsOf(t, gate, { 'docs/a.md': `${aRunbook()}[x](${site}${path})` })
    return item('runbooks-actionable').replaceAll(site, '')
  }

  for (const [rule, path, evidence] of [
    ['pass where they are there', '/there?x=1#y', 'PASS: 1 of 1 complete; 1 link looked up'],
    ['pass where they moved within their site', '/moved', 'PASS: 1 of 1 complete; 1 link looked up'],
    ['fail where they are not there', '/gone', 'FAIL: 0 of 1 complete; docs/a.md: broken link /gone (HTTP 404)'],
    [
      'fail where they lead to a login of the same site, which hides whether they are there',
      '/private',
      'FAIL: 0 of 1 complete; docs/a.md: broken link /private (redirects to /users/sign_in: a login page?)'
    ],
    [
      'fail where they lead to another site, such as a login',
      '/login',
      'FAIL: 0 of 1 complete; docs/a.md: broken link /login (redirects to https://login.example/)'
    ]
  ] as const) {
    test(rule, async t => assert.equal(await follow(t, path), evidence))
  }
})

suite('rules files beside a Prometheus', () => {
  interface World {
    readonly annotations: Readonly<Record<string, string>>
    /** What it says of an expression. */
    readonly refuses?: (expression: string) => boolean
  }

  const startPrometheus = (t: TestContext, { annotations, refuses = () => false }: World) =>
    startService(t, (request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost')
      const query = url.searchParams.get('query') ?? ''
      const answer = (data: unknown) => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ status: 'success', data }))
      }
      const now = Date.now() / 1000
      if (url.pathname.endsWith('/format_query') && refuses(query)) {
        response.writeHead(400, { 'content-type': 'application/json' })
        const error = 'invalid parameter "query": 1:6: parse error: unexpected end of input'
        response.end(JSON.stringify({ status: 'error', errorType: 'bad_data', error }))
      } else if (url.pathname.endsWith('/format_query')) answer(query)
      else if (url.pathname.endsWith('/buildinfo'))
        answer({
          version: '2.42.0',
          revision: 'abc',
          branch: 'HEAD',
          buildUser: '',
          buildDate: '',
          goVersion: 'go1.19'
        })
      else if (url.pathname.endsWith('/rules')) {
        const rule = { type: 'alerting', name: 'a-1', query: 'up == 0', duration: 60, health: 'ok', annotations }
        answer({
          groups: [{ name: 'a', interval: 15, rules: [{ ...rule, labels: {}, alerts: [], state: 'inactive' }] }]
        })
      } else if (query === 'time()') answer({ resultType: 'scalar', result: [now, String(now)] })
      else if (url.pathname.endsWith('/query')) answer({ resultType: 'vector', result: [] })
      else answer({ activeTargets: [] })
    })

  async function look(t: TestContext, world: World, { files = true, expr = 'up == 0' } = {}) {
    const url = await startPrometheus(t, world)
    const rules = aRulesFile({ a: 1 }, { runbook: 'a.md' }).replace('up == 0', expr)
    const gate = `${SERVICE}prometheus: { url: "${url}", selector: 'job="shop"' }
alert: { name: a-1 }
${files ? 'rules: { files: [alerts.yml] }' : ''}
`
    return itemsOf(t, gate, { 'alerts.yml': rules })
  }

  const SAME = { annotations: { runbook: 'a.md' } }

  test('are parsed by it, for it knows its own functions best', async t => {
    const item = await look(t, SAME, { expr: 'next_years_function(up)' })
    assert.equal(item('rules-syntax-valid'), 'PASS: 1 expression parsed: 1 by format_query of Prometheus 2.42.0')
  })

  test('fail with its words', async t => {
    const item = await look(t, { ...SAME, refuses: () => true })
    assert.equal(item('rules-syntax-valid'), 'FAIL: alerts.yml:1: a-1: 1:6: parse error: unexpected end of input')
  })

  test('agree with what it has loaded', async t => {
    assert.equal((await look(t, SAME))('alert-has-runbook-annotation'), 'PASS: a-1: a.md')
  })

  test('fail where what it has loaded has no annotation', async t => {
    assert.equal(
      (await look(t, { annotations: {} }))('alert-has-runbook-annotation'),
      'FAIL: in the file, and not in what Prometheus has loaded: a-1'
    )
  })

  test('are shown without the secrets in their addresses', async t => {
    const annotations = { runbook_url: 'https://jane:pa55word@w.example/a?token=t0ken' }
    const loaded = await look(t, { annotations }, { files: false })
    assert.equal(loaded('alert-has-runbook-annotation'), 'PASS: a-1: https://w.example/a, as it is loaded')
  })

  test('are not needed for the annotation', async t => {
    const without = await look(t, SAME, { files: false })
    assert.equal(without('alert-has-runbook-annotation'), 'PASS: a-1: a.md, as it is loaded')
    const missing = await look(t, { annotations: {} }, { files: false })
    assert.equal(missing('alert-has-runbook-annotation'), 'FAIL: a-1 is loaded without an annotation')
  })
})
