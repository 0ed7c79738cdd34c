import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard, startProgram } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

async function setUp(t: TestContext) {
  const endpoint = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
  const WORKLOADS_FILE = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(WORKLOADS_FILE, manifests({ shop: { image: 'app:v1', endpoint } }))
  return { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE, ENDPOINT_ALLOW: '127.0.0.0/8' }
}

// Loaded ahead of the program: sends it a signal at its first file but one.
function signalWhileLoading(signal: string): string {
  const program = `data:text/javascript,
    import { registerHooks } from 'node:module'
    registerHooks({
      load (url, context, nextLoad) {
        if (/\\/process\\.[jt]s$/.test(url)) process.kill(process.pid, '${signal}')
        return nextLoad(url, context)
      }
    })`
  return `--import=${encodeURI(program)}`
}

suite('a signal that is not for us', () => {
  test('SIGHUP does not end serve, which says that it follows its files anyway', async t => {
    const guard = await serveGuard(t, await setUp(t))
    for (const times of [1, 2]) {
      guard.child.kill('SIGHUP')
      await until(() =>
        assert.equal(guard.lines().filter(({ message }) => `${message}`.includes('SIGHUP')).length, times)
      )
    }
    const [line] = guard.lines().filter(({ message }) => `${message}`.includes('SIGHUP'))
    assert.deepEqual(
      [line?.level, line?.message],
      ['info', 'SIGHUP changes nothing: files are read again when they change']
    )
    assert.equal((await guard.get('/health')).status, 200)
    guard.child.kill('SIGTERM')
    assert.deepEqual(await once(guard.child, 'exit'), [0, null])
  })

  test('SIGUSR1 opens no inspector', async t => {
    const guard = await serveGuard(t, await setUp(t))
    guard.child.kill('SIGUSR1')
    guard.child.kill('SIGHUP')
    // Signals of a process are taken one after the other.
    await until(() => assert.match(guard.written(), /SIGHUP changes nothing/))
    assert.doesNotMatch(guard.written(), /Debugger/)
  })

  for (const signal of ['SIGHUP', 'SIGUSR1']) {
    test(`${signal} ends no check, not even while the program is loading`, async t => {
      const { code, stderr } = await run(t, ['check'], {
        ...(await setUp(t)),
        NODE_OPTIONS: signalWhileLoading(signal)
      })
      assert.deepEqual([code, stderr], [0, ''])
    })
  }
})

suite('a check that is stopped', () => {
  for (const args of [['check'], ['check', '--images'], ['explain', 'shop']]) {
    test(`leaves no plugin behind that it waits for: ${args.join(' ')}`, async t => {
      const folder = temporaryFolder(t)
      const [KUBECONFIG, TARGETS_FILE, pid] = ['kubeconfig', 'targets', 'pid'].map(name => join(folder, name))
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        interactiveMode: 'Never',
        command: 'sh',
        args: ['-c', `echo $$ > ${pid}; exec sleep 30`]
      }
      const config = {
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'a', user: { exec } }]
      }
      writeFileSync(`${KUBECONFIG}`, JSON.stringify(config))
      writeFileSync(
        `${TARGETS_FILE}`,
        '{ targets: [{ service: shop, namespace: dev, endpoint: "http://127.0.0.1:1" }] }'
      )
      const env = { PATH: process.env.PATH ?? '', KUBECONFIG: `${KUBECONFIG}`, TARGETS_FILE: `${TARGETS_FILE}` }
      const child = startProgram(t, args, { env })
      const plugin = await until(() => {
        const number = readFileSync(`${pid}`, 'utf8').trim()
        assert.match(number, /^\d+$/)
        return number
      })
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'close'), [143, null])
      // Nobody may be there to ask for its exit code.
      const state = () => String(spawnSync('ps', ['-o', 'stat=', '-p', plugin]).stdout)
      await until(() => assert.match(state(), /^(?:Z.*)?\s*$/), { withinMs: 10_000 })
    })
  }
})
