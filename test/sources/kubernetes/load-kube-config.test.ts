import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { loadKubeConfig } from '../../../src/sources/kubernetes/load-kube-config.ts'

function kubeconfig(name: string, user: object, current = ''): string {
  // JSON is YAML.
  return JSON.stringify({
    clusters: [{ name, cluster: { server: `https://${name}:6443`, 'certificate-authority': 'ca.crt' } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': current
  })
}

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guard-kubeconfig-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, '.kube'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

suite('configuration of Kubernetes access', () => {
  test('is that of KUBECONFIG before that of the home folder', async t => {
    const HOME = await folderWith(t, {
      '.kube/config': kubeconfig('home', {}, 'home'),
      named: kubeconfig('a', {}, 'a')
    })
    const KUBECONFIG = join(HOME, 'named')
    assert.equal(loadKubeConfig({ HOME, KUBECONFIG }).getCurrentCluster()?.server, 'https://a:6443')
    assert.equal(loadKubeConfig({ HOME }).getCurrentCluster()?.server, 'https://home:6443')
    assert.equal(loadKubeConfig({ HOME }).getCurrentCluster()?.caFile, join(HOME, '.kube', 'ca.crt'))
  })

  test('comes from several files, of which the first that sets a context wins', async t => {
    const files = {
      one: kubeconfig('one', {}),
      two: kubeconfig('two', {}, 'two'),
      three: kubeconfig('three', {}, 'three')
    }
    const folder = await folderWith(t, files)
    const KUBECONFIG = ['one', 'two', 'three'].map(name => join(folder, name)).join(':')
    const loaded = loadKubeConfig({ KUBECONFIG })
    assert.equal(loaded.getCurrentCluster()?.server, 'https://two:6443')
    assert.equal(loaded.getClusters().length, 3)
  })

  test('has a token from a file, which goes before a token that is written in', async t => {
    const files = {
      one: kubeconfig('one', { token: 'stale', tokenFile: 'token' }, 'one'),
      token: 'fresh',
      'ca.crt': 'CA'
    }
    const folder = await folderWith(t, files)
    const options: RequestOptions = {}
    await loadKubeConfig({ KUBECONFIG: join(folder, 'one') }).applyToHTTPSOptions(options)
    assert.deepEqual(options.headers, { Authorization: 'Bearer fresh' })
  })

  for (const [rule, text, message] of [
    ['names a file that is not there', undefined, /^.*\/one: ENOENT/],
    ['names a file that is no YAML', '{', /^.*\/one:1: not valid YAML$/],
    ['names a file without a context', kubeconfig('one', {}), /^.*\/one: /]
  ] as const) {
    test(`fails with the file when it ${rule}`, async t => {
      const folder = await folderWith(t, text === undefined ? {} : { one: text })
      assert.throws(() => loadKubeConfig({ KUBECONFIG: join(folder, 'one') }), { message })
    })
  }

  test('fails with where it looked when there is none', async t => {
    const HOME = await folderWith(t, {})
    assert.throws(
      () => loadKubeConfig({ HOME }),
      /not in a cluster, KUBECONFIG is not set, ~\/\.kube\/config is not there/
    )
    assert.throws(
      () => loadKubeConfig({}),
      /no Kubernetes configuration.*set KUBECONFIG, or WORKLOAD_SOURCE=file with WORKLOADS_FILE/
    )
  })
})
