import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { kubeConfigFor, startFakeApiServer } from '../../support/fake-api-server.ts'
import { problemsOf, sourceOnFake } from '../../support/followed-source.ts'

const NAMESPACES = Array.from({ length: 30 }, (_, index) => `team-${index}`)

/** An exec plugin that counts its runs in a file. */
async function pluginIn(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'guard-plugin-'))
  t.after(() => rm(folder, { recursive: true }))
  const counter = join(folder, 'runs')
  await writeFile(counter, '')
  const count = `require('node:fs').appendFileSync(${JSON.stringify(counter)}, 'x');`
  return {
    user: { exec: { command: process.execPath, args: ['-e', count + script] } },
    runs: async () => (await readFile(counter, 'utf8')).length
  }
}

suite('access to the API server', () => {
  test('is by the token of an exec plugin, which runs once for all who ask', async t => {
    const credential = JSON.stringify({ status: { token: 'from-plugin' } })
    const { user, runs } = await pluginIn(t, `console.log(${JSON.stringify(credential)})`)
    const made = await sourceOnFake(t, {
      namespaces: NAMESPACES,
      loadKubeConfig: () => kubeConfigFor(made.server, user)
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(made.source), [])
    assert.deepEqual(
      new Set(made.server.requests.map(({ headers }) => headers.authorization)),
      new Set(['Bearer from-plugin'])
    )
    assert.equal(await runs(), 1)
  })

  test('fails with what the exec plugin complains about, once for all who ask', async t => {
    const { user, runs } = await pluginIn(t, `console.error('log in first'); process.exitCode = 1`)
    const made = await sourceOnFake(t, {
      namespaces: NAMESPACES,
      loadKubeConfig: () => kubeConfigFor(made.server, user)
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(made.source), ['Kubernetes credentials: log in first\ufffd'])
    assert.equal(await runs(), 1)
  })

  test('does not wait for an exec plugin that hangs', async t => {
    const { user } = await pluginIn(t, 'setTimeout(() => {}, 2_000)')
    const made = await sourceOnFake(t, {
      timeLimits: { answerTimeoutMs: 50 },
      loadKubeConfig: () => kubeConfigFor(made.server, user)
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(made.source), ['Kubernetes API server: no answer within 0.05 s'])
  })

  test('is through the proxy of the configuration', async t => {
    const tunnels: string[] = []
    const proxy = createServer().on('connect', ({ url = '' }, client) => {
      tunnels.push(url)
      const { hostname, port } = new URL(`tcp://${url}`)
      const server = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(server).pipe(client)
      })
      client.on('error', () => server.destroy()).on('close', () => server.destroy())
      server.on('error', () => client.destroy())
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => proxy.close())
    const address = proxy.address()
    assert.ok(address !== null && typeof address !== 'string')

    const made = await sourceOnFake(t, {
      loadKubeConfig: () => {
        const kubeConfig = kubeConfigFor(made.server)
        const proxyUrl = `http://127.0.0.1:${address.port}`
        kubeConfig.clusters = kubeConfig.clusters.map(cluster => ({ ...cluster, proxyUrl }))
        return kubeConfig
      }
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(made.source), [])
    assert.deepEqual(tunnels, Array(3).fill(new URL(made.server.url).host))
  })

  test('is under the path of the server, where it has one', async t => {
    const made = await sourceOnFake(t, {
      loadKubeConfig: () => kubeConfigFor({ ...made.server, url: `${made.server.url}/k8s/clusters/c-1/` })
    })
    await made.source.read(AbortSignal.timeout(60_000))
    assert.ok(made.server.requests.length > 0)
    assert.ok(made.server.requests.every(({ path }) => path.startsWith('/k8s/clusters/c-1/apis/apps/v1/')))
  })

  test('says when nobody listens, and where', async t => {
    const gone = await startFakeApiServer()
    await gone.close()
    const { source } = await sourceOnFake(t, { loadKubeConfig: () => kubeConfigFor(gone) })
    await source.read(AbortSignal.timeout(60_000))
    const { host } = new URL(gone.url)
    assert.deepEqual(problemsOf(source), [`Kubernetes API server: connection refused (${host})`])
  })
})
