import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { RULES, readRules } from '../alerts/shipped-rules.ts'
import { deployment } from '../support/cluster-objects.ts'
import { needs } from '../support/component.ts'
import { prometheusMissing, startPrometheus, startScraping } from '../support/prometheus.ts'
import { inTest, scaleRules } from '../support/scaled.ts'
import { until } from '../support/until.ts'
import { memoryLimitMissing } from './memory.ts'
import { HOSTILE, PREFIX, shareCluster } from './shared-cluster.ts'

const SECONDS = 12
const KB = 1000

function many<Item>(count: number, make: (index: number) => Item): readonly Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function workload(name: string, annotations: Readonly<Record<string, string>>, image = 'app:v1'): object {
  const ours = Object.entries(annotations).map(([key, value]) => [`${PREFIX}/${key}`, value])
  return deployment(name, { namespace: HOSTILE, image, annotations: Object.fromEntries(ours) })
}

function padded(name: string, length: number): object {
  const object = deployment(name, { namespace: HOSTILE })
  return { ...object, spec: { ...object.spec, padding: 'x'.repeat(length) } }
}

const asking = (origin: string, answer: string, count: number) =>
  many(count, index => workload(`${answer}-${index}`, { endpoint: `${origin}/${HOSTILE}/${answer}` }))

// What it has from the start, and what it changes from then on.
interface Attack {
  readonly begin: (origin: string) => readonly object[]
  readonly turn?: (number: number) => readonly object[]
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  // For comparison.
  nothing: { begin: () => [] },
  '800 endpoints that never answer': { begin: origin => asking(origin, 'never', 800) },
  '800 endpoints that drip': { begin: origin => asking(origin, 'drip', 800) },
  '800 endpoints that answer slowly, or with much': {
    begin: origin => [...asking(origin, 'slow', 400), ...asking(origin, 'large', 400)]
  },
  '1,000 workloads with 200 KB of annotations each': {
    begin: () =>
      many(1_000, index =>
        workload(`large-${index}`, {
          endpoint: `http://${'x'.repeat(100 * KB)}/`,
          ...Object.fromEntries(many(1_000, number => [`unknown-${number}`, 'x'.repeat(80)]))
        })
      )
  },
  'objects of which a page is too large, and one alone': {
    begin: () => [...many(50, index => padded(`large-${index}`, 1_000 * KB)), padded('too-large', 17_000 * KB)]
  },
  '600 mistakes that are new each time': {
    begin: () => [],
    turn: number => many(600, index => workload(`wrong-${index}`, { 'version-match': `wrong-${number}-${index}` }))
  },
  'images whose names are long and new each time': {
    begin: () => [],
    turn: number =>
      many(300, index => workload(`image-${index}`, { enabled: 'true' }, `app-${'x'.repeat(60 * KB)}:${number}`))
  }
}

suite('while one namespace of fifty has', needs(memoryLimitMissing), () => {
  for (const [what, { begin, turn }] of Object.entries(ATTACKS)) {
    test(`${what}, all others are checked in time in 512 Mi, and every probe and scrape succeeds`, async t => {
      const cluster = await shareCluster(t, begin)
      await cluster.watch(SECONDS, turn)
    })
  }
})

suite('while one namespace of fifty', needs(memoryLimitMissing ?? prometheusMissing), () => {
  test('holds up 800 probes, a mismatch of another is alerted on, and that checks cannot keep up', async t => {
    const cluster = await shareCluster(t, origin => asking(origin, 'never', 800))
    const { alerts, recordings } = readRules(scaleRules(readFileSync(RULES, 'utf8'), inTest))
    const rules = alerts.map(({ interval: _, ...alert }) => alert)
    const scrape = { static_configs: [{ targets: [new URL(cluster.guard.url).host] }] }
    const prometheus = await startScraping(t, scrape, [...recordings, ...rules])
    const firing = async (selector: string) =>
      (await prometheus.query(`ALERTS{alertstate="firing",${selector}}`)).map(({ metric }) => metric)
    await cluster.watch(SECONDS)
    await until(async () => assert.equal((await firing('alertname="KeyBuzzVersionGuardStale"')).length, 1), {
      withinMs: 30_000
    })
    assert.deepEqual(await firing('namespace=~"team-.+"'), [])
    cluster.api.put(cluster.honest(7, 'app:v2'))
    await until(
      async () => {
        const names = (await firing('namespace=~"team-.+"')).map(({ alertname, service }) => `${alertname} ${service}`)
        assert.deepEqual(names, ['KeyBuzzVersionMismatch service-7'])
      },
      { withinMs: 30_000 }
    )
  })

  test('renames its services before each scrape, Prometheus gets some hundred of them', async t => {
    const SERVICES = 50
    const renamed = (number: number) =>
      many(SERVICES, index => workload(`renamed-${index}`, { enabled: 'true', service: `name-${number}-${index}` }))
    const cluster = await shareCluster(t, () => renamed(0))
    const prometheus = await startPrometheus(t, cluster.guard.url)
    const countServices = () => prometheus.countSeries(`keybuzz_service_info{namespace="${HOSTILE}"}`)
    await until(async () => assert.equal(await countServices(), SERVICES))
    await cluster.watch(SECONDS, renamed)
    const services = await countServices()
    // Twice as many as it has, and a hundred.
    assert.ok(services > SERVICES && services <= 2 * SERVICES + 100, `${services}`)
    await until(async () => {
      const held = await prometheus.query(`keybuzz_version_guard_new_series_held_total{namespace="${HOSTILE}"}`)
      assert.ok(Number(held[0]?.value[1]) > 0)
    })
    t.diagnostic(`${services} of its services became series`)
  })
})
