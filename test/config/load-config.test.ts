import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readCertificates } from '../../src/config/certificates.ts'
import { ConfigError } from '../../src/config/config.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { badInput, cannotRead } from '../../src/text/mistake.ts'
import { createAuthority } from '../support/certificates.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'

const DURATION = 'a duration; write it as 500ms, 30s, 5m or 1h30m, more than 0 and at most 24d'
const SHARD = "a number from 0, or the name of a StatefulSet's pod, such as guard-2"
const PATTERNS = 'it takes host names (client.keybuzz.io, *.keybuzz.io), addresses and CIDRs (10.0.0.0/8)'

const noMistakes = () => []

function load(env: Environment) {
  return loadConfig(env, noMistakes)
}

function errorOf(env: Environment, manifestMistakes: Parameters<typeof loadConfig>[1] = noMistakes): ConfigError {
  try {
    loadConfig(env, manifestMistakes)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new assert.AssertionError({ message: 'no mistake was found' })
}

function linesOf(env: Environment): string[] {
  return errorOf(env).mistakes.map(({ message }) => message)
}

function kindsOf({ mistakes }: ConfigError): string[] {
  return [...new Set(mistakes.map(({ kind }) => kind))]
}

function fileWith(t: TestContext, content: string | Uint8Array): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), content)
  return join(folder, 'file')
}

suite('configuration', () => {
  test('has the mistakes of the gate among the others, where a gate is named', () => {
    const gateMistakes = (path: string) => [badInput(`${path}:1: no such key`)]
    assert.throws(
      () => loadConfig({ GATE_CONFIG: 'gate.yaml', PORT: 'x' }, noMistakes, gateMistakes),
      ({ mistakes }: ConfigError) => mistakes.length === 2 && mistakes[1]?.message === 'gate.yaml:1: no such key'
    )
    assert.equal(loadConfig({}, noMistakes, gateMistakes).gate, null)
  })

  test('has a default for everything', () => {
    assert.deepEqual(load({}), {
      host: '',
      port: 9877,
      checkMode: 'interval',
      checkIntervalMs: 20_000,
      checkTimeoutMs: 10_000,
      checkDeadlineMs: 25_000,
      checkConcurrency: 256,
      rolloutDeadlineMs: 600_000,
      helmPendingMs: 900_000,
      workloads: { source: 'kubernetes', namespaces: [], pods: false, helmReleases: false },
      releasesDir: null,
      targetsFile: null,
      discovery: 'true',
      versionMatch: 'exact',
      endpointAllow: { hosts: [], suffixes: [], networks: [] },
      endpointCaFile: null,
      proxies: { http: null, https: null, bypasses: [] },
      webConfigFile: null,
      seriesLimit: 500_000,
      links: {
        runbookUrl: 'https://github.com/keybuzzio/keybuzz-version-guard/blob/main/docs/runbooks',
        dashboardUrl: null
      },
      logLevel: 'info',
      logDir: null,
      logChecks: 'changes',
      shard: { index: 0, total: 1 },
      images: {
        mode: 'off',
        authFile: null,
        pullSecrets: false,
        realms: [],
        insecure: [],
        perMinute: 300,
        schedule: { pattern: '0 0 3 * * *', timezone: 'UTC' }
      },
      gate: null
    })
  })

  test('is what the environment says', t => {
    const targets = fileWith(t, 'targets: []')
    const webConfig = fileWith(t, '{}')
    const registryAuth = fileWith(t, '{"auths": {}}')
    const { endpointAllow, ...config } = load({
      HOST: '::1',
      PORT: '0',
      CHECK_MODE: 'scrape',
      CHECK_INTERVAL: '1ms',
      CHECK_TIMEOUT: '1h30m',
      CHECK_DEADLINE: '24d',
      CHECK_CONCURRENCY: '1',
      WATCH_NAMESPACES: 'shop-dev, shop-prod,shop-dev',
      WATCH_PODS: 'true',
      HELM_RELEASES: 'true',
      HELM_DEADLINE: '30m',
      RELEASES_DIR: ROOT,
      TARGETS_FILE: targets,
      DISCOVERY: 'all',
      ROLLOUT_DEADLINE: '1h',
      VERSION_MATCH: 'semver',
      ENDPOINT_ALLOW: '*.keybuzz.io, client.example',
      WEB_CONFIG_FILE: webConfig,
      SERIES_LIMIT: '100',
      RUNBOOK_URL: 'https://wiki.example/runbooks?ref=main',
      DASHBOARD_URL: 'http://grafana:3000/d/keybuzz-service?orgId=2',
      LOG_LEVEL: 'critical',
      LOG_DIR: 'logs',
      LOG_CHECKS: 'all',
      SHARD: 'guard-1',
      TOTAL_SHARDS: '3',
      GATE_CONFIG: 'gate.yaml',
      GATE_INTERVAL: '1m',
      IMAGE_UPDATES: 'opt-in',
      IMAGE_CHECK_SCHEDULE: '0 30 4 * * 1',
      IMAGE_CHECK_TIMEZONE: 'Europe/Paris',
      REGISTRY_AUTH_FILE: registryAuth,
      IMAGE_PULL_SECRETS: 'true',
      REGISTRY_REALMS: 'auth.example.com, [::1]:5001',
      REGISTRY_INSECURE: '10.0.0.5:5000',
      REGISTRY_BUDGET: '20'
    })
    assert.deepEqual(config, {
      host: '::1',
      port: 0,
      checkMode: 'scrape',
      checkIntervalMs: 1,
      checkTimeoutMs: 5_400_000,
      checkDeadlineMs: 2_073_600_000,
      checkConcurrency: 1,
      rolloutDeadlineMs: 3_600_000,
      helmPendingMs: 1_800_000,
      workloads: { source: 'kubernetes', namespaces: ['shop-dev', 'shop-prod'], pods: true, helmReleases: true },
      releasesDir: ROOT,
      targetsFile: targets,
      discovery: 'all',
      versionMatch: 'semver',
      endpointCaFile: null,
      proxies: { http: null, https: null, bypasses: [] },
      webConfigFile: webConfig,
      seriesLimit: 100,
      links: {
        runbookUrl: 'https://wiki.example/runbooks?ref=main',
        dashboardUrl: 'http://grafana:3000/d/keybuzz-service?orgId=2'
      },
      logLevel: 'critical',
      logDir: 'logs',
      logChecks: 'all',
      shard: { index: 1, total: 3 },
      images: {
        mode: 'opt-in',
        authFile: registryAuth,
        pullSecrets: true,
        realms: ['auth.example.com', '[::1]:5001'],
        insecure: ['10.0.0.5:5000'],
        perMinute: 20,
        schedule: { pattern: '0 30 4 * * 1', timezone: 'Europe/Paris' }
      },
      gate: { file: 'gate.yaml', intervalMs: 60_000 }
    })
    assert.deepEqual(
      [endpointAllow.hosts, endpointAllow.suffixes.length, endpointAllow.networks],
      [['client.example'], 1, []]
    )
  })

  for (const [name, index] of [
    ['0', 0],
    ['2', 2],
    ['guard-0', 0],
    ['version-guard-1.2-10', 10]
  ] as const) {
    test(`takes the number of shard ${name}`, () => {
      assert.deepEqual(load({ SHARD: name, TOTAL_SHARDS: '11' }).shard, { index, total: 11 })
    })
  }

  test('has an interval win over the schedule', () => {
    const { schedule } = load({ IMAGE_CHECK_INTERVAL: '6h', IMAGE_CHECK_SCHEDULE: '0 0 3 * * *' }).images
    assert.deepEqual(schedule, { intervalMs: 6 * 3_600_000 })
  })

  test('names the file of manifests', () => {
    const { workloads } = load({ WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: 'fleet.yaml' })
    assert.deepEqual(workloads, { source: 'file', path: 'fleet.yaml' })
  })

  for (const [host, address] of [
    ['[::]', '::'],
    ['[::1]', '::1'],
    ['::', '::'],
    ['localhost', 'localhost'],
    ['0.0.0.0', '0.0.0.0'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['guard_1.example', 'guard_1.example']
  ] as const) {
    test(`takes ${host} for the host ${address}`, () => assert.equal(load({ HOST: host }).host, address))
  }

  test('takes a SHA for a version', () => {
    assert.equal(load({ VERSION_MATCH: 'git-sha' }).versionMatch, 'git-sha')
  })

  test('has the proxies of the environment, in either case', () => {
    const { proxies } = load({ HTTP_PROXY: 'http://proxy.example:3128', https_proxy: 'proxy.example:3129' })
    assert.deepEqual([proxies.http?.url.port, proxies.https?.url.port], ['3128', '3129'])
  })

  test('takes the empty string for unset', () => {
    assert.deepEqual(load({ PORT: '', WORKLOADS_FILE: '', ENDPOINT_ALLOW: '', WEB_CONFIG_FILE: '' }), load({}))
  })

  test('reads the certificates of ENDPOINT_CA_FILE, and nothing else of it', async t => {
    const [one, two] = [(await createAuthority()).pem.trim(), (await createAuthority()).pem.trim()]
    const path = fileWith(t, Buffer.from(`# Autorité\n${one}\n\nsubject=two\n${two}\n`, 'latin1'))
    assert.deepEqual(readCertificates(path), { ok: true, value: `${one}\n${two}\n` })
  })

  test('does not change', () => assert.ok(Object.isFrozen(load({}))))
})

suite('variables that are not ours', () => {
  for (const name of [
    'PATH',
    'HOSTNAME',
    'HOME',
    'LOGNAME',
    'LOG_NAMESPACE',
    'LOGS_DIRECTORY',
    'WATCHDOG_USEC',
    'KUBECONFIG',
    'npm_config_loglevel',
    'VERSION',
    'TARGET',
    'POST',
    // What Kubernetes sets for Services named check-api, watch-dog, target-x and shard.
    'CHECK_API_SERVICE_HOST',
    'CHECK_API_SERVICE_PORT',
    'CHECK_API_SERVICE_PORT_HTTP',
    'WATCH_DOG_PORT',
    'TARGET_X_PORT_80_TCP',
    'SHARD_PORT_80_TCP_PROTO',
    'CHECK_API_PORT_53_UDP_ADDR',
    'CHECK_API_PORT_80_TCP_PORT',
    'WATCH_REPORT_DEPENDENCIES',
    'FTP_PROXY',
    'ALL_PROXY'
  ]) {
    test(`do not matter: ${name}`, () => assert.deepEqual(load({ [name]: 'x' }), load({})))
  }

  for (const [name, hint] of [
    ['CHECK_INTERVALL', 'did you mean CHECK_INTERVAL?'],
    ['CHECKINTERVAL', 'did you mean CHECK_INTERVAL?'],
    ['check_interval', 'did you mean CHECK_INTERVAL?'],
    ['CHECK_PERIOD', null],
    ['WATCH_NAMESPACE', 'did you mean WATCH_NAMESPACES?'],
    ['WORKLOAD_FILE', 'did you mean WORKLOADS_FILE?'],
    ['TARGET_FILE', 'did you mean TARGETS_FILE?'],
    ['ENDPOINT_ALLOWED', 'did you mean ENDPOINT_ALLOW?'],
    ['VERSION_MATCHING', 'did you mean VERSION_MATCH?'],
    ['LOGLEVEL', 'did you mean LOG_LEVEL?'],
    ['LOG_DIRECTORY', null],
    ['DISCOVER', 'did you mean DISCOVERY?'],
    ['WEB_CONFIG_FILES', 'did you mean WEB_CONFIG_FILE?'],
    ['IMAGE_PULL_SECRET', 'did you mean IMAGE_PULL_SECRETS?'],
    ['SHARDS', 'did you mean SHARD?'],
    ['GATE_CONFIG_FILE', 'did you mean GATE_CONFIG?'],
    ['GATE_INTERVAL_SECONDS', null],
    ['RELEASES_DIRECTORY', 'did you mean RELEASES_DIR?'],
    ['HELM_RELEASES_NAMESPACE', null],
    ['HELM_DEADLINE_SECONDS', null],
    ['DISCOVERY_MODE', null],
    ['RUNBOOK_URL_PREFIX', null],
    ['DASHBOARD_URL_BASE', 'did you mean DASHBOARD_URL?'],
    ['ROLLOUT_TIMEOUT', null],
    ['SHARD_COUNT', null],
    ['TOTAL_SHARD', 'did you mean TOTAL_SHARDS?']
  ] as const) {
    test(`are refused where they look meant for us: ${name}`, () => {
      const all = `serve --help lists all of them; if another program wants it, start this one with env -u ${name}`
      assert.deepEqual(linesOf({ [name]: 'secret' }), [`${name}: no such variable; ${hint ?? all}`])
    })
  }
})

suite('wrong variables', () => {
  for (const [rule, env, expected] of [
    ['a duration with a blank', { CHECK_INTERVAL: '20 s' }, [`CHECK_INTERVAL: "20 s" is not ${DURATION}`]],
    ['a duration of nothing', { CHECK_TIMEOUT: '0' }, [`CHECK_TIMEOUT: "0" is not ${DURATION}`]],
    ['a duration that no timer can wait', { CHECK_DEADLINE: '25d' }, [`CHECK_DEADLINE: "25d" is not ${DURATION}`]],
    ['a path of blanks', { TARGETS_FILE: ' ' }, ['TARGETS_FILE: " " is not a path']],
    ['a folder of blanks', { LOG_DIR: ' \t' }, ['LOG_DIR: " �" is not a path']],
    ['an address of blanks', { HOST: ' ' }, ['HOST: " " is not a name or an address, without a port']],
    ['an address in quotes', { HOST: '"::1"' }, ['HOST: ""::1"" is not a name or an address, without a port']],
    ['a host with a port', { HOST: '[::1]:9877' }, ['HOST: "[::1]:9877" is not a name or an address, without a port']],
    [
      'an address with a port',
      { HOST: '0.0.0.0:80' },
      ['HOST: "0.0.0.0:80" is not a name or an address, without a port']
    ],
    ['a port that is none', { PORT: '65536' }, ['PORT: "65536" is not a whole number, 0 to 65535']],
    ['a number in hexadecimal', { PORT: '0x50' }, ['PORT: "0x50" is not a whole number, 0 to 65535']],
    ['a number with an exponent', { PORT: '1e3' }, ['PORT: "1e3" is not a whole number, 0 to 65535']],
    ['a negative number', { PORT: '-1' }, ['PORT: "-1" is not a whole number, 0 to 65535']],
    ['no probes at all', { CHECK_CONCURRENCY: '0' }, ['CHECK_CONCURRENCY: "0" is not a whole number, 1 to 65535']],
    ['a word for a truth', { WATCH_PODS: 'yes' }, ['WATCH_PODS: "yes" is not true or false']],
    ['another one', { DISCOVERY: 'no' }, ['DISCOVERY: "no" is not one of true, all, false']],
    ['a mode that does not exist', { CHECK_MODE: 'cron' }, ['CHECK_MODE: "cron" is not one of interval, scrape']],
    [
      'a word in capitals, and names the right one',
      { CHECK_MODE: 'Scrape' },
      ['CHECK_MODE: "Scrape" is not one of interval, scrape; did you mean scrape?']
    ],
    [
      'a schedule with five fields',
      { IMAGE_CHECK_SCHEDULE: '0 3 * * *' },
      [
        'IMAGE_CHECK_SCHEDULE: "0 3 * * *" is not a schedule; it takes six fields, seconds first, that match some time, such as 0 0 3 * * *'
      ]
    ],
    [
      'a time zone that is too long to be quoted: it may be a secret',
      { IMAGE_CHECK_TIMEZONE: 'ghp_0123456789abcdefghijklmnop' },
      ['IMAGE_CHECK_TIMEZONE: this is not the name of a time zone, such as UTC or Europe/Paris']
    ],
    [
      'a time zone that is none',
      { IMAGE_CHECK_TIMEZONE: 'CEST+2' },
      ['IMAGE_CHECK_TIMEZONE: "CEST+2" is not the name of a time zone, such as UTC or Europe/Paris']
    ],
    [
      'a schedule and a time zone, both at once',
      { IMAGE_CHECK_SCHEDULE: '0 3 * * *', IMAGE_CHECK_TIMEZONE: 'Mars' },
      [
        'IMAGE_CHECK_TIMEZONE: "Mars" is not the name of a time zone, such as UTC or Europe/Paris',
        'IMAGE_CHECK_SCHEDULE: "0 3 * * *" is not a schedule; it takes six fields, seconds first, that match some time, such as 0 0 3 * * *'
      ]
    ],
    [
      'an address for a registry',
      { REGISTRY_INSECURE: 'http://a/' },
      [
        'REGISTRY_INSECURE: "http://a/" is not a list of hosts, with or without ports; write it as registry.example.com,10.0.0.5:5000'
      ]
    ],
    [
      'an address of another kind',
      { RUNBOOK_URL: 'docs/runbooks' },
      ['RUNBOOK_URL: this is not an address that begins with http:// or https://, without a user or a password']
    ],
    [
      'an address with a password, and does not repeat it',
      { DASHBOARD_URL: 'http://a:s3cret@b/d/x' },
      ['DASHBOARD_URL: this is not an address that begins with http:// or https://, without a user or a password']
    ],
    [
      'an address without a host',
      { DASHBOARD_URL: 'https:///d/x' },
      ['DASHBOARD_URL: this is not an address that begins with http:// or https://, without a user or a password']
    ],
    [
      'an address that acts on who follows it',
      { DASHBOARD_URL: 'javascript:alert(1)//http://a' },
      ['DASHBOARD_URL: this is not an address that begins with http:// or https://, without a user or a password']
    ],
    [
      'a source that is still to come',
      { WORKLOAD_SOURCE: 'nomad', WORKLOADS_FILE: 'fleet.yaml' },
      ['WORKLOAD_SOURCE: "nomad" is not one of kubernetes, file, docker']
    ],
    [
      'what only the others know, with a Docker host',
      { WORKLOAD_SOURCE: 'docker', WORKLOADS_FILE: 'fleet.yaml', WATCH_PODS: 'true' },
      [
        'WORKLOADS_FILE: only works with WORKLOAD_SOURCE=file; unset it, or set WORKLOAD_SOURCE=file',
        'WATCH_PODS: only works with WORKLOAD_SOURCE=kubernetes; unset it, or set WORKLOAD_SOURCE=kubernetes'
      ]
    ],
    [
      'a list of namespaces that names none',
      { WATCH_NAMESPACES: ',' },
      ['WATCH_NAMESPACES: "," is not a list of namespaces; write it as shop-dev,shop-prod']
    ],
    [
      'the source file without its file',
      { WORKLOAD_SOURCE: 'file' },
      ['WORKLOADS_FILE: missing; WORKLOAD_SOURCE=file takes the path of Kubernetes manifests, YAML or JSON']
    ],
    [
      'a file that the source does not read',
      { WORKLOADS_FILE: 'fleet.yaml' },
      ['WORKLOADS_FILE: only works with WORKLOAD_SOURCE=file; unset it, or set WORKLOAD_SOURCE=file']
    ],
    [
      'what only Kubernetes knows, with another source',
      {
        WORKLOAD_SOURCE: 'file',
        WORKLOADS_FILE: 'x',
        WATCH_NAMESPACES: 'shop',
        WATCH_PODS: 'true',
        HELM_RELEASES: 'true',
        IMAGE_UPDATES: 'all',
        IMAGE_PULL_SECRETS: 'true'
      },
      [
        'WATCH_NAMESPACES: only works with WORKLOAD_SOURCE=kubernetes; unset it, or set WORKLOAD_SOURCE=kubernetes',
        'WATCH_PODS: only works with WORKLOAD_SOURCE=kubernetes; unset it, or set WORKLOAD_SOURCE=kubernetes',
        'HELM_RELEASES: only works with WORKLOAD_SOURCE=kubernetes; unset it, or set WORKLOAD_SOURCE=kubernetes',
        'IMAGE_PULL_SECRETS: only works with WORKLOAD_SOURCE=kubernetes; unset it, or set WORKLOAD_SOURCE=kubernetes'
      ]
    ],
    [
      'pull secrets for no images',
      { IMAGE_PULL_SECRETS: 'true' },
      ['IMAGE_PULL_SECRETS: has no effect while IMAGE_UPDATES is off; set IMAGE_UPDATES, or unset IMAGE_PULL_SECRETS']
    ],
    [
      'patterns that are none',
      { ENDPOINT_ALLOW: '*.keybuzz.io,10.0.0.0/99,http://x' },
      [
        `ENDPOINT_ALLOW: "10.0.0.0/99" is not a host pattern: ${PATTERNS}`,
        `ENDPOINT_ALLOW: "http://x" is not a host pattern: ${PATTERNS}`
      ]
    ],
    ...['-1', '1.5', '02', '0x1', 'guard', 'guard-', 'guard-02', '-2', 'Guard-2', 'guard 2', 'guard-2/x'].map(
      name =>
        [`a shard named ${name}`, { SHARD: name, TOTAL_SHARDS: '9' }, [`SHARD: "${name}" is not ${SHARD}`]] as const
    ),
    [
      'a shard beyond the last',
      { SHARD: 'guard-3', TOTAL_SHARDS: '3' },
      ['SHARD: "guard-3" is not below TOTAL_SHARDS=3; it takes 0 to 2']
    ],
    [
      'a second shard of one',
      { SHARD: '1' },
      ['SHARD: "1" is not below TOTAL_SHARDS=1; it takes only 0, because there is one shard']
    ],
    [
      'no shards, which is one mistake',
      { SHARD: '3', TOTAL_SHARDS: '0' },
      ['TOTAL_SHARDS: "0" is not a whole number, 1 to 100']
    ],
    [
      'a list of patterns that would bind nothing',
      { ENDPOINT_ALLOW: ' , ' },
      ['ENDPOINT_ALLOW: has an empty part; it takes patterns separated by commas']
    ]
  ] as const) {
    test(`are refused: ${rule}`, () => {
      assert.deepEqual([linesOf(env), kindsOf(errorOf(env))], [expected, ['bad_input']])
    })
  }

  test('are quoted in one line of bounded length', () => {
    const [short = ''] = linesOf({ CHECK_INTERVAL: `1\n2${'x'.repeat(20)}` })
    assert.ok(short.startsWith('CHECK_INTERVAL: "1\ufffd2xxx'), short)
    const [long = ''] = linesOf({ WATCH_NAMESPACES: 'X'.repeat(5000) })
    assert.ok(long.startsWith('WATCH_NAMESPACES: "XXX') && long.length < 300, long)
  })

  test('are not quoted when they are longer than anything that is taken, for they may be secrets', () => {
    const [line = ''] = linesOf({ CHECK_INTERVAL: 'x'.repeat(25) })
    assert.ok(line.startsWith('CHECK_INTERVAL: this is not a duration'), line)
    const [shorter = ''] = linesOf({ CHECK_INTERVAL: 'x'.repeat(24) })
    assert.ok(shorter.startsWith('CHECK_INTERVAL: "xxx'), shorter)
  })
})

suite('named files', () => {
  test('that cannot be read are told apart from bad input', () => {
    const error = errorOf({
      TARGETS_FILE: '/nowhere/targets.yaml',
      RELEASES_DIR: '/nowhere/releases',
      ENDPOINT_CA_FILE: '/nowhere/ca.pem',
      WEB_CONFIG_FILE: '/nowhere/web.yaml'
    })
    assert.deepEqual(kindsOf(error), ['cannot_read'])
    assert.deepEqual(error.message.split('\n'), [
      '/nowhere/ca.pem: cannot be read: no such file or directory',
      '/nowhere/web.yaml: cannot be read: no such file or directory',
      '/nowhere/releases: cannot be read: no such file or directory',
      '/nowhere/targets.yaml: cannot be read: no such file or directory'
    ])
  })

  test('are bad input for their content', async t => {
    const { pem } = await createAuthority()
    const broken = pem.replace(/\n.{40}/, '\n')
    const TAKES = 'ENDPOINT_CA_FILE takes PEM certificates'
    for (const [content, place] of [
      ['no PEM', ': contains no certificate'],
      [new X509Certificate(pem).raw, ': contains no certificate'],
      [`# ours\n${broken}`, ':2: not a valid certificate']
    ] as const) {
      const path = fileWith(t, content)
      const error = errorOf({ ENDPOINT_CA_FILE: path })
      assert.deepEqual([error.message, kindsOf(error)], [`${path}${place}; ${TAKES}`, ['bad_input']])
    }
  })

  test('of manifests are judged by whoever knows their format', () => {
    const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: 'fleet.yaml' }
    const error = errorOf(env, path => [cannotRead(`${path}: gone`)])
    assert.deepEqual([error.message, kindsOf(error)], ['fleet.yaml: gone', ['cannot_read']])
  })
})

test('all mistakes of a configuration come at once', t => {
  const targets = fileWith(t, 'targets: 1')
  const env = {
    CHECK_INTERVALL: '5s',
    PORT: 'http',
    CHECK_MODE: 'cron',
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: 'fleet.yaml',
    TARGETS_FILE: targets,
    ENDPOINT_CA_FILE: '/nowhere/ca.pem'
  }
  const { message } = errorOf(env, path => [cannotRead(`${path}: gone`)])
  assert.deepEqual(message.split('\n'), [
    'CHECK_INTERVALL: no such variable; did you mean CHECK_INTERVAL?',
    'PORT: "http" is not a whole number, 0 to 65535',
    'CHECK_MODE: "cron" is not one of interval, scrape',
    '/nowhere/ca.pem: cannot be read: no such file or directory',
    `${targets}:1: targets: not a list; write [] for none`,
    'fleet.yaml: gone'
  ])
})
