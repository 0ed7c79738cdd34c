import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { selectTargets } from '../../src/check/targets.ts'
import { type Shard, WHOLE } from '../../src/domain/shard.ts'
import { type Target, targetKey } from '../../src/domain/target.ts'
import { compareText } from '../../src/domain/text.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { aTarget, aWorkload } from '../support/facts.ts'

const RULES = { discovery: true, versionMatch: 'exact', shard: WHOLE } as const
const annotated = (annotations: Record<string, string>, changes: Partial<Workload> = {}) =>
  aWorkload({ annotations: { endpoint: 'https://shop.example/', ...annotations }, ...changes })
const select = (file: readonly Target[], workloads: readonly Workload[]) => selectTargets(file, workloads, RULES)

suite('targets', () => {
  test('takes a workload with an endpoint annotation', () => {
    const { targets, warnings } = select([], [annotated({}), aWorkload({ name: 'other' })])
    assert.deepEqual(targets, [aTarget({ endpoint: 'https://shop.example/', origin: 'annotation' })])
    assert.deepEqual(warnings, [])
  })

  test('reads every annotation', () => {
    const annotations = {
      service: 'web',
      container: 'app',
      'version-pointer': '/a/b',
      'git-sha-pointer': '/c',
      'version-match': 'semver'
    }
    const [target] = select([], [annotated(annotations, { kind: 'StatefulSet' })]).targets
    assert.deepEqual(target, {
      service: 'web',
      namespace: 'dev',
      endpoint: 'https://shop.example/',
      workload: { kind: 'StatefulSet', name: 'shop', container: 'app' },
      versionPointers: ['/a/b'],
      gitShaPointers: ['/c'],
      versionMatch: 'semver',
      origin: 'annotation'
    })
  })

  test('takes nothing from annotations when discovery is off', () => {
    assert.deepEqual(selectTargets([], [annotated({}, { warnings: ['x'] })], { ...RULES, discovery: false }), {
      targets: [],
      warnings: []
    })
  })

  test('uses the default match of the configuration', () => {
    const { targets } = selectTargets([], [annotated({})], { ...RULES, versionMatch: 'semver' })
    assert.equal(targets[0]?.versionMatch, 'semver')
  })

  test('keeps an endpoint that is no URL: the probe refuses it where people look', () => {
    assert.equal(select([], [annotated({ endpoint: '' })]).targets[0]?.endpoint, '')
  })

  test('lets the file win over an annotation, and says so', () => {
    const file = aTarget()
    const { targets, warnings } = select([file], [annotated({})])
    assert.deepEqual(targets, [file])
    assert.deepEqual(warnings, [
      'Deployment shop in namespace dev also claims dev/shop, which TARGETS_FILE has already'
    ])
  })

  test('gives a service claimed twice to the first by namespace, kind and name, and says so', () => {
    const { targets, warnings } = select(
      [],
      [
        annotated({ service: 'shop' }, { kind: 'StatefulSet', name: 'a' }),
        annotated({ service: 'shop' }, { name: 'c' }),
        annotated({ service: 'shop' }, { name: 'b' })
      ]
    )
    assert.deepEqual(
      targets.map(({ workload }) => workload),
      [{ kind: 'Deployment', name: 'b' }]
    )
    assert.deepEqual(warnings, [
      'Deployment c in namespace dev also claims dev/shop, which Deployment b in namespace dev has already',
      'StatefulSet a in namespace dev also claims dev/shop, which Deployment b in namespace dev has already'
    ])
  })

  test('tells services of the same name in two namespaces apart', () => {
    assert.equal(select([], [annotated({}), annotated({}, { namespace: 'prod' })]).targets.length, 2)
  })

  test('leaves a workload alone that opts out, also where the file names it', () => {
    const { targets, warnings } = select([aTarget()], [annotated({ enabled: 'false' })])
    assert.deepEqual(targets, [])
    assert.deepEqual(warnings, ['dev/shop is not checked: Deployment shop has the annotation enabled: "false"'])
  })

  for (const [annotation, value, takes] of [
    ['service', '', '1 to 128 printable characters'],
    ['service', 'a\nb', '1 to 128 printable characters'],
    ['service', 'x'.repeat(129), '1 to 128 printable characters'],
    ['version-pointer', 'version', 'a JSON pointer such as /build/version'],
    ['version-pointer', '/a~2', 'a JSON pointer such as /build/version'],
    ['git-sha-pointer', '', 'a JSON pointer such as /build/gitSha'],
    ['version-match', 'fuzzy', 'exact or semver'],
    ['enabled', 'False', 'true or false']
  ] as const) {
    test(`ignores the annotation ${annotation}: ${JSON.stringify(value.slice(0, 9))}, and says what it takes`, () => {
      const { targets, warnings } = select([], [annotated({ [annotation]: value })])
      assert.deepEqual(targets, [aTarget({ endpoint: 'https://shop.example/', origin: 'annotation' })])
      const quoted = value.slice(0, 128).replace('\n', '\ufffd')
      assert.deepEqual(warnings, [
        `Deployment shop in namespace dev: annotation ${annotation}: "${quoted}" is ignored; it takes ${takes}`
      ])
    })
  }

  test('says no more than five hundred things', () => {
    const warnings = Array.from({ length: 550 }, (_, index) => `unknown annotation ${index}`)
    const said = select([], [aWorkload({ warnings })]).warnings
    assert.deepEqual([said.length, said[500]], [501, '… and 50 more of the kind'])
  })

  test('passes on what of a workload has no effect, whether or not it is guarded', () => {
    const warnings = ['unknown annotation version-guard.keybuzz.io/endpont; did you mean endpoint?']
    const line = `Deployment shop in namespace dev: ${warnings[0]}`
    assert.deepEqual(select([], [aWorkload({ warnings })]).warnings, [line])
    assert.deepEqual(select([], [annotated({}, { warnings })]).warnings, [line])
  })
})

suite('targets of a shard', () => {
  const names = Array.from({ length: 40 }, (_, n) => `app-${n}`)
  const file = names.slice(0, 10).map(service => aTarget({ service }))
  const workloads = [
    // Each claims the next one's service, so that a split before the claims are settled would leave two with one.
    ...names.map((name, n) => annotated({ service: names[n + 1] ?? 'last', 'version-match': 'fuzzy' }, { name })),
    ...names.map(name => annotated({}, { name, kind: 'StatefulSet', warnings: ['unknown annotation endpont'] })),
    aWorkload({ name: 'left-alone', annotations: { enabled: 'False' } })
  ]
  const all = select(file, workloads)
  const of = (shard: Shard) => selectTargets(file, workloads, { ...RULES, shard })
  const shards = [0, 1, 2].map(index => of({ index, total: 3 }))

  test('are all targets when they are put together, each once', () => {
    assert.ok(shards.every(({ targets }) => targets.length > 0))
    const byKey = (targets: readonly Target[]) => [...targets].sort((a, b) => compareText(targetKey(a), targetKey(b)))
    assert.deepEqual(byKey(shards.flatMap(({ targets }) => targets)), byKey(all.targets))
  })

  test('warn of what is to be mended, each warning once, where the target is', () => {
    assert.deepEqual(shards.flatMap(({ warnings }) => warnings).sort(), [...all.warnings].sort())
    for (const { targets, warnings } of shards) {
      const claimed = warnings.flatMap(line => / also claims (\S+),/.exec(line)?.[1] ?? [])
      assert.ok(claimed.length > 0)
      for (const key of claimed) assert.ok(targets.some(target => targetKey(target) === key))
    }
  })
})
