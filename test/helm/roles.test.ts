import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { needs } from '../support/component.ts'
import { helmMissing, type Manifest } from '../support/helm.ts'
import { chartObjects, kindsOf, matrix, only, read, type Values } from './rendering.ts'

suite("the chart's roles", needs(helmMissing), () => {
  const { objects, pod, variable } = chartObjects()

  const rulesOf = (all: readonly Manifest[]) =>
    all
      .filter(({ kind }) => /Role$/.test(kind))
      .flatMap(({ rules }) => rules as { verbs: string[]; resources: string[] }[])

  for (const [name, values] of Object.entries(matrix)) {
    test(`hold get, list and watch, and nothing else: ${name}`, async () => {
      for (const { verbs } of rulesOf(await objects(values))) {
        assert.deepEqual(
          verbs,
          verbs.filter(verb => ['get', 'list', 'watch'].includes(verb))
        )
      }
    })
  }

  test('are those of the documented manifests, for a cluster and for namespaces', async () => {
    const namespaces = ['keybuzz-client-dev', 'keybuzz-admin-dev']
    for (const [file, values] of [
      ['rbac-cluster', {}],
      ['rbac-namespaces', { namespaces }]
    ] as const) {
      const documented = parseAllDocuments(read(`docs/examples/${file}.yaml`)).map(document => document.toJSON())
      const all = await objects(values)
      const where = (list: readonly Manifest[]) =>
        list.filter(({ rules }) => rules).map(({ kind, metadata, rules }) => [kind, metadata.namespace, rules])
      assert.deepEqual(where(all), where(documented))
    }
  })

  test('include pods, and what belongs to them, only where these are watched', async () => {
    const resources = async (values: Values = {}) =>
      rulesOf(await objects(values)).flatMap(({ resources }) => resources)
    const workloads = ['deployments', 'statefulsets', 'daemonsets']
    assert.deepEqual(await resources(), workloads)
    const revisions = ['replicasets', 'controllerrevisions']
    assert.deepEqual(await resources({ pods: { watch: true } }), [...workloads, ...revisions, 'pods', 'nodes'])
    const namespaced = await resources({ pods: { watch: true }, namespaces: ['shop'] })
    assert.deepEqual(namespaced, [...workloads, ...revisions, 'pods'])
  })

  test('hold Secrets in a Role of their own for each namespace, where Helm’s records are read, and never for a cluster', async () => {
    const all = await objects(matrix.releases)
    const ofSecrets = all.filter(({ rules = [] }) => JSON.stringify(rules).includes('secrets'))
    const name = (part: string) => `monitoring-guard-keybuzz-version-guard-${part}`
    assert.deepEqual(
      ofSecrets.map(({ kind, metadata, rules }) => [kind, metadata.namespace, metadata.name, rules]),
      [
        ['Role', 'keybuzz-client-dev', name('helm-releases'), [HELM_RULE]],
        ['Role', 'keybuzz-admin-dev', name('helm-releases'), [HELM_RULE]],
        [
          'Role',
          'keybuzz-client-dev',
          name('required'),
          [
            byName('configmaps', 'client-config'),
            byName('jobs', 'client-migrate'),
            byName('secrets', 'client-db', 'client-tls')
          ]
        ],
        ['Role', 'keybuzz-admin-dev', name('required'), [byName('secrets', 'admin-db')]]
      ]
    )
    const bindings = all.filter(({ kind }) => kind === 'RoleBinding')
    assert.deepEqual(
      bindings.map(({ roleRef }) => roleRef.name).toSorted(),
      all
        .filter(({ kind }) => kind === 'Role')
        .map(({ metadata }) => metadata.name)
        .toSorted()
    )
    const without = await objects({ namespaces: ['a'] })
    assert.ok(!JSON.stringify(without.filter(({ rules }) => rules)).includes('secrets'))
  })

  test('get the pull secrets that values name, and no others, only where these are used', async () => {
    const images = {
      pullSecrets: [
        { namespace: 'shop', secrets: ['registry', 'mirror'] },
        { namespace: 'admin', secrets: ['registry'] }
      ]
    }
    const secretRoles = async (config: Values) =>
      (await objects({ images, config }))
        .filter(({ rules = [] }) => JSON.stringify(rules).includes('secrets'))
        .map(({ kind, metadata, rules }) => [kind, metadata.namespace, metadata.name, rules])
    const name = 'monitoring-guard-keybuzz-version-guard-pull-secrets'
    assert.deepEqual(await secretRoles({ IMAGE_UPDATES: 'all', IMAGE_PULL_SECRETS: true }), [
      ['Role', 'shop', name, [byName('secrets', 'registry', 'mirror')]],
      ['Role', 'admin', name, [byName('secrets', 'registry')]]
    ])
    assert.deepEqual(await secretRoles({ IMAGE_UPDATES: 'all' }), [])
  })

  test('name the namespaces that the guard watches', async () => {
    const namespaces = ['a', 'b']
    assert.deepEqual(await variable({ namespaces }, 'WATCH_NAMESPACES'), { name: 'WATCH_NAMESPACES', value: 'a,b' })
    assert.equal(await variable({}, 'WATCH_NAMESPACES'), undefined)
  })

  test('are none, and there is no token, where workloads come from manifests', async () => {
    const values = matrix['file-source']
    assert.ok(!kindsOf(await objects(values)).some(kind => /Role/.test(kind)))
    assert.equal((await pod(values)).automountServiceAccountToken, false)
    assert.equal((await pod()).automountServiceAccountToken, true)
    assert.equal(only(await objects(), 'ServiceAccount').automountServiceAccountToken, false)
  })

  test('are left to others where values say so', async () => {
    const kinds = kindsOf(await objects({ rbac: { create: false }, serviceAccount: { create: false, name: 'theirs' } }))
    assert.ok(!kinds.some(kind => /Role|ServiceAccount/.test(kind)))
  })

  test('are, for KeyBuzz, in its two namespaces alone', async () => {
    const all = await objects(parse(read('helm/values-keybuzz-dev.yaml')))
    assert.ok(!kindsOf(all).some(kind => kind.startsWith('Cluster')))
    const roles = all.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.namespace)
    assert.deepEqual(roles, ['keybuzz-client-dev', 'keybuzz-admin-dev'])
  })
})

const HELM_RULE = { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] }

function byName(resource: string, ...names: readonly string[]) {
  const group = resource === 'jobs' ? 'batch' : ''
  return { apiGroups: [group], resources: [resource], resourceNames: names, verbs: ['get'] }
}
