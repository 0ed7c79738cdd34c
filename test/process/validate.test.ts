import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { run } from '../support/guard-process.ts'
import { startService } from '../support/services.ts'

type Env = Readonly<Record<string, string>>

const PREFIX = 'version-guard.keybuzz.io'
// Of docs/examples/web-config.yaml, which says its password.
const HASH = /\$2b\$\S+/.exec(readFileSync(join(ROOT, 'docs/examples/web-config.yaml'), 'utf8'))?.[0] ?? assert.fail()

/** A folder with these files. */
function folderWith(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(t)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { folder, at: (name: string) => join(folder, name) }
}

async function validate(t: TestContext, env: Env) {
  const { code, stdout, stderr } = await run(t, ['validate'], env)
  const complaints = stderr === '' ? [] : stderr.trimEnd().split('\n')
  return { code, stdout, said: complaints.map(line => line.replace('keybuzz-version-guard: ', '')) }
}

const rowsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/))

function kubeconfig({ server = 'https://kubernetes.invalid', user = {} }: { server?: string; user?: object }): string {
  return JSON.stringify({
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'guard' } }],
    clusters: [{ name: 'prod', cluster: { server } }],
    users: [{ name: 'guard', user }]
  })
}

const GATE = 'service: { name: shop, url: https://shop.example }\n'

suite('validate', { concurrency: 3 }, () => {
  test('says in a few lines what it has read, and warns of what may not be meant', async t => {
    const { folder, at } = folderWith(t, {
      'targets.yaml':
        'targets:\n  - service: shop\n    namespace: dev\n    endpoint: https://shop.example/version\n    headers: { Authorization: { file: token } }\n',
      token: 'a-secret-of-a-header\n',
      'workloads.json': JSON.stringify(listOf([deployment('shop'), deployment('cart', { endpoint: 'http://cart/' })])),
      'releases/2026-01-04/manifest.json': '{"tag":"v1"}',
      'gate.yaml': GATE,
      'auth.json': '{"auths":{"ghcr.io":{"auth":"dXNlcjpwYXNzd29yZA=="}}}',
      'web.yaml': `basic_auth_users: { prometheus: "${HASH}" }\n`
    })
    symlinkSync('2026-01-04', at('releases/current'))
    const { code, stdout, said } = await validate(t, {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: at('workloads.json'),
      TARGETS_FILE: at('targets.yaml'),
      RELEASES_DIR: at('releases'),
      GATE_CONFIG: at('gate.yaml'),
      REGISTRY_AUTH_FILE: at('auth.json'),
      WEB_CONFIG_FILE: at('web.yaml')
    })
    const inTheClear = `${at('web.yaml')}:1: basic_auth_users: without TLS, passwords cross the network in the clear`
    assert.deepEqual([code, said], [0, [inTheClear]])
    assert.deepEqual(rowsOf(stdout.replaceAll(folder, '')), [
      ['VARIABLE', 'FILE', 'HOLDS'],
      ['WORKLOADS_FILE', '/workloads.json', '2 workloads; 2 services, including those of all files'],
      ['TARGETS_FILE', '/targets.yaml', '1 target'],
      ['TARGETS_FILE', '/token', 'the secret of a header'],
      ['RELEASES_DIR', '/releases', '1 release manifest'],
      ['GATE_CONFIG', '/gate.yaml', 'the gate of shop'],
      ['REGISTRY_AUTH_FILE', '/auth.json', 'credentials for 1 registry'],
      ['WEB_CONFIG_FILE', '/web.yaml', 'no TLS, 1 user'],
      ['7 variables and 7 files: no mistakes']
    ])
  })

  for (const [kind, variable, name, text, ...expected] of [
    [
      'a targets file',
      'TARGETS_FILE',
      'targets.yaml',
      'targets:\n  - service: shop\n',
      ':2: targets[0].namespace: missing'
    ],
    [
      'a web config',
      'WEB_CONFIG_FILE',
      'web.yaml',
      '\nbasic_auth_user: {}\n',
      ':2: basic_auth_user: no such key; did you mean basic_auth_users?'
    ],
    ['registry credentials', 'REGISTRY_AUTH_FILE', 'auth.json', '[]', ': it takes a docker config'],
    [
      'certificates',
      'ENDPOINT_CA_FILE',
      'ca.pem',
      'none',
      ': contains no certificate; ENDPOINT_CA_FILE takes PEM certificates'
    ],
    ['a gate file', 'GATE_CONFIG', 'gate.yaml', `${GATE}drill: {}\n`, ':2: drill: no such key; did you mean drills?'],
    ['a kubeconfig', 'KUBECONFIG', 'config', 'a: [\n', ':2: not valid YAML'],
    ['a kubeconfig without a context', 'KUBECONFIG', 'config', 'a: b\n', ': current-context is not set']
  ] as const) {
    test(`says what is wrong with ${kind}, where, and what it takes`, async t => {
      const { at } = folderWith(t, { [name]: text })
      const { code, stdout, said } = await validate(t, { [variable]: at(name) })
      assert.deepEqual([code, stdout, said.length], [64, '', expected.length])
      for (const [index, end] of expected.entries()) {
        assert.ok(said[index]?.includes(`${at(name)}${end}`), said[index])
      }
    })
  }

  test('says what is wrong with manifests of workloads and of releases', async t => {
    const { folder, at } = folderWith(t, {
      'workloads.yaml': 'kind: [\n',
      'releases/shop/current/manifest.json': '{"tag":7}',
      'releases/cart/current/manifest.json': 'v1'
    })
    const { code, said } = await validate(t, {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: at('workloads.yaml'),
      RELEASES_DIR: at('releases')
    })
    assert.equal(code, 64)
    const [workloads, ...releases] = said.map(line => line.replace(folder, ''))
    assert.match(workloads ?? '', /^\/workloads\.yaml:\d/)
    assert.deepEqual(releases, [
      '/releases/cart/current/manifest.json: not JSON; it takes a JSON object such as {"tag":"v1.4.2","gitSha":"abc1234"}',
      '/releases/shop/current/manifest.json: tag is a number; it takes the image\'s tag, such as "v1.4.2"'
    ])
  })

  test('says everything that is wrong with a kubeconfig, the user as well as the cluster', async t => {
    const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' } }
    const { at } = folderWith(t, { config: kubeconfig({ server: 'ftp://x', user }) })
    const { code, said } = await validate(t, { KUBECONFIG: at('config') })
    assert.deepEqual(
      [code, said],
      [
        64,
        [
          'KUBECONFIG: cluster "prod": server is not an http or https address',
          'KUBECONFIG: user "guard": exec: command must be specified'
        ]
      ]
    )
  })

  test('says that the token of a kubeconfig has expired', async t => {
    const user = { token: `e30.${Buffer.from('{"exp":1767225600}').toString('base64url')}.c2ln` }
    const { at } = folderWith(t, { config: kubeconfig({ server: 'https://prod', user }) })
    const { code, said } = await validate(t, { KUBECONFIG: at('config') })
    const mistake = 'KUBECONFIG: the token of user "guard" expired at 2026-01-01T00:00:00.000Z: renew it'
    assert.deepEqual([code, said], [64, [mistake]])
  })

  test('says everything at once, each mistake once', async t => {
    const { folder, at } = folderWith(t, {
      'targets.yaml':
        'targets:\n  - service: shop\n    namespace: dev\n    endpoint: https://shop.example/version\n    headers: { Authorization: { file: token } }\n',
      'gate.yaml': '{}',
      token: 'short'
    })
    const { code, said } = await validate(t, {
      CHECK_INTERVALL: '5s',
      PORT: 'x',
      TARGETS_FILE: at('targets.yaml'),
      WEB_CONFIG_FILE: at('missing.yaml'),
      GATE_CONFIG: at('gate.yaml'),
      KUBECONFIG: at('missing')
    })
    assert.equal(code, 64)
    assert.deepEqual(
      said.map(line => line.replace(folder, '').split(/[;:] /)[0]),
      ['CHECK_INTERVALL', 'PORT', '/missing.yaml', '/token', '/gate.yaml:1', 'KUBECONFIG']
    )
  })

  test('exits with 74 where the only mistake is that a file cannot be read', async t => {
    const { folder, at } = folderWith(t, { 'config/file': '' })
    const missing = await validate(t, { GATE_CONFIG: at('gate.yaml') })
    assert.deepEqual(
      [missing.code, missing.said],
      [74, [`${folder}/gate.yaml: cannot be read: no such file or directory`]]
    )
    const kube = await validate(t, { KUBECONFIG: at('config') })
    assert.equal(kube.code, 74, kube.said.join())
    assert.match(kube.said.join(), /^KUBECONFIG: .*config: cannot be read: /)
  })

  test('says where the daily files cannot be, as serve does', async t => {
    const { at } = folderWith(t, { file: '' })
    for (const [path, reason] of [
      [at('file'), 'not a directory'],
      [at('file/logs'), 'not a directory'],
      [at('none/logs'), 'no such file or directory']
    ] as const) {
      const { code, said } = await validate(t, { LOG_DIR: path })
      assert.deepEqual([code, said], [74, [`LOG_DIR: cannot write to ${path}: ${reason}`]])
      const { stderr } = await run(t, ['serve'], { PORT: '0', LOG_DIR: path })
      assert.equal(stderr, `keybuzz-version-guard: ${said[0]}\n`)
    }
  })

  test('makes no folder for the daily files', async t => {
    const { folder, at } = folderWith(t, {})
    for (const [path, holds] of [
      [folder, 'the daily files'],
      [at('logs'), 'nothing yet: serve creates it']
    ] as const) {
      const { code, stdout } = await validate(t, { LOG_DIR: path })
      assert.deepEqual([code, rowsOf(stdout)[1]], [0, ['LOG_DIR', path, holds]])
    }
    assert.ok(!existsSync(at('logs')))
  })

  test('looks at the files that a kubeconfig and a Docker host name', async t => {
    const { folder, at } = folderWith(t, { 'ca.pem': 'none' })
    writeFileSync(at('config'), kubeconfig({ user: { tokenFile: 'token' } }))
    const kube = await validate(t, { KUBECONFIG: at('config') })
    const unreadable = `KUBECONFIG: user "guard": tokenFile ${at('token')}: cannot be read: no such file or directory`
    assert.deepEqual([kube.code, kube.said], [74, [unreadable]])
    const engine = { WORKLOAD_SOURCE: 'docker', DOCKER_HOST: 'tcp://docker.invalid', DOCKER_CERT_PATH: folder }
    const docker = await validate(t, { ...engine, DOCKER_TLS_VERIFY: '1' })
    assert.equal(docker.code, 64)
    assert.deepEqual(
      docker.said.map(line => line.replace(folder, '')),
      [
        '/cert.pem: cannot be read: no such file or directory',
        '/key.pem: cannot be read: no such file or directory',
        '/ca.pem: contains no PEM certificate'
      ]
    )
    const authority = await createAuthority()
    const { cert, key } = await authority.issue({ names: ['guard'] })
    for (const [name, pem] of Object.entries({ ca: authority.pem, cert, key })) writeFileSync(at(`${name}.pem`), pem)
    const good = await validate(t, { ...engine, DOCKER_TLS_VERIFY: '1' })
    assert.deepEqual(
      rowsOf(good.stdout).map(([variable, path]) => [variable, path?.replace(folder, '')]),
      [
        ['VARIABLE', 'FILE'],
        ['DOCKER_CERT_PATH', '/ca.pem'],
        ['DOCKER_CERT_PATH', '/cert.pem'],
        ['DOCKER_CERT_PATH', '/key.pem'],
        ['4 variables and 3 files: no mistakes', undefined]
      ]
    )
  })

  test('asks nobody: neither the API server nor a credential plugin', async t => {
    let requests = 0
    const server = await startService(t, (_request, response) => {
      requests += 1
      response.end()
    })
    const { at } = folderWith(t, {
      'targets.yaml': `targets: [{ service: shop, namespace: dev, endpoint: ${server}/ }]`
    })
    const user = {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        interactiveMode: 'Never',
        command: 'touch',
        args: [at('was-run')]
      }
    }
    writeFileSync(at('config'), kubeconfig({ server: server.replace('http:', 'https:'), user }))
    writeFileSync(at('gate.yaml'), `service: { name: shop, url: ${server} }\n`)
    const { code, stdout, said } = await validate(t, {
      KUBECONFIG: at('config'),
      TARGETS_FILE: at('targets.yaml'),
      GATE_CONFIG: at('gate.yaml'),
      PATH: process.env.PATH ?? ''
    })
    assert.deepEqual([code, said, requests, existsSync(at('was-run'))], [0, [], 0, false])
    assert.deepEqual(rowsOf(stdout)[1], ['KUBECONFIG', at('config'), 'cluster "prod", user "guard"'])
  })

  test('warns of annotations that are ignored, and takes the file as check does', async t => {
    const annotations = { [`${PREFIX}/enabled`]: 'true', [`${PREFIX}/version-match`]: 'semvr' }
    const { at } = folderWith(t, {
      'workloads.json': JSON.stringify(listOf([deployment('shop', { namespace: 'dev', annotations })]))
    })
    const { code, said } = await validate(t, { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: at('workloads.json') })
    assert.deepEqual(
      [code, said],
      [
        0,
        [
          'Deployment shop in namespace dev: annotation version-match: "semvr" is ignored; it takes exact, semver, git-sha'
        ]
      ]
    )
  })

  test('finds nothing wrong where nothing is named, and says that it has read no Kubernetes configuration', async t => {
    const { code, stdout, said } = await validate(t, { HOME: temporaryFolder(t) })
    const warning =
      'no Kubernetes configuration was found here, so none was read; a guard in a cluster uses its service account'
    assert.deepEqual([code, stdout, said], [0, '0 variables and 0 files: no mistakes\n', [warning]])
  })
})
