import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, watching } from '../support/guard-process.ts'
import { reporting, startService } from '../support/services.ts'

const ENABLED = 'version-guard.keybuzz.io/enabled'
const FINE = { version: 'v1', gitSha: 'abc1234' }

interface Wish {
  readonly namespace: string
  /** What it reports at its n-th request, from 1; absent: it has no endpoint. */
  readonly report?: (request: number) => object
  /** Absent: `app:v1`. */
  readonly image?: string
  /** Whether its rollout has gone past its deadline. */
  readonly isHung?: boolean
}

/** A fleet of Deployments, by name, and how often each was asked. */
async function fleet(t: TestContext, wishes: Readonly<Record<string, Wish>>) {
  const asked: Record<string, number> = {}
  const deployments = Object.entries(wishes).map(
    async ([key, { namespace, report, image = 'app:v1', isHung = false }]) => {
      const name = key.split('@')[0] ?? key
      asked[key] = 0
      if (report === undefined) return deployment(name, { namespace, image, annotations: { [ENABLED]: 'true' } })
      const endpoint = await startService(t, (request, response) => {
        asked[key] = (asked[key] ?? 0) + 1
        reporting(report(asked[key]))(request, response)
      })
      return deployment(name, { namespace, image, endpoint, isHung })
    }
  )
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, JSON.stringify(listOf(await Promise.all(deployments))))
  return { env: watching(path), asked }
}

const fine = () => FINE
const old = () => ({ ...FINE, version: 'v0' })

/** Two namespaces with a `shop` each, a service that is wrong, and one without an endpoint. */
const shops = (t: TestContext) =>
  fleet(t, {
    'shop@dev': { namespace: 'dev', report: fine },
    'shop@prod': { namespace: 'prod', report: fine },
    cart: { namespace: 'prod', report: old },
    mail: { namespace: 'prod' }
  })

const namesIn = (stdout: string) =>
  stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
    .map(({ namespace, service }) => `${namespace}/${service}`)

const complaints = (stderr: string) => stderr.replaceAll('keybuzz-version-guard: ', '').trimEnd().split('\n')

suite('check of selected services', { concurrency: 3 }, () => {
  for (const [rule, args, code, names, asked] of [
    ['asks the service that is named, wherever it is', ['shop'], 0, ['dev/shop', 'prod/shop'], [1, 1, 0]],
    ['asks the service that is named in its namespace', ['prod/shop'], 0, ['prod/shop'], [0, 1, 0]],
    ['asks a namespace, the worst first', ['-n', 'prod'], 1, ['prod/cart', 'prod/shop'], [0, 1, 1]],
    ['asks a service of a namespace', ['shop', '-n', 'dev'], 0, ['dev/shop'], [1, 0, 0]],
    ['asks several', ['dev/shop', 'cart'], 1, ['prod/cart', 'dev/shop'], [1, 0, 1]]
  ] as const) {
    test(rule, async t => {
      const { env, asked: requests } = await shops(t)
      const outcome = await run(t, ['check', ...args], env)
      assert.deepEqual([outcome.code, namesIn(outcome.stdout), outcome.stderr], [code, names, ''])
      assert.deepEqual([requests['shop@dev'], requests['shop@prod'], requests.cart], asked)
    })
  }

  test('prints the worst first by what it prints, whatever else is wrong', async t => {
    const { env } = await fleet(t, {
      hung: { namespace: 'dev', report: fine, isHung: true },
      nameless: { namespace: 'dev', report: fine, image: `app@sha256:${'a'.repeat(64)}` }
    })
    const { code, stdout } = await run(t, ['check'], env)
    assert.deepEqual([code, namesIn(stdout)], [3, ['dev/nameless', 'dev/hung']])
  })

  for (const [rule, args, code, names, said] of [
    [
      'shows the blanks of a name that is not there',
      ['cart', ' shop '],
      1,
      ['prod/cart'],
      ['there is no service " shop "; did you mean shop?']
    ],
    [
      'exits with 3 for a name that is not there, and says which one is near',
      ['shp'],
      3,
      [],
      ['there is no service shp; did you mean shop?']
    ],
    [
      'counts a name that is not there as UNKNOWN, beside those that are',
      ['dev/shop', 'dev/mail'],
      3,
      ['dev/shop'],
      ['there is no service dev/mail; it is in namespace prod']
    ],
    [
      'lets what is worse decide over a name that is not there',
      ['cart', 'nothing-like-it'],
      1,
      ['prod/cart'],
      ['there is no service nothing-like-it; known are cart, mail and shop']
    ],
    [
      'exits with 3 for a service without an endpoint, and says so',
      ['mail'],
      3,
      [],
      ['mail has no endpoint, so there is no version to check']
    ],
    [
      'exits with 3 for a namespace that is not there, and says which one is near',
      ['-n', 'prd'],
      3,
      [],
      ['nothing to check: no service in namespace prd has an endpoint; did you mean prod?']
    ],
    [
      'says in one line what was named, without acting on it',
      ['-n', 'a\u001b[31mb\nc'],
      3,
      [],
      ['nothing to check: no service in namespace a\ufffd[31mb\ufffdc has an endpoint; known are dev and prod']
    ]
  ] as const) {
    test(rule, async t => {
      const { env } = await shops(t)
      const outcome = await run(t, ['check', ...args], env)
      assert.deepEqual([outcome.code, namesIn(outcome.stdout), complaints(outcome.stderr)], [code, names, said])
    })
  }
})

suite('what check prints', { concurrency: 3 }, () => {
  test('is with --only-bad what is not OK, while the totals and the exit code are those of all', async t => {
    const { env } = await shops(t)
    const lines = await run(t, ['check', '--only-bad'], env)
    assert.deepEqual([lines.code, namesIn(lines.stdout)], [1, ['prod/cart']])
    const { code, stdout } = await run(t, ['check', '--only-bad', '--format', 'table'], env)
    const [headings, row, ...rest] = stdout.split('\n')
    assert.match(headings ?? '', /^STATUS {4}NAMESPACE {2}SERVICE/)
    assert.match(row ?? '', /^MISMATCH {2}prod {7}cart/)
    assert.deepEqual([code, rest], [1, ['3 services: 1 MISMATCH, 2 OK', '']])
    const none = await run(t, ['check', 'shop', '--only-bad', '--format', 'table'], env)
    assert.deepEqual([none.code, none.stdout], [0, '2 services: 2 OK\n'])
  })

  test('is with --format junit a case for each service, and for each name that is not there', async t => {
    const { env } = await fleet(t, {
      broken: { namespace: 'dev', report: () => ({}) },
      cart: { namespace: 'dev', report: old },
      nosha: { namespace: 'dev', report: () => ({ version: 'v1' }) },
      shop: { namespace: 'dev', report: fine }
    })
    const { code, stdout } = await run(
      t,
      ['check', 'broken', 'cart', 'nosha', 'shop', 'lost', '--format', 'junit'],
      env
    )
    assert.equal(code, 2)
    assert.deepEqual(stdout.replaceAll(/ time="[\d.]+"/g, '').split('\n'), [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites>',
      '  <testsuite name="keybuzz-version-guard check" tests="5" failures="2" errors="0" skipped="2">',
      '    <testcase classname="" name="lost">',
      '      <skipped message="there is no service lost; known are broken, cart, nosha and shop">UNKNOWN: there is no service lost; known are broken, cart, nosha and shop</skipped>',
      '    </testcase>',
      '    <testcase classname="dev" name="broken">',
      '      <failure type="ERROR" message="Endpoint error: no version at /version, /appVersion, /build/version, /gitVersion or /data/version">ERROR: Endpoint error: no version at /version, /appVersion, /build/version, /gitVersion or /data/version</failure>',
      '      <system-out>deployed app:v1, reported -, git SHA -</system-out>',
      '    </testcase>',
      '    <testcase classname="dev" name="cart">',
      '      <failure type="MISMATCH" message="UI version (v0) does not match deployed image tag (v1)">MISMATCH: UI version (v0) does not match deployed image tag (v1)</failure>',
      '      <system-out>deployed app:v1, reported v0, git SHA abc1234</system-out>',
      '    </testcase>',
      '    <testcase classname="dev" name="nosha">',
      '      <skipped message="Git SHA missing in UI response">WARNING: Git SHA missing in UI response</skipped>',
      '      <system-out>deployed app:v1, reported v1, git SHA -</system-out>',
      '    </testcase>',
      '    <testcase classname="dev" name="shop">',
      '      <system-out>deployed app:v1, reported v1, git SHA abc1234</system-out>',
      '    </testcase>',
      '  </testsuite>',
      '</testsuites>',
      ''
    ])
  })
})

suite('check --wait', { concurrency: 3 }, () => {
  test('asks again until all is well: at the third time here', async t => {
    const { env, asked } = await fleet(t, {
      shop: { namespace: 'dev', report: request => (request < 3 ? old() : FINE) }
    })
    const outcome = await run(t, ['check', '--wait', '1h'], { ...env, CHECK_INTERVAL: '1ms' })
    assert.deepEqual([outcome.code, namesIn(outcome.stdout), outcome.stderr, asked.shop], [0, ['dev/shop'], '', 3])
  })

  test('prints the last look alone when the time is over, and exits with its code', async t => {
    const { env, asked } = await fleet(t, { shop: { namespace: 'dev', report: old } })
    const outcome = await run(t, ['check', '--wait', '1s'], { ...env, CHECK_INTERVAL: '1ms' })
    assert.deepEqual([outcome.code, namesIn(outcome.stdout), outcome.stderr], [1, ['dev/shop'], ''])
    assert.ok((asked.shop ?? 0) > 0)
  })

  test('asks once where all is well, and does not wait for a SHA', async t => {
    const { env, asked } = await fleet(t, {
      shop: { namespace: 'dev', report: fine },
      nosha: { namespace: 'dev', report: () => ({ version: 'v1' }) }
    })
    const outcome = await run(t, ['check', '--wait', '1h'], env)
    assert.deepEqual([outcome.code, asked], [1, { shop: 1, nosha: 1 }])
  })

  test('waits for the selected services alone', async t => {
    const { env, asked } = await shops(t)
    const outcome = await run(t, ['check', 'dev/shop', '--wait', '1h'], env)
    assert.deepEqual([outcome.code, asked['shop@dev'], asked.cart], [0, 1, 0])
  })

  test('waits for a service that is not there yet', async t => {
    const { env } = await fleet(t, { app: { namespace: 'dev' } })
    const targets = join(temporaryFolder(t), 'targets.yaml')
    const target = (service: string, endpoint: string) =>
      `  - { service: ${service}, namespace: dev, endpoint: ${endpoint}, workload: { name: app } }\n`
    const endpoint = await startService(t, reporting(FINE))
    // Being asked is the sign that the first look is under way.
    const first: string = await startService(t, (request, response) => {
      writeFileSync(targets, `targets:\n${target('first', first)}${target('late', endpoint)}`)
      reporting(FINE)(request, response)
    })
    writeFileSync(targets, `targets:\n${target('first', first)}`)
    const outcome = await run(t, ['check', 'first', 'late', '--wait', '1h'], {
      ...env,
      TARGETS_FILE: targets,
      CHECK_INTERVAL: '1ms'
    })
    assert.deepEqual([outcome.code, namesIn(outcome.stdout), outcome.stderr], [0, ['dev/first', 'dev/late'], ''])
  })

  for (const [rule, mendAfterMs, wait, code, said] of [
    ['waits for a file that is half written', 200, '1h', 0, /^$/],
    ['tells what is wrong with a file when the time is over', null, '3s', 64, /targets\.yaml:1: Flow sequence/]
  ] as const) {
    test(rule, async t => {
      const { env } = await fleet(t, { app: { namespace: 'dev' } })
      const targets = join(temporaryFolder(t), 'targets.yaml')
      const write = (endpoint: string) =>
        writeFileSync(
          targets,
          `targets: [{ service: named, namespace: dev, endpoint: '${endpoint}/', workload: { name: app } }]`
        )
      let mending: NodeJS.Timeout | undefined
      t.after(() => clearTimeout(mending))
      // Bad as soon as the first look has begun; good again after looks that find it bad.
      const endpoint: string = await startService(t, (request, response) => {
        const isFirst = mending === undefined
        if (isFirst) writeFileSync(targets, 'targets: [')
        mending ??= setTimeout(() => mendAfterMs !== null && write(endpoint), mendAfterMs ?? 0)
        reporting(isFirst ? old() : FINE)(request, response)
      })
      write(endpoint)
      const outcome = await run(t, ['check', 'named', '--wait', wait], {
        ...env,
        TARGETS_FILE: targets,
        CHECK_INTERVAL: '1ms'
      })
      assert.deepEqual([outcome.code, namesIn(outcome.stdout)], [code, code === 0 ? ['dev/named'] : []])
      assert.match(outcome.stderr, said)
    })
  }
})
