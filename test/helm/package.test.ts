import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { ALL_HELMS, CHART, helmMissing, MATRIX, readManifests, runHelm } from '../support/helm.ts'

const ALL_VALUES = [
  ...globSync('*.yaml', { cwd: MATRIX }).map(name => join(MATRIX, name)),
  join(CHART, 'values-keybuzz-dev.yaml')
]

// The oldest Helm takes an older one for granted.
const KUBERNETES = '--kube-version=1.35.0'

for (const helm of ALL_HELMS) {
  suite(`the chart, with ${helm}`, needs(helmMissing), () => {
    let home: string
    const run = (...args: string[]) => runHelm(helm, args, home)
    const unpacked = () => join(home, 'keybuzz-version-guard')

    before(async () => {
      home = mkdtempSync(join(tmpdir(), 'keybuzz-helm-'))
      await run('package', CHART, `--destination=${home}`)
      execFileSync('tar', ['-xzf', ...globSync(join(home, '*.tgz')), '-C', home])
    })
    after(() => rmSync(home, { recursive: true, force: true }))

    for (const values of ALL_VALUES) {
      test(`${basename(values)} passes the strict lint, and renders the same from the package`, async () => {
        await run('lint', '--strict', CHART, `--values=${values}`)
        const [source, packaged] = await Promise.all(
          [CHART, unpacked()].map(chart => run('template', 'guard', chart, `--values=${values}`, KUBERNETES))
        )
        assert.ok(readManifests(source?.stdout ?? '').length > 3)
        assert.equal(packaged?.stdout, source?.stdout)
      })
    }

    test('has real files in its package, those that it needs, and no sources', () => {
      const files = globSync('**/*.*', { cwd: unpacked() })
      for (const name of ['alerts/rules.yaml', 'alerts/alertmanagerconfig.yaml', 'dashboards/fleet.json']) {
        assert.equal(
          readFileSync(join(unpacked(), 'files', name), 'utf8'),
          readFileSync(join(CHART, '..', name), 'utf8')
        )
      }
      assert.deepEqual(
        files.filter(name => /\.ts$|^ci\//.test(name)),
        []
      )
    })

    test('renders as a part of another chart', async () => {
      const parent = join(home, 'parent')
      mkdirSync(join(parent, 'charts'), { recursive: true })
      writeFileSync(join(parent, 'Chart.yaml'), 'apiVersion: v2\nname: parent\nversion: 1.0.0\n')
      writeFileSync(join(parent, 'values.yaml'), 'global: { team: sre }\nkeybuzz-version-guard: { shards: 2 }\n')
      execFileSync('cp', ['-r', unpacked(), join(parent, 'charts')])
      const { stdout } = await run('template', 'guard', parent, KUBERNETES)
      assert.ok(readManifests(stdout).some(({ kind, spec }) => kind === 'StatefulSet' && spec.replicas === 2))
    })
  })
}
