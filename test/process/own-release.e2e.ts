import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { INSTALLED, prometheusServer } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { run, serveGuard, watching } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'

const EXAMPLE = 'docs/examples/gate-guard.yaml'

// GUARD_MAIN makes it the bundle: then it is the release itself that serves, and that gates.
suite("the guard's own release", needs(INSTALLED.missing), () => {
  test('is GO by its own gate, with its rules in a real Prometheus', async t => {
    const gate = parse(readFileSync(join(ROOT, EXAMPLE), 'utf8'))
    const folder = temporaryFolder(t)
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    // A copy of the example, with other addresses, where its relative paths lead to the same files.
    mkdirSync(join(folder, 'docs/examples'), { recursive: true })
    for (const name of ['alerts', 'CHANGELOG.md', 'README.md']) symlinkSync(join(ROOT, name), join(folder, name))
    for (const name of readdirSync(join(ROOT, 'docs')).filter(one => one !== 'examples')) {
      symlinkSync(join(ROOT, 'docs', name), join(folder, 'docs', name))
    }
    const api = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
    const shop = manifests({ shop: { image: 'shop:v1', endpoint: `${api}/debug/version` } })
    const guard = await serveGuard(t, watching(write('workloads.json', shop)))
    write(
      'prometheus.json',
      JSON.stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        rule_files: gate.rules.files.map((path: string) => join(ROOT, 'docs/examples', path)),
        scrape_configs: [
          {
            job_name: 'keybuzz-version-guard',
            honor_labels: true,
            static_configs: [{ targets: [new URL(guard.url).host] }]
          }
        ]
      })
    )
    const prometheus = await prometheusServer(t, INSTALLED.prometheus, folder)
    await prometheus.start()
    const copy = write(
      EXAMPLE,
      stringify({
        ...gate,
        service: { ...gate.service, url: guard.url },
        prometheus: { ...gate.prometheus, url: prometheus.url }
      })
    )
    // One group of the rules is evaluated once a minute.
    const { code, stdout, stderr } = await run(t, ['gate', '--config', copy, '--wait', '2m'], {})
    assert.equal(code, 0, `${stderr}\n${stdout}`)
    assert.match(stdout, /\nGO: all required items passed \(\d+\)\n$/)
  })
})
