// A newcomer's walk: every command of README and docs, as it is pasted, in a clean checkout. What cannot run here is listed
// with the reason. A command that nobody classified fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { compareSync } from 'bcryptjs'
import { deployment, listOf } from './support/cluster-objects.ts'
import { findProgram, needs } from './support/component.ts'
import { cleanCheckout, DOCUMENTED, startCommand, walk, withoutInstall } from './support/docs-walk.ts'
import { ON_A_CLUSTER } from './support/docs-walk-cluster.ts'
import { isShell } from './support/pages.ts'
import { startLabelledRegistry } from './support/registry-labelled.ts'
import { reporting, startService } from './support/services.ts'

const TAG = 'v0.2.12-dev'
const REPORT = { version: TAG, gitSha: '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10' }
const PASSWORD = 'correct horse'

/** How a command has to go. Absent: with exit code 0, and nothing on standard error. */
interface Expected {
  readonly prints?: RegExp
  /** On standard error. */
  readonly says?: RegExp
  readonly input?: string
  /** A file that it writes, and what is in it. */
  readonly writes?: readonly [string, RegExp]
  /** It serves until it is interrupted. */
  readonly serves?: true
  readonly wants?: 'jq'
}

const TARGETS = 'TARGETS_FILE=docs/examples/targets.yaml npm'

const RUN: Readonly<Record<string, Expected>> = {
  'npm ci && npm run demo': { serves: true },
  'IMAGE_UPDATES=opt-in npm start': { serves: true },
  [`${TARGETS} start`]: { serves: true },
  [`${TARGETS} run --silent check`]: { prints: /"service":"keybuzz-client".+"status":"OK"/ },
  [`${TARGETS} run --silent check -- --format table`]: { prints: /OK +keybuzz-client-dev +keybuzz-client / },
  [`${TARGETS} run --silent validate`]: { prints: /targets\.yaml/ },
  'WORKLOAD_SOURCE=file WORKLOADS_FILE=workloads.yaml npm run --silent check': { prints: /"status":"OK"/ },
  'WORKLOAD_SOURCE=file WORKLOADS_FILE=saved.yaml npm run --silent check -- --at 2026-11-03T03:04:05Z --format table': {
    prints: /STABLE +keybuzz-client-dev/
  },
  'npm run --silent check -- --images': { prints: /keybuzz-client/ },
  'DISCOVERY=all npm run --silent check -- --images': { prints: /keybuzz-client/ },
  'DISCOVERY=all npm run --silent check -- --images --format json | jq .latest': { prints: /v0\.2\.33/, wants: 'jq' },
  'keybuzz-version-guard check': { prints: /"service":"shop"/ },
  'keybuzz-version-guard check shop': { prints: /"service":"shop"/ },
  'keybuzz-version-guard check shop-prod/shop': { prints: /"service":"shop"/ },
  'keybuzz-version-guard check -n shop-prod': { prints: /"service":"shop"/ },
  'keybuzz-version-guard check --only-bad': { prints: /^$/ },
  'keybuzz-version-guard check keybuzz-client --wait 5m': { prints: /"service":"keybuzz-client"/ },
  'keybuzz-version-guard explain keybuzz-client': { prints: /^OK {2}keybuzz-client-dev\/keybuzz-client\n/ },
  'keybuzz-version-guard validate': { prints: /workloads\.yaml/ },
  'npm run --silent gate -- --init --config gate.yaml': { says: /gate\.yaml/, writes: ['gate.yaml', /^service:/m] },
  'npm run --silent gate -- --config gate.yaml': { prints: /^GO: /m },
  'keybuzz-version-guard gate --config gate.yaml': { prints: /^GO: /m },
  "echo 'GRAFANA_ADMIN_PASSWORD=…' > .env": { writes: ['.env', /^GRAFANA_ADMIN_PASSWORD=…$/m] },
  "sed -E 's/^( +for:) 1m$/\\1 3m/' alerts/rules.yaml > rules.yaml": { writes: ['rules.yaml', /^ +for: 3m$/m] },
  [`read -rs PASSWORD && printf %s "$PASSWORD" | node -e '
  import("bcryptjs").then(({ hashSync }) => console.log(hashSync(require("fs").readFileSync(0, "utf8"), 10)))'`]: {
    input: `${PASSWORD}\n`,
    prints: /^\$2[aby]\$10\$\S+$/m
  }
}

/** What is only read by a shell, by its first line, and why. */
const NOT_RUN: Readonly<Record<string, readonly string[]>> = {
  'runs all tests, this one too': ['npm ci && npm test', 'npm run e2e'],
  'has its own test, test/stack/drill.e2e.ts, with a real Prometheus and Alertmanager': ['npm run drill -- mismatch'],
  'has its own test, test/gate/drills.e2e.ts, in which something is broken': [
    'npm run --silent gate -- --config gate.yaml --drill database-down'
  ],
  'has its own test, test/image, and would write into the dist that other tests start': [
    'npm run build && npm run --silent sbom'
  ],
  'builds what the e2e tests run on, for minutes; CI begins with it': [
    'export KUBEBUILDER_ASSETS="$(test/control-plane/make-assets)"',
    'export ENGINE_ROOT="$(test/sources/docker/make-engine)"',
    'export HELM_BIN="$(test/helm/make-helm)"'
  ],
  'needs a Docker daemon; test/stack/compose.test.ts reads the files': [
    'docker compose up -d',
    'GUARD_IMAGE=keybuzz-version-guard docker compose up -d',
    'docker run --rm -p 9877:9877 ghcr.io/keybuzzio/keybuzz-version-guard:v0.1.0',
    'docker run --rm ghcr.io/keybuzzio/keybuzz-version-guard:v0.1.0 --help',
    'docker build --build-arg VERSION=0.1.0 --build-arg GIT_SHA="$(git rev-parse HEAD)" \\',
    'docker build --build-arg VERSION=v0.2.12-dev --build-arg GIT_SHA="$(git rev-parse HEAD)" -t ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev .',
    'docker build --label org.opencontainers.image.revision="$(git rev-parse HEAD)" --label org.opencontainers.image.version=v1.2.3 .'
  ],
  'asks a registry or GitHub on the web': [
    "docker buildx imagetools inspect ghcr.io/keybuzzio/keybuzz-version-guard:v0.1.0 --format '{{ json .SBOM }}'",
    'gh attestation verify oci://ghcr.io/keybuzzio/keybuzz-version-guard:v0.1.0 --owner keybuzzio',
    'helm install version-guard oci://ghcr.io/keybuzzio/charts/keybuzz-version-guard -n monitoring --create-namespace'
  ],
  "takes others' charts from the web; test/stack/provisioning.test.ts reads the values": [
    'helm upgrade --install kube-prometheus-stack prometheus-community/kube-prometheus-stack -n monitoring \\',
    'helm upgrade --install prometheus prometheus-community/prometheus -n monitoring -f values/prometheus.yaml \\',
    'helm upgrade --install loki grafana/loki -n monitoring -f values/loki.yaml',
    'helm upgrade --install grafana grafana/grafana -n monitoring -f values/grafana.yaml'
  ],
  'keeps running; test/alerts starts it with this file': [
    'alertmanager --config.file=alerts/alertmanager.yaml --storage.path=/var/lib/alertmanager --data.maintenance-interval=1m'
  ],
  'publishes a release': ['git tag v0.1.0 && git push origin v0.1.0']
}

const firstLine = (command: string) => command.split('\n')[0] ?? ''
const known = new Set([...Object.keys(RUN), ...Object.keys(ON_A_CLUSTER), ...Object.values(NOT_RUN).flat()])
const documented = new Set(DOCUMENTED.map(command => (command in RUN ? command : firstLine(command))))

/** A clean checkout beside a fleet in which all is well, and the environment to look at it. */
async function arrive(t: TestContext, namedBy: 'file' | 'annotation') {
  const folder = cleanCheckout(t)
  const origin = await startService(t, (request, response) => {
    if (request.url !== '/metrics') return reporting(REPORT)(request, response)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end('# TYPE shop_orders_total counter\nshop_orders_total 5\n')
  })
  const registry = await startLabelledRegistry(t, [TAG, 'v0.2.33-dev'])
  const image = (name: string) => `${registry.host}/keybuzzio/${name}:${TAG}`
  const workloads = [
    ['keybuzz-client', 'keybuzz-client-dev'],
    ['keybuzz-admin', 'keybuzz-admin-dev'],
    ['shop', 'shop-prod']
  ].map(([name = '', namespace = '']) => {
    const annotations = { 'version-guard.keybuzz.io/image-updates': 'true' }
    const endpoint = namedBy === 'file' && name !== 'shop' ? {} : { endpoint: `${origin}/debug/version` }
    return deployment(name, { namespace, image: image(name), annotations, ...endpoint })
  })
  for (const file of ['workloads.yaml', 'saved.yaml']) {
    writeFileSync(join(folder, file), JSON.stringify(listOf(workloads)))
  }
  const targets = join(folder, 'docs/examples/targets.yaml')
  writeFileSync(targets, readFileSync(targets, 'utf8').replace(/https:\/\/[\w.-]+/g, origin))
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: 'workloads.yaml',
    ENDPOINT_ALLOW: '127.0.0.0/8',
    REGISTRY_INSECURE: registry.host
  }
  return { folder, origin, env }
}

suite("a newcomer's walk", { concurrency: 3 }, () => {
  test('knows of every command whether it runs: add a new one to RUN, NOT_RUN or ON_A_CLUSTER', () => {
    assert.deepEqual(
      [...documented].filter(command => !known.has(command)),
      []
    )
  })

  test('knows no command that the pages no longer have', () => {
    assert.deepEqual(
      [...known].filter(command => !documented.has(command)),
      []
    )
  })

  for (const command of DOCUMENTED) {
    test(`a shell takes: ${firstLine(command)}`, () => assert.ok(isShell(command)))
  }

  for (const [command, { prints, says = /^$/, input, writes, serves, wants }] of Object.entries(RUN)) {
    const missing = wants !== undefined && findProgram(wants) === undefined ? `no ${wants} here` : undefined
    test(`works: ${firstLine(command)}`, needs(missing), async t => {
      const { folder, origin, env } = await arrive(t, command.includes('TARGETS_FILE') ? 'file' : 'annotation')
      const pasted = withoutInstall(command)
      if (serves) return serve(t, pasted, { folder, env })
      // As the page says, a person writes the addresses into it.
      if (!pasted.includes('--init'))
        writeFileSync(join(folder, 'gate.yaml'), `service: { name: shop, url: "${origin}" }`)
      const { code, stdout, stderr } = await walk(pasted, folder, { env, ...(input && { input }) })
      assert.equal(code, 0, stderr)
      assert.match(stderr, says)
      if (prints !== undefined) assert.match(stdout, prints)
      if (writes !== undefined) assert.match(readFileSync(join(folder, writes[0]), 'utf8'), writes[1])
      if (input !== undefined) assert.ok(compareSync(input.trimEnd(), stdout.trim()))
    })
  }
})

/** Runs a command until it says where it listens, looks there, and interrupts it as Ctrl-C does. */
async function serve(
  t: TestContext,
  command: string,
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> }
): Promise<void> {
  const child = startCommand(command, folder, env)
  const ended = once(child, 'close')
  const { pid, stdout } = child
  assert.ok(pid !== undefined && stdout !== null)
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
  })
  const page = await fetch(await addressIn(stdout))
  assert.equal(page.status, 200)
  process.kill(-pid, 'SIGINT')
  await ended
}

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  let said = ''
  for await (const chunk of output) {
    said += chunk
    const address = /(?:"address":"|open +)(http:[^"\s]+)/.exec(said)?.[1]
    if (address === undefined) continue
    output.resume()
    return address
  }
  assert.fail(`it says no address: ${said}`)
}
