import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { before, suite, test } from 'node:test'
import { parse } from 'yaml'
import { VARIABLES } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseTargetsFile } from '../../src/config/targets-file.ts'
import { needs } from '../support/component.ts'
import {
  type ComposeFile,
  composeText,
  dockerComposeMissing,
  mountsOf,
  readComposeFile
} from '../support/compose-file.ts'
import { ROOT } from '../support/files.ts'

const PASSWORD = { GRAFANA_ADMIN_PASSWORD: 'secret' }
const KEPT_BY: Readonly<Record<string, readonly string[]>> = {
  guard: ['guard-logs'],
  prometheus: ['prometheus-data'],
  alertmanager: ['alertmanager-data'],
  grafana: ['grafana-data'],
  loki: ['loki-data'],
  alloy: ['alloy-data', 'guard-logs'],
  'docker-proxy': []
}
const SOCKET = '/var/run/docker.sock'

suite('compose.yaml', needs(dockerComposeMissing), () => {
  let file: ComposeFile
  const services = () => Object.entries(file.services)

  before(() => {
    file = readComposeFile(PASSWORD)
  })

  test('is valid, and has the whole stack', () => {
    assert.deepEqual(
      services()
        .map(([name]) => name)
        .sort(),
      Object.keys(KEPT_BY).sort()
    )
  })

  test('does not start with a password that everybody knows', () => {
    assert.throws(() => readComposeFile({}), /set GRAFANA_ADMIN_PASSWORD/)
  })

  test("takes Grafana's administrator from variables", () => {
    const { grafana } = readComposeFile({ ...PASSWORD, GRAFANA_ADMIN_USER: 'sre' }).services
    assert.equal(grafana?.environment?.GF_SECURITY_ADMIN_USER, 'sre')
    assert.equal(grafana?.environment?.GF_SECURITY_ADMIN_PASSWORD, 'secret')
  })

  test('mounts only what is there, and only for reading', () => {
    const mounts = services().flatMap(([, service]) => mountsOf(service))
    assert.ok(mounts.length > 8)
    for (const { source, isReadOnly } of mounts) {
      // The engine's, of the machine that it is started on.
      assert.ok(source === SOCKET || existsSync(source), relative(ROOT, source))
      assert.ok(isReadOnly, relative(ROOT, source))
    }
  })

  test('publishes the ports of the guard and of Grafana alone, to this machine alone', () => {
    const published = services().flatMap(([name, { ports = [] }]) => ports.map(port => `${name} ${port}`))
    assert.deepEqual(published.sort(), ['grafana 127.0.0.1:3000:3000/tcp', 'guard 127.0.0.1:9877:9877/tcp'])
  })

  test('pins every image to a full version', () => {
    for (const [name, { image }] of services()) assert.match(image, /^[a-z./-]+:v?\d+\.\d+\.\d+$/, name)
  })

  test('keeps what every service writes in a named volume', () => {
    for (const [name, { volumes }] of services()) {
      const named = volumes.filter(volume => !volume.startsWith('/')).map(volume => volume.split(':')[0])
      assert.deepEqual(named.sort(), KEPT_BY[name], name)
    }
    assert.deepEqual(Object.keys(file.volumes).sort(), [...new Set(Object.values(KEPT_BY).flat())].sort())
  })

  test('gives no service more than it needs', () => {
    for (const [name, service] of services()) {
      assert.ok(service.read_only, name)
      assert.deepEqual(service.cap_drop, ['ALL'], name)
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
      assert.ok(service.mem_limit, name)
      assert.equal(service.restart, 'unless-stopped', name)
    }
  })

  test('asks every service whether it is well, but the one whose image has nothing to ask with', () => {
    const without = services().filter(([, { healthcheck }]) => healthcheck === undefined)
    assert.deepEqual(
      without.map(([name]) => name),
      ['loki']
    )
  })

  test('leads the guard to a cluster by variables alone', () => {
    const { guard } = readComposeFile({ ...PASSWORD, WORKLOAD_SOURCE: 'kubernetes', WORKLOADS_FILE: '' }).services
    assert.equal(guard?.environment?.WORKLOAD_SOURCE, 'kubernetes')
    assert.equal(guard?.environment?.WORKLOADS_FILE, '')
  })

  test('leads the guard to a Docker host by variables alone', () => {
    const variables = { WORKLOAD_SOURCE: 'docker', WORKLOADS_FILE: '', TARGETS_FILE: '' }
    const { environment } = readComposeFile({ ...PASSWORD, ...variables }).services.guard ?? {}
    const config = loadConfig({ ...environment }, () => [])
    assert.deepEqual(config.workloads, {
      source: 'docker',
      engine: { address: { host: 'docker-proxy', port: 2375 }, tls: null }
    })
  })

  test('leads the guard to a Docker host by the file .env that the page has', () => {
    const [, dotEnv = ''] = /^```ini\n(.+?)^```$/ms.exec(readFileSync(join(ROOT, 'docs/docker.md'), 'utf8')) ?? []
    const { environment = {} } = readComposeFile({}, dotEnv).services.guard ?? {}
    assert.equal(environment.WORKLOAD_SOURCE, 'docker')
    assert.equal(environment.WORKLOADS_FILE, '')
    assert.equal(environment.TARGETS_FILE, '')
  })

  // Prometheus asks port 9877 here; CHECK_DEADLINE is for `check`; and the engine of a shell's own `docker` is not the
  // guard's: GUARD_DOCKER_HOST is.
  const NOT_FROM_VARIABLES = ['HOST', 'PORT', 'CHECK_DEADLINE', 'DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY']

  test('gives the guard each variable that the pages on Docker hosts and images tell people to set', () => {
    const pages = ['docker', 'images', 'moving-from-watchtower'].map(name => `docs/${name}.md`)
    const text = pages.map(page => readFileSync(join(ROOT, page), 'utf8')).join('\n')
    const told = [...VARIABLES.keys()].filter(name => new RegExp(`\\b${name}\\b`).test(text))
    const dotEnv = told.map(name => `${name}=of-dot-env\n`).join('')
    const { environment = {} } = readComposeFile(PASSWORD, dotEnv).services.guard ?? {}
    assert.deepEqual(
      told.filter(name => !environment[name]?.includes('of-dot-env')),
      NOT_FROM_VARIABLES
    )
  })

  test('leaves to the guard what nobody sets', () => {
    assert.equal(file.services.guard?.environment?.DISCOVERY, undefined)
  })

  test('gives the Docker socket to its proxy alone, and the proxy to the guard alone', () => {
    const withSocket = services().filter(([, service]) => mountsOf(service).some(({ source }) => source === SOCKET))
    assert.deepEqual(
      withSocket.map(([name]) => name),
      ['docker-proxy']
    )
    const inNetwork = services().filter(([, { networks = {} }]) => 'docker-api' in networks)
    assert.deepEqual(inNetwork.map(([name]) => name).sort(), ['docker-proxy', 'guard'])
    assert.deepEqual(Object.keys(file.services['docker-proxy']?.networks ?? {}), ['docker-api'])
    assert.equal(file.networks['docker-api']?.internal, true)
  })

  test('starts that proxy only where it is asked for', () => {
    assert.deepEqual(parse(composeText()).services['docker-proxy'].profiles, ['docker'])
  })
})

suite('what the guard of compose.yaml guards as it comes', () => {
  const read = (path: string) => readFileSync(join(ROOT, 'compose/guard', path), 'utf8')
  const image = parse(read('workloads.yaml')).spec.template.spec.containers[0].image

  test('is itself, by the very image that is started', () => {
    assert.ok(composeText().includes(`\${GUARD_IMAGE:-${image}}`))
  })

  test('is of the version of this repository', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    assert.ok(image.endsWith(`:v${version}`))
  })

  test('is a targets file that is taken as it stands', () => {
    const parsed = parseTargetsFile(read('targets.yaml'), 'targets.yaml', { versionMatch: 'exact', kind: 'Deployment' })
    assert.deepEqual(parsed.ok && parsed.value.map(({ service, namespace }) => ({ service, namespace })), [
      { service: 'keybuzz-version-guard', namespace: 'monitoring' }
    ])
  })
})
