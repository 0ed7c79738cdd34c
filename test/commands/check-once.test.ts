import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { checkOnce } from '../../src/commands/check-once.ts'
import { ConfigError } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createManifestsReader } from '../../src/sources/read-manifests-file.ts'
import { temporaryFolder } from '../support/files.ts'

suite('a look at the services', () => {
  // `check --wait` may look thousands of times.
  test('leaves nothing behind that is followed when a file is bad', async t => {
    const folder = temporaryFolder(t)
    const manifests = createManifestsReader()
    const [targets, workloads, releases] = ['targets.yaml', 'workloads.yaml', 'releases'].map(name =>
      join(folder, name)
    )
    const env = {
      TARGETS_FILE: targets,
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: workloads,
      RELEASES_DIR: releases
    }
    mkdirSync(join(folder, 'releases/shop'), { recursive: true })
    writeFileSync(join(folder, 'workloads.yaml'), '{ apiVersion: v1, kind: List, items: [] }')
    writeFileSync(join(folder, 'targets.yaml'), 'targets: []')
    const config = loadConfig(env, manifests.mistakes)
    writeFileSync(join(folder, 'targets.yaml'), 'targets: [')

    const started = new Set<unknown>()
    const { setTimeout, clearTimeout } = globalThis
    t.mock.method(globalThis, 'setTimeout', (...args: Parameters<typeof setTimeout>) => {
      const timer = setTimeout(...args)
      started.add(timer)
      return timer
    })
    t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
      started.delete(timer)
      clearTimeout(timer)
    })
    const runtime = {
      buildInfo: { version: 'v1', gitSha: null, buildDate: null },
      nodeVersion: 'v24',
      exiting: new AbortController().signal,
      environment: env,
      manifests
    }
    const selection = { namespace: null, names: [] }
    const progress = { show: () => {}, end: () => {} }
    await assert.rejects(checkOnce(config, { runtime, selection, progress }), ConfigError)
    assert.equal(started.size, 0)
  })
})
