import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { helmMissing } from '../support/helm.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { helmHome, only, render, type Values } from './rendering.ts'

// No kubelet runs here: the pod's arguments, variables and files are given to the real program.
suite('helm test', needs(helmMissing), () => {
  const home = helmHome()

  async function serveRelease(t: TestContext): Promise<string> {
    const path = join(temporaryFolder(t), 'manifests.json')
    writeFileSync(path, manifests({}))
    return (await serveGuard(t, { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path })).url
  }

  async function testRelease(t: TestContext, values: Values, url: string) {
    const folder = temporaryFolder(t)
    const hooks = (await render(home(), values)).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test'
    )
    const [container] = only(hooks, 'Pod').spec.containers
    const [{ mountPath }] = container.volumeMounts
    for (const [name, text] of Object.entries<string>(only(hooks, 'ConfigMap').data)) {
      const service = 'http://guard-keybuzz-version-guard.monitoring.svc:9877'
      writeFileSync(join(folder, name), text.replace(service, url))
    }
    const env = container.env.map(({ name, value }: { name: string; value: string }) => [
      name,
      value.replace(mountPath, folder)
    ])
    // The minute that it waits is for a cluster: here nothing changes any more.
    const args = container.args.map((arg: string) => (arg === '1m' ? '3s' : arg))
    return run(t, args, Object.fromEntries(env))
  }

  test('finds the version that was installed; from a checkout, which has no build, its commit is missing', async t => {
    const { stdout } = await testRelease(t, {}, await serveRelease(t))
    assert.match(stdout, /OK|WARNING.*Git SHA missing/)
    assert.doesNotMatch(stdout, /MISMATCH|UNKNOWN|ERROR/)
  })

  test('fails when another version runs than was installed', async t => {
    const { code, stdout } = await testRelease(t, { image: { tag: 'v99.9.9' } }, await serveRelease(t))
    assert.equal(code, 1)
    assert.match(stdout, /MISMATCH/)
  })

  test('waits for pods that are still replaced', async t => {
    let asked = 0
    const origin = await startService(t, (request, response) => {
      const version = asked++ === 0 ? 'v0.0.9' : 'v99.9.9'
      reporting({ version, gitSha: '4f9d1c2' })(request, response)
    })
    const { code } = await testRelease(t, { image: { tag: 'v99.9.9' } }, origin)
    assert.equal(code, 0)
  })

  test('is not there where it would need a password or a certificate', async () => {
    const values = { webConfig: { existingSecret: 'web-config' } }
    assert.ok(!(await render(home(), values)).some(({ kind }) => kind === 'Pod'))
  })
})
