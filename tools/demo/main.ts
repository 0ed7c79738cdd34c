// npm run demo: a small fleet of real HTTP services, the manifests that deploy them, and the guard on them.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGuard, watching } from '../../test/support/guard-process.ts'
import { withStage } from '../../test/support/stage.ts'
import { FLEET, startFleet } from './fleet.ts'

const { PORT = '9877' } = process.env
let isStopped = false
let guard: ChildProcess | undefined

// A terminal sends Ctrl-C to the guard as well; whoever stops this process alone means the guard too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopped = true
    guard?.kill('SIGTERM')
  })
}

process.exitCode = await withStage(async stage => {
  const manifests = join(stage.folder, 'workloads.json')
  writeFileSync(manifests, JSON.stringify(await startFleet(stage, FLEET), null, 2))
  if (isStopped) return 0
  guard = startGuard(stage, { env: { ...watching(manifests), PORT, CHECK_INTERVAL: '2s' } })
  guard.stderr?.on('data', (complaint: Buffer) => {
    process.stderr.write(complaint)
    if (`${complaint}`.includes('already in use')) process.stderr.write('try: PORT=9878 npm run demo\n')
  })
  guard.stdout?.on('data', (lines: Buffer) => {
    const url = /"address":"([^"]+)"/.exec(`${lines}`)?.[1]
    if (url !== undefined) process.stdout.write(welcome(url, manifests))
    process.stdout.write(lines)
  })
  const [code] = await once(guard, 'close')
  return code ?? 1
})

function welcome(url: string, manifests: string): string {
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
