import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'

const TARGETS = 'targets: [{service: web, namespace: shop, endpoint: "http://127.0.0.1:1/"}]'

// Each was gigabytes or minutes once. With as little memory as this, too much would be the end.
const HEAP = '--max-old-space-size=160'

suite('serve, while its targets file', () => {
  const write = (content: () => string) => (path: string) => writeFileSync(path, content())
  for (const [rule, spoil, line] of [
    ['is nested without end', write(() => '['.repeat(4_000_000)), ':1: nested too deeply'],
    [
      'has 300,000 keys that there are not',
      write(() => Array.from({ length: 300_000 }, (_, index) => `k${index}: 1`).join('\n')),
      ':71429: more than 500000 YAML tokens'
    ],
    ['has a million mistakes', write(() => ']\n'.repeat(1_000_000)), ':1: '],
    ['is a pipe', (path: string) => execFileSync('mkfifo', [path]), ': cannot be read: not a regular file']
  ] as const) {
    test(`${rule}, keeps its last good version and goes on`, async t => {
      const folder = temporaryFolder(t)
      const [WORKLOADS_FILE, TARGETS_FILE] = [join(folder, 'workloads.json'), join(folder, 'targets.yaml')]
      writeFileSync(WORKLOADS_FILE, manifests({}))
      writeFileSync(TARGETS_FILE, TARGETS)
      const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE, TARGETS_FILE, NODE_OPTIONS: HEAP }
      const guard = await serveGuard(t, env)
      rmSync(TARGETS_FILE)
      spoil(TARGETS_FILE)
      await until(() =>
        assert.ok(guard.lines().some(({ mistake }) => String(mistake).startsWith(`${TARGETS_FILE}${line}`)))
      )
      assert.match(await guard.metrics(), /^keybuzz_version_guard_config_reload_success 0$/m)
      assert.match(await guard.metrics(), /^keybuzz_version_guard_targets 1$/m)
      rmSync(TARGETS_FILE)
      writeFileSync(TARGETS_FILE, 'targets: []')
      await until(async () => assert.match(await guard.metrics(), /^keybuzz_version_guard_targets 0$/m))
    })
  }
})

suite('serve, while its file of manifests', () => {
  for (const [rule, text, line] of [
    ['is nested without end', '['.repeat(4_000_000), ':1: nested too deeply'],
    ['has lists in lists without end', '- '.repeat(2_000_000), ':1: nested too deeply'],
    [
      'has Lists in Lists without end',
      `${'{"apiVersion": "v1", "kind": "List", "items": ['.repeat(50_000)}${']}'.repeat(50_000)}`,
      ':1:'
    ]
  ] as const) {
    test(`${rule}, keeps its last good version and goes on`, async t => {
      const WORKLOADS_FILE = join(temporaryFolder(t), 'workloads.json')
      writeFileSync(WORKLOADS_FILE, manifests({}))
      const guard = await serveGuard(t, { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE, NODE_OPTIONS: HEAP })
      writeFileSync(WORKLOADS_FILE, text)
      await until(() =>
        assert.ok(guard.lines().some(({ mistake }) => String(mistake).startsWith(`${WORKLOADS_FILE}${line}`)))
      )
      writeFileSync(WORKLOADS_FILE, manifests({}))
      await until(async () => {
        assert.match(await guard.metrics(), /^keybuzz_version_guard_config_reload_success 1$/m)
      })
    })
  }
})
