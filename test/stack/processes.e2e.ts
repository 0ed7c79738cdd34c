// The very files and flags that compose.yaml gives to Prometheus and Alertmanager, in processes of this machine.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, suite, type TestContext, test } from 'node:test'
import { freePort } from '../support/address.ts'
import { INSTALLED } from '../support/alertmanager.ts'
import { startServer } from '../support/child.ts'
import { needs } from '../support/component.ts'
import {
  type ComposeService,
  composeServiceOf,
  dockerComposeMissing,
  mountsOf,
  namedVolumesOf,
  readComposeFile
} from '../support/compose-file.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { until } from '../support/until.ts'

const missing = dockerComposeMissing ?? INSTALLED.missing

suite('the stack, started as compose.yaml says', needs(missing), () => {
  let compose: ReturnType<typeof readComposeFile>

  before(() => {
    compose = readComposeFile({ GRAFANA_ADMIN_PASSWORD: 'secret' })
  })

  test('has a Prometheus that takes its files, and has loaded every alert', async t => {
    const service = composeServiceOf(compose, 'prometheus')
    const root = layOut(t, service)
    execFileSync('promtool', ['check', 'config', join(root, 'etc/prometheus/prometheus.yaml')], { stdio: 'pipe' })
    const origin = await startService(t, { program: INSTALLED.prometheus, args: argumentsIn(root, service) })
    const { data } = await fetchJson<{ data: { groups: { rules: { name: string }[] }[] } }>(`${origin}/api/v1/rules`)
    const names = data.groups.flatMap(({ rules }) => rules.map(({ name }) => name))
    assert.ok(names.includes('KeyBuzzVersionMismatch') && names.includes('KeyBuzzVersionGuardDown'), names.join())
  })

  test('has an Alertmanager that takes its files, and has the route', async t => {
    const service = composeServiceOf(compose, 'alertmanager')
    const root = layOut(t, service)
    execFileSync('amtool', ['check-config', join(root, 'etc/alertmanager/alertmanager.yaml')], { stdio: 'pipe' })
    const origin = await startService(t, { program: INSTALLED.alertmanager, args: argumentsIn(root, service) })
    const { config } = await fetchJson<{ config: { original: string } }>(`${origin}/api/v2/status`)
    assert.match(config.original, /group_interval: 31m/)
  })

  test('has a guard that takes its files', async t => {
    const { environment = {}, ...service } = composeServiceOf(compose, 'guard')
    const root = layOut(t, { ...service })
    const env = Object.entries(environment).map(([name, value]) => [name, value.replace(/^\//, `${root}/`)])
    const guard = await serveGuard(t, Object.fromEntries(env))
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
  })
})

/** The mounts of a service under a folder that takes the place of its container's root; volumes are empty folders. */
function layOut(t: TestContext, service: ComposeService): string {
  const root = temporaryFolder(t)
  for (const { source, target } of mountsOf(service)) {
    mkdirSync(dirname(join(root, target)), { recursive: true })
    symlinkSync(source, join(root, target))
  }
  for (const target of namedVolumesOf(service)) mkdirSync(join(root, target), { recursive: true })
  return root
}

function argumentsIn(root: string, { command = [] }: ComposeService): string[] {
  return command.map(argument => argument.replace('=/', `=${root}/`))
}

/** Starts it on a free port; resolves with its origin when it is ready. */
async function startService(t: TestContext, { program, args }: { program: string; args: string[] }): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`
  const isReady = async () => (await fetch(`http://${address}/-/ready`)).ok
  const child = await startServer({ program, args: [...args, `--web.listen-address=${address}`] }, isReady)
  t.after(() => child.kill())
  return `http://${address}`
}

async function fetchJson<Body>(url: string): Promise<Body> {
  return (await fetch(url)).json() as Promise<Body>
}
