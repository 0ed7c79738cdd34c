import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { helmMissing } from '../support/helm.ts'
import { manifests } from '../support/services.ts'
import { helmHome, only, render, type Values } from './rendering.ts'

// No kubelet runs here: the pod's arguments, variables and files are given to the real program.
suite('helm test', needs(helmMissing), () => {
  const home = helmHome()

  async function testRelease(t: TestContext, values: Values) {
    const folder = temporaryFolder(t)
    const path = join(folder, 'manifests.json')
    writeFileSync(path, manifests({}))
    const guard = await serveGuard(t, { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path })

    const hooks = (await render(home(), values)).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test'
    )
    const [container] = only(hooks, 'Pod').spec.containers
    const [{ mountPath }] = container.volumeMounts
    for (const [name, text] of Object.entries<string>(only(hooks, 'ConfigMap').data)) {
      const service = 'http://guard-keybuzz-version-guard.monitoring.svc:9877'
      writeFileSync(join(folder, name), text.replace(service, guard.url))
    }
    const env = container.env.map(({ name, value }: { name: string; value: string }) => [
      name,
      value.replace(mountPath, folder)
    ])
    return run(t, container.args, Object.fromEntries(env))
  }

  test('finds the version that was installed; from a checkout, which has no build, its commit is missing', async t => {
    const { stdout } = await testRelease(t, {})
    assert.match(stdout, /OK|WARNING.*Git SHA missing/)
    assert.doesNotMatch(stdout, /MISMATCH|UNKNOWN|ERROR/)
  })

  test('fails when another version runs than was installed', async t => {
    const { code, stdout } = await testRelease(t, { image: { tag: 'v99.9.9' } })
    assert.equal(code, 1)
    assert.match(stdout, /MISMATCH/)
  })

  test('is not there where it would need a password or a certificate', async () => {
    const values = { webConfig: { existingSecret: 'web-config' } }
    assert.ok(!(await render(home(), values)).some(({ kind }) => kind === 'Pod'))
  })
})
