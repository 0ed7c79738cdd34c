// npm run demo: a small fleet of real HTTP services, the manifests that deploy them, and the guard on them.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLEET, startFleet } from './fleet.ts'

const { PORT = '9877' } = process.env
const folder = mkdtempSync(join(tmpdir(), 'keybuzz-demo-'))
const manifests = join(folder, 'workloads.json')
const fleet = startFleet(FLEET)
let guard: ChildProcess | undefined

function end(code: number): never {
  fleet.stop()
  rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}

// A terminal sends Ctrl-C to the guard as well; whoever stops this process alone means the guard too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => (guard === undefined ? end(0) : guard.kill('SIGTERM')))
}

writeFileSync(manifests, await fleet.manifests())
guard = fork(join(import.meta.dirname, '../../src/main.ts'), ['serve'], {
  silent: true,
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
guard.on('exit', code => end(code ?? 1))
guard.stderr?.on('data', (complaint: Buffer) => {
  process.stderr.write(complaint)
  if (`${complaint}`.includes('already in use')) process.stderr.write('try: PORT=9878 npm run demo\n')
})
guard.stdout?.on('data', (lines: Buffer) => {
  const url = /"address":"([^"]+)"/.exec(`${lines}`)?.[1]
  if (url !== undefined) process.stdout.write(welcome(url))
  process.stdout.write(lines)
})

function welcome(url: string): string {
  return `
A fleet of ${FLEET.length} services and the guard on them. keybuzz-mailer changes its mind every few seconds.

  open   ${url}/
  curl   ${url}/metrics
  curl   ${url}/api/v1/status
  edit   ${manifests}
         (change an image's tag: the page and the metrics follow within a second)

Ctrl-C ends it.

`
}
