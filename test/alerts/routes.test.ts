import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { readAllRules } from './shipped-rules.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
const { alerts: rules } = readAllRules()

function run(program: string, args: readonly string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

for (const { name, amtool, missing } of [INSTALLED, NEWEST_PAIR]) {
  // Telegram's topics came with Alertmanager 0.28; the installed one may be older.
  const files = [
    'alertmanager.yaml',
    'alertmanager-criticals-at-once.yaml',
    ...(name === 'newest' ? ['alertmanager-telegram.yaml'] : [])
  ]
  suite(`routes, by the ${name} amtool`, needs(missing), () => {
    for (const file of files) {
      const config = `${ALERTS}/${file}`
      const receiver = file === 'alertmanager-telegram.yaml' ? 'keybuzz-telegram' : 'keybuzz-webhook'
      const lands = (expected: string, ...labels: readonly string[]) => {
        const args = [
          'config',
          'routes',
          'test',
          `--config.file=${config}`,
          `--verify.receivers=${expected}`,
          ...labels
        ]
        return run(amtool, args)
      }

      test(`${file} is valid as it stands`, () => {
        const { ok, output } = run(amtool, ['check-config', config])
        assert.ok(ok, output)
      })

      for (const { alert, labels } of rules) {
        const all = { service: 'shop', namespace: 'dev', ...labels }
        const { namespace, ...withoutNamespace } = all
        const given = labels.service === undefined ? all : withoutNamespace
        const pairs = Object.entries(given).map(([label, value]) => `${label}=${value}`)
        test(`${file} sends ${alert} to ours`, () => {
          const { ok, output } = lands(receiver, `alertname=${alert}`, ...pairs)
          assert.ok(ok, output)
        })
      }

      test(`${file} takes later alerts that speak of a service, and leaves those of others alone`, () => {
        assert.ok(lands(receiver, 'alertname=KeyBuzzSomethingNew', 'severity=critical', 'service=shop').ok)
        assert.ok(lands(receiver, 'alertname=KeyBuzzImageUpdate', 'severity=info').ok)
        assert.ok(lands('nobody', 'alertname=NodeDown', 'severity=critical', 'service=shop').ok)
        assert.ok(lands('nobody', 'alertname=KeyBuzzSomethingNew', 'severity=critical').ok)
        assert.ok(!lands('nobody', 'alertname=KeyBuzzSomethingNew', 'severity=critical', 'service=shop').ok)
      })
    }
  })
}
