// npm run demo: a small fleet of real HTTP services, the manifests that deploy them, and the guard on them.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLEET, startFleet } from './fleet.ts'

const { PORT = '9877' } = process.env
const folder = mkdtempSync(join(tmpdir(), 'keybuzz-demo-'))
const manifests = join(folder, 'workloads.json')

const fleet = await startFleet(FLEET)
writeFileSync(manifests, fleet.manifests)

const guard = fork(join(import.meta.dirname, '../src/main.ts'), ['serve'], {
  env: {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT,
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: manifests,
    // The fleet lives on this machine, which endpoints from annotations may reach only when it is named.
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '2s'
  }
})

const url = `http://127.0.0.1:${PORT}`
process.stdout.write(`
A fleet of ${FLEET.length} services and the guard on them. keybuzz-mailer changes its mind every few seconds.

  open   ${url}/
  curl   ${url}/metrics
  curl   ${url}/api/v1/status
  edit   ${manifests}
         (change an image's tag: the page and the metrics follow within a second)

Ctrl-C ends it.

`)

// A terminal sends Ctrl-C to the guard as well; whoever stops this process alone means the guard too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => guard.kill('SIGTERM'))
guard.on('exit', code => {
  fleet.stop()
  rmSync(folder, { recursive: true, force: true })
  process.exit(code ?? 1)
})
