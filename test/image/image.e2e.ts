import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { until } from '../support/until.ts'
import { listRoot, makeImageRoot, processOf, rootMissing, runImage, sendSignal } from './image-root.ts'

const BUILD = { GIT_SHA: '0123456789abcdef0123456789abcdef01234567', BUILD_DATE: '2026-11-21T09:00:00Z' }
const MEGABYTE = 1024 * 1024

suite('the image', needs(rootMissing), () => {
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-image-'))
  let root: string

  before(() => {
    // The image's user has to get to it.
    chmodSync(folder, 0o755)
    root = makeImageRoot(folder, BUILD)
  })
  after(() => rmSync(folder, { recursive: true }))

  test('serves as process 1 without rights, root to write to, or settings, writes nothing, and ends when asked', async t => {
    const files = listRoot(root)
    const start = performance.now()
    const container = runImage(root, [], { PORT: '0' })
    t.after(() => container.kill('SIGKILL'))
    let output = ''
    container.stdout.on('data', chunk => {
      output += chunk
    })
    const url = await until(() => {
      const [, port] = /"address":"http:\/\/(?:0\.0\.0\.0|\[::\]):(\d+)"/.exec(output) ?? []
      if (port === undefined) throw new Error(`does not listen: ${output}`)
      return `http://127.0.0.1:${port}`
    })
    t.diagnostic(`listening after ${Math.round(performance.now() - start)} ms, namespaces and all`)

    const about = await (await fetch(`${url}/debug/version`)).json()
    const { version } = JSON.parse(readFileSync(join(root, 'app/package.json'), 'utf8'))
    assert.deepEqual(about, { version: `v${version}`, gitSha: BUILD.GIT_SHA, buildDate: BUILD.BUILD_DATE })
    const page = await (await fetch(url)).text()
    assert.match(page, /<style>[^<]{1000}/)
    assert.match(
      await (await fetch(`${url}/metrics`)).text(),
      new RegExp(`build_info\\{[^}]*revision="${BUILD.GIT_SHA}"`)
    )

    const pid = processOf(container)
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    assert.match(status, /^NSpid:\t\d+\t1$/m)
    assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m)
    assert.match(status, /^CapEff:\t0+$/m)
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
    t.diagnostic(`${Math.round((Number(kilobytes) * 1024) / MEGABYTE)} MB resident`)

    const exit = once(container, 'exit')
    sendSignal(pid, 'TERM')
    assert.deepEqual(await exit, [0, null])
    assert.match(output, /"message":"Stopped"/)
    assert.deepEqual(listRoot(root), files)
  })

  test('finds everything that it loads in its compile cache', async () => {
    const container = runImage(root, ['check'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', CHECK_DEADLINE: '1s' })
    const [log, complaints] = await Promise.all([text(container.stdout), text(container.stderr)])
    const lines = `${log}${complaints}`.split('\n')
    const read = lines.filter(line => line.includes('reading cache from'))
    assert.ok(
      read.some(line => line.includes('core.js')),
      complaints
    )
    assert.equal(lines.filter(line => line.includes('was accepted')).length, read.length, complaints)
  })
})
