// npm run demo: a small fleet of real HTTP services, the manifests that deploy them, and the guard on them.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { listOf } from '../../test/support/cluster-objects.ts'
import { startGuard, watching } from '../../test/support/guard-process.ts'
import { startLabelledRegistry } from '../../test/support/registry-labelled.ts'
import { withStage } from '../../test/support/stage.ts'
import { createTeller } from './changes.ts'
import { FLEET, gateOf, outdatedPortal, PORTAL_TAGS, startFleet } from './fleet.ts'

const { PORT = '9877' } = process.env
let isStopped = false
let guard: ChildProcess | undefined

// A terminal sends Ctrl-C to the guard as well; somebody who stops this process alone wants the guard to stop too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopped = true
    guard?.kill('SIGTERM')
  })
}

process.exitCode = await withStage(async stage => {
  const manifests = join(stage.folder, 'workloads.json')
  const registry = await startLabelledRegistry(stage, PORTAL_TAGS)
  const services = await startFleet(stage, FLEET)
  writeFileSync(manifests, JSON.stringify(listOf([...services, outdatedPortal(registry.host)]), null, 2))
  const gate = join(stage.folder, 'gate.yaml')
  writeFileSync(gate, gateOf(services))
  if (isStopped) return 0
  guard = startGuard(stage, {
    env: {
      ...watching(manifests),
      PORT,
      CHECK_INTERVAL: '2s',
      IMAGE_UPDATES: 'opt-in',
      REGISTRY_INSECURE: registry.host,
      GATE_CONFIG: gate,
      GATE_INTERVAL: '30s'
    }
  })
  guard.stderr?.on('data', (complaint: Buffer) => {
    process.stderr.write(complaint)
    if (`${complaint}`.includes('already in use')) process.stderr.write('try: PORT=9878 npm run demo\n')
  })
  if (guard.stdout !== null) showChanges(guard.stdout, url => whatToOpen(url, manifests))
  const [code] = await once(guard, 'close')
  return code ?? 1
})

/** Prints news above a footer, which stays in sight on a terminal; elsewhere the footer is printed once. */
function showChanges(log: Readable, footerFor: (url: string) => string): void {
  const tell = createTeller()
  const { stdout } = process
  let footer = ''
  createInterface(log).on('line', line => {
    const url = /"address":"([^"]+)"/.exec(line)?.[1]
    const news = tell(line)
    if (url !== undefined) {
      footer = footerFor(url)
      stdout.write(footer)
    } else if (news !== null) {
      if (stdout.isTTY && footer !== '') stdout.write(`\x1b[${footer.split('\n').length - 1}A\x1b[J${news}\n${footer}`)
      else stdout.write(`${news}\n`)
    }
  })
}

function whatToOpen(url: string, manifests: string): string {
  return `
${FLEET.length + 1} services and the guard on them. keybuzz-mailer changes its mind every few seconds.

  open   ${url}/
  open   ${url}/gate
  curl   ${url}/metrics
  curl   ${url}/api/v1/status
  edit   ${manifests}
         (change an image's tag: the page and the metrics follow within a second)

Ctrl-C ends it.
`
}
