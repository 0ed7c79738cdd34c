import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { seen } from '../../../src/domain/observation.ts'
import { createRequiredObjects } from '../../../src/sources/kubernetes/required-objects.ts'
import { aTarget, aWorkload, theFacts } from '../../support/facts.ts'
import {
  kubeConfigFor,
  type Misbehaviour,
  refuse,
  refuseOnTheWay,
  startFakeApiServer
} from '../../support/fake-api-server.ts'

const SECRETS = { 'required-secrets': 'db' }
// A real server knows what there is; the fake one lists where nothing is stored.
const missing: Misbehaviour = ({ path }, response) => path.endsWith('/gone') && refuse(response, 404, 'not found')

async function setUp(t: TestContext) {
  const server = await startFakeApiServer()
  server.misbehave(missing)
  let now = 1000
  // Each pause ends when the test says so, a minute later.
  let wake = () => {}
  let wait = Promise.withResolvers<void>()
  const timer = {
    now: () => now,
    pause: (_ms: number, signal: AbortSignal) => {
      const pause = Promise.withResolvers<void>()
      wake = () => {
        now += 60_000
        wait = Promise.withResolvers<void>()
        pause.resolve()
      }
      signal.addEventListener('abort', () => pause.resolve(), { once: true })
      wait.resolve()
      return pause.promise
    }
  }
  const source = createRequiredObjects({
    environment: {},
    loadKubeConfig: () => kubeConfigFor(server),
    clock: () => now,
    timer
  })
  t.after(async () => {
    await source.close()
    await server.close()
  })
  const workloads = new Map<string, ReturnType<typeof aWorkload>>()
  const of = (service = 'web') => {
    const workload = workloads.get(service) ?? aWorkload()
    return source.of(aTarget({ service, namespace: workload.namespace }), theFacts({ workload: seen(workload) }))
  }
  // The source learns what is required when a service is judged.
  const annotate = (service: string, annotations: Readonly<Record<string, string>>, namespace = 'shop') => {
    workloads.set(service, aWorkload({ name: service, namespace, annotations }))
    of(service)
  }
  const found = (service?: string) =>
    of(service).map(
      ({ kind, name, found }) =>
        `${kind}/${name} ${found.seen ? (found.value === null ? 'missing' : 'there') : found.reason}`
    )
  const read = () => source.read(AbortSignal.timeout(60_000))
  const turn = () => {
    wake()
    return wait.promise
  }
  const firstTurn = async () => {
    await source.follow(() => {})
    await wait.promise
  }
  return { server, source, annotate, of, found, read, turn, firstTurn }
}

const secret = (name: string, namespace = 'shop') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: { namespace, name, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'canary' } },
  data: { password: 'canary' }
})

suite('required objects', () => {
  test('are asked for as the row of a table, without the object', async t => {
    const { server, annotate, found, read } = await setUp(t)
    annotate('web', { 'required-configmaps': 'settings', 'required-secrets': 'db, gone' })
    server.put(secret('db'))
    assert.deepEqual(found(), ['ConfigMap/settings not_looked', 'Secret/db not_looked', 'Secret/gone not_looked'])
    await read()
    assert.deepEqual(found(), ['ConfigMap/settings there', 'Secret/db there', 'Secret/gone missing'])
    assert.deepEqual(server.requests.map(({ method, path, query }) => `${method} ${path}?${query}`).toSorted(), [
      'GET /api/v1/namespaces/shop/configmaps/settings?includeObject=None',
      'GET /api/v1/namespaces/shop/secrets/db?includeObject=None',
      'GET /api/v1/namespaces/shop/secrets/gone?includeObject=None'
    ])
    for (const { headers } of server.requests)
      assert.equal(headers.accept, 'application/json;as=Table;g=meta.k8s.io;v=v1')
  })

  test('are not taken from a server that shows more than was asked for', async t => {
    const { server, annotate, found, read } = await setUp(t)
    annotate('web', SECRETS)
    server.misbehave((_, response) => {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(secret('db')))
      return true
    })
    await read()
    assert.deepEqual(found(), ['Secret/db unreachable'])
  })

  test('are not looked for where the right is missing', async t => {
    const { server, annotate, of, read } = await setUp(t)
    annotate('web', SECRETS)
    server.misbehave((_, response) => refuse(response, 403, 'forbidden'))
    await read()
    const [db] = of()
    assert.ok(db?.found.seen === false && db.found.reason === 'forbidden')
    assert.equal(db.found.message, 'not looked for: grant get on secrets with the resourceName db in namespace shop')
  })

  test('are a Job with how it ended', async t => {
    const { server, annotate, of, read } = await setUp(t)
    annotate('web', { 'migration-job': 'migrate' })
    const status = {
      completionTime: '2026-01-04T18:00:00Z',
      conditions: [
        { type: 'SuccessCriteriaMet', status: 'True' },
        { type: 'Complete', status: 'True' }
      ]
    }
    server.put({ apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: 'shop', name: 'migrate' }, status })
    await read()
    assert.deepEqual(
      server.requests.map(({ path, query, headers }) => [path, `${query}`, headers.accept]),
      [['/apis/batch/v1/namespaces/shop/jobs/migrate', '', 'application/json']]
    )
    const job = { outcome: 'succeeded', completedAt: Date.UTC(2026, 0, 4, 18) }
    assert.deepEqual(of(), [{ kind: 'Job', name: 'migrate', found: { seen: true, value: { job } }, asOf: null }])
  })

  test('are looked for in the own namespace alone, by names that are names', async t => {
    const { server, annotate, found, read } = await setUp(t)
    annotate('web', {
      'required-secrets': '../bank/secrets/db, bank/db, db?watch=true, DB, db',
      'migration-job': 'a/b'
    })
    await read()
    assert.deepEqual(found(), ['Secret/db there'])
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ['/api/v1/namespaces/shop/secrets/db']
    )
  })

  test('are asked for once a minute, however many services require them, and at once where they are new', async t => {
    const { server, annotate, turn, firstTurn } = await setUp(t)
    annotate('web', SECRETS)
    annotate('api', SECRETS)
    await firstTurn()
    assert.equal(server.requests.length, 1)
    annotate('api', { 'required-secrets': 'other' })
    await turn()
    assert.deepEqual(
      server.requests.map(({ path }) => path.split('/').at(-1)),
      ['db', 'db', 'other']
    )
  })

  test('are the same objects where nothing changed, and another version where something did', async t => {
    const { server, source, annotate, of, read } = await setUp(t)
    annotate('web', SECRETS)
    await read()
    const [facts, version] = [of(), source.version()]
    await read()
    assert.deepEqual([of() === facts, source.version() === version], [true, true])
    server.misbehave((_, response) => refuse(response, 404, 'not found'))
    await read()
    assert.deepEqual([of() === facts, source.version() === version], [false, false])
  })

  test('stay as they were last seen, with their age, while nobody answers', async t => {
    const { server, source, annotate, of, turn, firstTurn } = await setUp(t)
    annotate('web', SECRETS)
    await firstTurn()
    server.misbehave((_, response) => refuse(response, 500))
    await turn()
    await turn()
    const [db] = of()
    assert.deepEqual([db?.found.seen, db?.asOf], [true, 1000])
    assert.equal(source.health().problems[0]?.withholds, 'objects')
    server.misbehave(missing)
    await turn()
    assert.deepEqual([of()[0]?.asOf, source.health().problems], [null, []])
  })

  for (const code of [403, 404]) {
    test(`stay as they were where something on the way to the API server answers ${code}`, async t => {
      const { server, source, annotate, of, turn, firstTurn } = await setUp(t)
      annotate('web', SECRETS)
      await firstTurn()
      server.misbehave((_, response) => refuseOnTheWay(response, code))
      await turn()
      const [db] = of()
      assert.deepEqual([db?.found, db?.asOf], [seen({ job: null }), 1000])
      assert.match(
        source.health().problems[0]?.message ?? '',
        new RegExp(`HTTP ${code} to list secrets .*: no healthy upstream$`)
      )
    })
  }

  test('have each an age of their own, though one of them was never answered for', async t => {
    const { server, annotate, of, turn, firstTurn } = await setUp(t)
    annotate('web', { 'required-secrets': 'db, odd' })
    server.misbehave(({ path }, response) => path.endsWith('/odd') && refuse(response, 500))
    const ages = () => of().map(({ found, asOf }) => [found.seen, asOf])
    await firstTurn()
    await turn()
    assert.deepEqual(ages(), [
      [true, null],
      [false, null]
    ])
    server.misbehave((_, response) => refuse(response, 500))
    await turn()
    assert.deepEqual(ages(), [
      [true, 61_000],
      [false, null]
    ])
  })

  test('are no longer asked for when nobody requires them', async t => {
    const { server, annotate, read } = await setUp(t)
    annotate('web', SECRETS)
    annotate('api', { 'required-secrets': 'other' })
    annotate('api', {})
    await read()
    assert.deepEqual(
      server.requests.map(({ path }) => path.split('/').at(-1)),
      ['db']
    )
  })

  test('are a bounded number in each namespace, and others take their turn', async t => {
    const { server, annotate, found, read } = await setUp(t)
    const names = (start: number) => Array.from({ length: 20 }, (_, at) => `s${start + at}`).join()
    for (let number = 0; number < 6; number += 1) annotate(`web-${number}`, { 'required-secrets': names(20 * number) })
    annotate('else', SECRETS, 'other')
    await read()
    assert.equal(server.requests.length, 101)
    assert.deepEqual(found('else'), ['Secret/db there'])
    assert.ok(found('web-5').every(line => line.endsWith('too_many')))
    annotate('web-0', {})
    await read()
    found('web-5')
    await read()
    assert.ok(found('web-5').every(line => line.endsWith('there')))
  })
})
