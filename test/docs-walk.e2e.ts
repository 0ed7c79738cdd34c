// The pages' commands for a cluster, as they are pasted, on a real API server with the operator's definitions.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { clusterMissing } from './helm/cluster.ts'
import { deployment } from './support/cluster-objects.ts'
import { findProgram, needs } from './support/component.ts'
import { type ControlPlane, startControlPlane } from './support/control-plane.ts'
import { cleanCheckout, DOCUMENTED, walk } from './support/docs-walk.ts'
import { ON_A_CLUSTER } from './support/docs-walk-cluster.ts'
import { defineOperatorResources } from './support/operator-crds.ts'

const kubectlMissing = findProgram('kubectl') === undefined ? 'kubectl is not on the PATH' : undefined

suite("a newcomer's walk on a cluster", needs(clusterMissing ?? kubectlMissing), () => {
  const ends: (() => Promise<void> | void)[] = []
  let cluster: ControlPlane
  let folder: string
  const paste = (command: string) => walk(command, folder, { env: { KUBECONFIG: cluster.adminKubeconfig } })
  before(async () => {
    cluster = await startControlPlane()
    folder = cleanCheckout({ after: end => void ends.push(end) })
    mkdirSync(join(folder, '.bin'))
    symlinkSync(join(process.env.HELM_BIN ?? '', 'helm4'), join(folder, '.bin/helm'))
    await defineOperatorResources(cluster, ['prometheusrules', 'alertmanagerconfigs', 'servicemonitors'])
    for (const name of ['keybuzz-client-dev', 'keybuzz-admin-dev']) await cluster.kubectl(['create', 'namespace', name])
    const client = deployment('keybuzz-client', { namespace: 'keybuzz-client-dev', image: 'client:v0.2.12-dev' })
    await cluster.kubectl(['create', '-f=-'], JSON.stringify(client))
    writeFileSync(join(folder, 'password'), 'secret')
  })
  after(async () => {
    await cluster?.close()
    for (const end of ends) await end()
  })

  for (const [first, prints] of Object.entries(ON_A_CLUSTER)) {
    test(`works: ${first}`, async () => {
      // A name is taken only once.
      if (first.startsWith('helm install')) await paste('helm uninstall version-guard -n monitoring --ignore-not-found')
      const command = DOCUMENTED.find(one => one.split('\n')[0] === first) ?? assert.fail('no page has it')
      const { code, stdout, stderr } = await paste(command.replace('REVISION', '1'))
      assert.equal(code, 0, stderr)
      assert.match(stdout, prints)
    })
  }

  test('saves what the guard reads later', async () => {
    assert.match(readFileSync(join(folder, 'saved.yaml'), 'utf8'), /image: client:v0\.2\.12-dev/)
    const command = DOCUMENTED.find(one => one.includes('WORKLOADS_FILE=saved.yaml')) ?? assert.fail('no page has it')
    const { stdout } = await paste(command)
    assert.match(stdout, /Deployment\/keybuzz-client +v0\.2\.12-dev/)
  })
})
