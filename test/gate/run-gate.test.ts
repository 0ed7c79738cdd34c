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
    const redirect = (location: string) => response.writeHead(302, { location }).end()
    const status = /^\/status\/(\d+)$/.exec(request.url ?? '')?.[1]
    if (status !== undefined) response.writeHead(Number(status)).end()
    else if (request.url === '/moved') redirect('/there?page=1')
    else if (request.url === '/moved-away') redirect('/status/404')
    else if (request.url === '/query') redirect('/there?page=2')
    else if (request.url === '/there?page=2') response.writeHead(404).end()
    else if (request.url === '/loop') redirect('/loop')
    else if (request.url === '/login') redirect('https://login.example/?from=secret')
    else if (request.url === '/private') redirect('/users/sign_in?next=/private')
    else if (request.url === '/made') response.writeHead(201, { location: 'https://other.example/' }).end()
    else if (request.url === '/broken') response.destroy()
    else response.end('x'.repeat(10_000))
  }

  async function follow(t: TestContext, path: string) {
    const site = await startService(t, pages)
    const gate = `${SERVICE}runbooks: { folder: docs, follow: true }\n`
    const item = await itemsOf(t, gate, { 'docs/a.md': `${aRunbook()}[x](${site}${path})` })
    return item('runbooks-actionable')
      .replaceAll(site, '')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'wiki')
  }

  const gone = (link: string, why: string) => `FAIL: 0 of 1 complete; docs/a.md: broken link ${link} (${why})`
  const unseen = (link: string, why: string) =>
    `SKIP: 1 of 1 complete; links that could not be looked up: docs/a.md: ${link} (${why})`

  for (const [rule, path, evidence] of [
    ['pass where they are there', '/there?x=1#y', 'PASS: 1 of 1 complete; 1 link looked up'],
    ['pass where they moved within their site', '/moved', 'PASS: 1 of 1 complete; 1 link looked up'],
    ['pass where another status than a redirect has a Location', '/made', 'PASS: 1 of 1 complete; 1 link looked up'],
    ['fail where they are not there', '/status/404', gone('/status/404', 'HTTP 404')],
    ['fail where they were removed', '/status/410', gone('/status/410', 'HTTP 410')],
    ['fail where they moved to what is not there', '/moved-away', gone('/moved-away', 'HTTP 404')],
    ['are followed with their query', '/query', gone('/query', 'HTTP 404')],
    ['are unseen where the wiki is down', '/status/503', unseen('/status/503', 'HTTP 503')],
    ['are unseen where the wiki wants credentials', '/status/403', unseen('/status/403', 'HTTP 403')],
    [
      'are unseen where the wiki closes the connection',
      '/broken',
      unseen('/broken', 'wiki closed the connection without answering')
    ],
    ['are unseen where they redirect without end', '/loop', unseen('/loop', 'more than 5 redirects')],
    [
      'are unseen behind a login of the same site, which hides whether they are there',
      '/private',
      unseen('/private', 'redirects to /users/sign_in: a login page?')
    ],
    [
      'are unseen where they lead to another site, such as a login',
      '/login',
      unseen('/login', 'redirects to https://login.example/')
    ]
  ] as const) {
    test(rule, async t => assert.equal(await follow(t, path), evidence))
  }

  const ANNOTATED = 'rules: { files: [alerts.yml] }\nalert: { name: a-1 }\nrunbooks: { folder: docs, follow: true }\n'
  for (const [rule, path, status] of [
    ['passes where the runbook of the alert is there', '/there', 'PASS'],
    ['fails where it is gone', '/status/404', 'FAIL'],
    ['is SKIP where the wiki is down', '/status/502', 'SKIP']
  ] as const) {
    test(`an annotation ${rule}`, async t => {
      const site = await startService(t, pages)
      const rules = aRulesFile({ a: 1 }, { runbook_url: `${site}${path}` })
      const item = await itemsOf(t, `${SERVICE}${ANNOTATED}`, { 'alerts.yml': rules, 'docs/a.md': aRunbook() })
      assert.deepEqual(
        [item('alert-runbook-exists').slice(0, 4), item('runbooks-present').slice(0, 4)],
        [status, status]
      )
    })
  }

  test('are unseen where nothing answers', async t => {
    const gate = `${SERVICE}runbooks: { folder: docs, follow: true }\n`
    const item = await itemsOf(t, gate, { 'docs/a.md': `${aRunbook()}[x](http://127.0.0.1:1/a)` })
    assert.equal(item('runbooks-actionable'), unseen('http://127.0.0.1:1/a', 'connection to 127.0.0.1:1 refused'))
  })
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

  test('fail where what it has loaded names another runbook, as before a reload', async t => {
    assert.equal(
      (await look(t, { annotations: { runbook: 'old.md' } }))('alert-has-runbook-annotation'),
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
