import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { type RunningGuard, run, serveGuard } from '../support/guard-process.ts'
import { manifests, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const CANARY = 'Canary-s3cr3t-0123456789abcdef'
// A part of it is too much as well, in whatever case.
const ANY_OF_IT = /canary-s|s3cr3t|0123456789/i

function files(t: TestContext) {
  const folder = temporaryFolder(t)
  return (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
}

/** Everything that a guard shows anywhere. */
async function everythingOf(guard: RunningGuard): Promise<string> {
  const openmetrics = await guard.metrics({ accept: 'application/openmetrics-text;version=1.0.0' })
  const paths = ['/', '/api/v1/status', '/readyz', '/debug/version', '/nowhere']
  const answers = await Promise.all(paths.map(async path => (await guard.get(path)).text()))
  return [await guard.metrics(), openmetrics, ...answers, guard.written()].join('\n')
}

function assertNothingOfIt(text: string): void {
  const at = text.search(ANY_OF_IT)
  assert.equal(at, -1, `…${text.slice(Math.max(0, at - 200), at + 100)}…`)
}

suite('a secret is shown nowhere', { concurrency: 3 }, () => {
  test('that an endpoint is asked with, whatever the endpoint does with it', async t => {
    const file = files(t)
    const folder = temporaryFolder(t)
    const answers = ['version', 'text', 'encoding', 'host', 'userinfo', 'phrase'] as const
    const origin = await startService(t, (request, response) => {
      const said = request.headers.authorization ?? ''
      const answer = request.url?.slice(1)
      if (answer === 'version') response.end(JSON.stringify({ version: said, gitSha: 'abc1234' }))
      else if (answer === 'text') response.end(`You said: ${said}`)
      else if (answer === 'encoding') response.writeHead(200, { 'content-encoding': said }).end('{}')
      else if (answer === 'host') response.writeHead(302, { location: `http://${said.slice(7)}.invalid/` }).end()
      else if (answer === 'userinfo')
        response.writeHead(302, { location: `http://u:${said.slice(7)}@127.0.0.2/` }).end()
      else response.writeHead(500, said).end(said)
    })
    const headers = { Authorization: { prefix: 'Bearer ', file: file('token', CANARY) } }
    const targets = answers.map(service => ({ service, namespace: 'dev', endpoint: `${origin}/${service}`, headers }))
    const guard = await serveGuard(t, {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: file(
        'workloads.json',
        manifests({
          annotated: { image: 'app:v1', endpoint: `https://user:${CANARY}@shop.example/` },
          misspelt: { image: 'app:v1', endpoint: `user:${CANARY}@shop.example` }
        })
      ),
      TARGETS_FILE: file('targets.json', JSON.stringify({ targets })),
      LOG_LEVEL: 'trace',
      LOG_CHECKS: 'all',
      LOG_DIR: folder,
      CHECK_INTERVAL: '100ms'
    })
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
    const daily = () => readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'))
    await until(() => assert.match(daily().join(''), /redacted/))
    // Also while what is refused is told.
    file('token', `${CANARY}\n${CANARY}`)
    file('targets.json', `targets: [{ ${CANARY}: *${CANARY} }]`)
    await until(() => assert.match(guard.written(), /TARGETS_FILE is refused/))
    const everything = await everythingOf(guard)
    assert.match(everything, /\[redacted\]/)
    assertNothingOfIt(`${everything}${daily().join('')}`)
  })

  const kubeconfig = (user: string, cluster = 'server: "https://127.0.0.1:1"') => `
apiVersion: v1
kind: Config
current-context: c
contexts: [{ name: c, context: { cluster: k, user: u } }]
clusters: [{ name: k, cluster: { ${cluster} } }]
users:
  - name: u
    user: ${user}
`
  const plugin = (script: string) =>
    kubeconfig(
      JSON.stringify({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] } })
    )
  for (const [rule, text] of [
    ['token', kubeconfig(`{ token: "${CANARY}" }`)],
    ['token with a line break', kubeconfig(`{ token: "${CANARY}\\nx" }`)],
    ['password', kubeconfig(`{ username: admin, password: "${CANARY}" }`)],
    ['client key', kubeconfig(`{ client-certificate-data: "${CANARY}", client-key-data: "${CANARY}" }`)],
    ['CA', kubeconfig('{}', `server: "https://127.0.0.1:1", certificate-authority-data: "${CANARY}"`)],
    ["server's address", kubeconfig('{}', `server: "https://admin:${CANARY}@127.0.0.1:1"`)],
    [
      "proxy's address",
      kubeconfig('{}', `server: "https://127.0.0.1:1", proxy-url: "http://admin:${CANARY}@127.0.0.1:1"`)
    ],
    ['text that is no YAML', kubeconfig(`{ token: "${CANARY}`)],
    ['alias', kubeconfig(`{ token: *${CANARY} }`)],
    ["plugin's token", plugin(`echo '{"status":{"token":"${CANARY}"}}'`)],
    ["plugin's broken answer", plugin(`echo ${CANARY}`)],
    ["plugin's complaint", plugin(`echo token ${CANARY} has expired >&2; exit 1`)]
  ] as const) {
    test(`that is in a kubeconfig: ${rule}`, async t => {
      const guard = await serveGuard(t, {
        KUBECONFIG: files(t)('config', text),
        PATH: process.env.PATH ?? '',
        LOG_LEVEL: 'trace',
        CHECK_TIMEOUT: '1s'
      })
      await until(() => assert.match(guard.written(), /Workloads cannot be seen/))
      assertNothingOfIt(await everythingOf(guard))
    })
  }

  const header = (value: string) =>
    `targets: [{service: a, namespace: b, endpoint: "https://shop.example/", headers: {Authorization: ${value}}}]`
  for (const [rule, targets] of [
    ['an address', `targets: [{service: a, namespace: b, endpoint: "https://user:${CANARY}@shop.example/"}]`],
    ['a header itself', header(`"Bearer ${CANARY}"`)],
    ['a misspelt key', header(`{valeu: "${CANARY}"}`)],
    ['a prefix', header(`{prefix: "Bearer ${CANARY}", file: x}`)],
    ['a key', header(`{"${CANARY}": x}`)],
    [
      'the name of a header',
      `targets: [{service: a, namespace: b, endpoint: "https://s/", headers: {${CANARY}: {file: x}}}]`
    ],
    ['a header without its colon', `targets:\n- service: a\n  Authorization Bearer ${CANARY}\n  namespace: b\n`],
    ['an alias', header(`{file: *${CANARY}}`)],
    ['a tag', header(`{file: !${CANARY} x}`)],
    ['a text after the end', `targets: []\n"${CANARY}"`],
    ['a key that is there twice', `${CANARY}: 1\n${CANARY}: 2\n`]
  ] as const) {
    test(`that is in a targets file by mistake: ${rule}`, async t => {
      const { code, stdout, stderr } = await run(t, ['check'], { TARGETS_FILE: files(t)('targets.yaml', targets) })
      assert.ok(code === 64 || code === 74)
      assert.notEqual(stderr, '')
      assertNothingOfIt(stdout + stderr)
    })
  }

  test('that is in the file of a header, and in a CA, and is none', async t => {
    const file = files(t)
    const { code, stdout, stderr } = await run(t, ['serve'], {
      TARGETS_FILE: file('targets.yaml', header(`{file: ${file('token', `${CANARY}\n${CANARY}`)}}`)),
      ENDPOINT_CA_FILE: file('ca.pem', `-----BEGIN CERTIFICATE-----\n${CANARY}\n-----END CERTIFICATE-----\n${CANARY}`)
    })
    assert.equal(code, 64)
    assert.equal(stderr.trimEnd().split('\n').length, 2)
    assertNothingOfIt(stdout + stderr)
  })

  for (const args of [['check'], ['serve'], ['--help']]) {
    test(`that is in a variable by mistake: ${args}`, async t => {
      const names = [
        'PORT',
        'CHECK_MODE',
        'CHECK_INTERVAL',
        'CHECK_CONCURRENCY',
        'WATCH_PODS',
        'LOG_LEVEL',
        'DISCOVERY'
      ]
      const { stdout, stderr } = await run(t, args, {
        ...Object.fromEntries(names.map(name => [name, CANARY])),
        CHECK_TOKEN: CANARY,
        ENDPOINT_PASSWORD: CANARY,
        ENDPOINT_ALLOW: `https://user:${CANARY}@shop.example,user:${CANARY}@shop.example`,
        TARGETS_FILE: `https://user:${CANARY}@shop.example/targets.yaml?token=${CANARY}`,
        ENDPOINT_CA_FILE: `https://shop.example/ca?token=${CANARY}`,
        GITLAB_TOKEN: CANARY
      })
      assert.ok((stdout + stderr).length > 500)
      assertNothingOfIt(stdout + stderr)
    })
  }
})
