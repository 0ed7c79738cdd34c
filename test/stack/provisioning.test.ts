// Grafana, Loki and Alloy are not run here. What their files name of each other and of the guard is checked; that their
// keys are right is taken from the documentation of the pinned versions.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { dailyFile } from '../../src/logging/daily-files.ts'
import { helmHome, only, render } from '../helm/rendering.ts'
import { needs } from '../support/component.ts'
import { composeText } from '../support/compose-file.ts'
import { ROOT } from '../support/files.ts'
import { helmMissing } from '../support/helm.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const stack = parse(composeText(), { merge: true })
const scraped: readonly string[] = parse(read('compose/prometheus/prometheus.yaml')).scrape_configs.flatMap(
  (job: { static_configs: readonly { targets: readonly string[] }[] }) =>
    job.static_configs.flatMap(({ targets }) => targets)
)

suite('Prometheus of the stack', () => {
  test('scrapes every service of the stack', () => {
    const hosts = scraped.map(target => target.split(':')[0]?.replace('localhost', 'prometheus'))
    // HAProxy of the profile docker is not always there: its alert would be that of the guard's own gauge.
    const always = Object.entries<{ profiles?: string[] }>(stack.services).filter(
      ([, one]) => one.profiles === undefined
    )
    assert.deepEqual(hosts.sort(), always.map(([name]) => name).sort())
  })
})

suite('the guard of the stack', () => {
  test('has memory for a thousand targets', () => assert.equal(stack.services.guard.mem_limit, '512m'))
})

suite('Grafana of the stack', () => {
  test('finds its data sources where Prometheus scrapes them', () => {
    const { datasources } = parse(read('compose/grafana/datasources/datasources.yaml'))
    const hosts = datasources.map(({ url }: { url: string }) => new URL(url).host)
    const places = [...scraped, 'prometheus:9090']
    assert.deepEqual(
      hosts.filter((host: string) => !places.includes(host)),
      []
    )
    assert.equal(datasources.filter(({ isDefault }: { isDefault?: boolean }) => isDefault).length, 1)
  })

  test('reads the dashboards from where they are mounted', () => {
    const { providers } = parse(read('compose/grafana/dashboards/dashboards.yaml'))
    assert.ok(stack.services.grafana.volumes.includes(`./dashboards:${providers[0].options.path}:ro`))
    assert.ok(globSync('dashboards/*.json', { cwd: ROOT }).length > 0)
  })
})

suite('Alloy of the stack', () => {
  const config = read('compose/alloy/config.alloy')

  test("follows the guard's daily files", () => {
    const pattern = /__path__ = "(.+)\*\.jsonl"/.exec(config)?.[1] ?? 'none'
    assert.ok(dailyFile(stack.services.guard.environment.LOG_DIR, 0).startsWith(pattern))
    assert.ok(stack.services.alloy.volumes.includes(`guard-logs:${stack.services.guard.environment.LOG_DIR}:ro`))
  })

  test('sends to where Loki listens', () => {
    const { http_listen_port: port } = parse(read('compose/loki/loki.yaml')).server
    assert.ok(config.includes(`url = "http://loki:${port}/loki/api/v1/push"`))
    assert.ok(scraped.includes(`loki:${port}`))
  })

  test('makes labels only of keys of a check line that have few values', () => {
    const labels = /stage\.labels \{\s+values = \{([^}]+)\}/.exec(config)?.[1] ?? ''
    const names = [...labels.matchAll(/(\w+)\s+=/g)].map(([, name]) => name)
    assert.deepEqual(names, ['level', 'service', 'namespace', 'status'])
  })

  test('has as many closing brackets as opening ones', () => {
    const count = (bracket: string) => config.split(bracket).length
    for (const [opening, closing] of ['{}', '[]']) assert.equal(count(opening ?? ''), count(closing ?? ''))
  })
})

suite('values for the charts', () => {
  const home = helmHome()

  test('keep what Alertmanager has sent in a volume, and write it there each minute', () => {
    const { persistence, extraArgs } = parse(read('values/prometheus.yaml')).alertmanager
    assert.ok(persistence.enabled)
    assert.equal(extraArgs['data.maintenance-interval'], '1m')
    const { storage, additionalArgs } = parse(read('values/kube-prometheus-stack.yaml')).alertmanager.alertmanagerSpec
    assert.ok(storage.volumeClaimTemplate)
    assert.deepEqual(additionalArgs, [{ name: 'data.maintenance-interval', value: '1m' }])
  })

  test("get Alertmanager's configuration by the command that the page has", () => {
    const [, command = ''] = /-f <\((.+)\) \\/.exec(read('docs/stack.md')) ?? []
    const { alertmanager } = parse(execFileSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8' }))
    assert.deepEqual(alertmanager.config, parse(read('alerts/alertmanager.yaml')))
  })

  test('keep the labels that the guard gives', () => {
    const [job] = parse(parse(read('values/prometheus.yaml')).extraScrapeConfigs)
    assert.equal(job.honor_labels, true)
  })

  test('find the guard by what its chart gives, whatever its release is called', needs(helmMissing), async () => {
    const [job] = parse(parse(read('values/prometheus.yaml')).extraScrapeConfigs)
    assert.deepEqual(job.kubernetes_sd_configs, [{ role: 'endpoints' }])
    const { metadata, spec } = only(await render(home(), { shards: 2 }), 'Service')
    const found: Readonly<Record<string, unknown>> = {
      __meta_kubernetes_service_label_app_kubernetes_io_name: metadata.labels['app.kubernetes.io/name'],
      __meta_kubernetes_endpoint_port_name: spec.ports[0].name
    }
    const [{ source_labels: names, regex, action }] = job.relabel_configs
    assert.equal(names.map((name: string) => found[name]).join(';'), regex)
    assert.equal(action, 'keep')
  })

  test('have no password in them', () => {
    for (const file of globSync('values/*.yaml', { cwd: ROOT })) {
      assert.doesNotMatch(read(file), /password:/i, file)
    }
  })

  test('are all told of, and no others, with files that are there', () => {
    const page = read('docs/stack.md')
    const told = [...page.matchAll(/\b((?:values|alerts|dashboards)\/[\w./-]+\.(?:yaml|json|tmpl))/g)].map(
      ([, path]) => path ?? ''
    )
    for (const path of told) assert.ok(existsSync(join(ROOT, path)), path)
    const values = told.filter(path => path.startsWith('values/'))
    assert.deepEqual([...new Set(values)].sort(), globSync('values/*.yaml', { cwd: ROOT }).sort())
  })
})
