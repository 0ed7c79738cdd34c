import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTargetSelector, type TargetRules } from '../../src/check/targets.ts'
import { takeTurns } from '../../src/check/warnings.ts'
import { type Shard, WHOLE } from '../../src/domain/shard.ts'
import { type Target, targetKey } from '../../src/domain/target.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { parseDuration } from '../../src/text/durations.ts'
import { compareText } from '../../src/text/lines.ts'
import { aTarget, aWorkload, knownWorkload } from '../support/facts.ts'

const RULES: TargetRules = {
  discovery: 'true',
  versionMatch: 'exact',
  shard: WHOLE,
  parseDuration
}
const annotated = (annotations: Record<string, string>, changes: Partial<Workload> = {}) =>
  aWorkload({ annotations: { endpoint: 'https://shop.example/', ...annotations }, ...changes })
const select = (file: readonly Target[], workloads: readonly Workload[], rules: Partial<TargetRules> = {}) => {
  const { targets, warnings } = createTargetSelector({ ...RULES, ...rules })(file, workloads.map(knownWorkload))
  return { targets, warnings: warnings.map(({ line }) => line) }
}

suite('targets', () => {
  test('takes a workload with an endpoint annotation', () => {
    const { targets, warnings } = select([], [annotated({}), aWorkload({ name: 'other' })])
    assert.deepEqual(targets, [aTarget({ endpoint: 'https://shop.example/', origin: 'annotation' })])
    assert.deepEqual(warnings, [])
  })

  test('says that images are watched of services alone', () => {
    const wish = aWorkload({ annotations: { 'image-updates.app': 'true' } })
    const line =
      'Deployment shop in namespace dev: annotation image-updates has no effect on a workload that is not a service; add enabled: "true"'
    assert.deepEqual(select([], [wish]).warnings, [line])
    assert.deepEqual(select([], [wish], { discovery: 'all' }).warnings, [])
    assert.deepEqual(select([aTarget()], [wish]).warnings, [])
  })

  test('tells people who label a container for Watchtower what to do, if images are watched at all', () => {
    const labelled = aWorkload({ kind: 'Container', annotations: { 'image-updates': 'true' } })
    const line =
      'Container shop in namespace dev: its label version-guard.keybuzz.io/image-updates or com.centurylinklabs.watchtower.enable has no effect, because it is not a service; set DISCOVERY=all, or add the label version-guard.keybuzz.io/enabled: "true"'
    assert.deepEqual(select([], [labelled], { watchesImages: true }).warnings, [line])
    assert.deepEqual(select([], [labelled]).warnings, [])
  })

  test('says what is wrong with annotations of images', () => {
    const { warnings } = select([], [annotated({ 'image-updates': 'on', 'tag-pattern.proxy': 'v1' })])
    assert.deepEqual(warnings, [
      'Deployment shop in namespace dev: image-updates of container app is "on": it takes true or false',
      'Deployment shop in namespace dev: tag-pattern.proxy names no container; the containers are: app'
    ])
  })

  test('lets annotations of images name a native sidecar', () => {
    const sidecars = [{ name: 'mesh', image: 'mesh:v1' }]
    assert.deepEqual(select([], [annotated({ 'tag-pattern.mesh': '^v(\\d+)$' }, { sidecars })]).warnings, [])
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
    assert.deepEqual(select([], [annotated({}, { warnings: ['x'] })], { discovery: 'false' }), {
      targets: [],
      warnings: []
    })
  })

  test('uses the default match of the configuration', () => {
    const { targets } = select([], [annotated({})], { versionMatch: 'semver' })
    assert.equal(targets[0]?.versionMatch, 'semver')
  })

  test('keeps an endpoint that is no URL: the probe refuses it where people look', () => {
    assert.equal(select([], [annotated({ endpoint: 'shop' })]).targets[0]?.endpoint, 'shop')
  })

  test('takes an endpoint that a template left empty for none, and says so', () => {
    const { targets, warnings } = select([], [annotated({ endpoint: '' })])
    assert.deepEqual(targets, [aTarget({ endpoint: null, origin: 'annotation' })])
    assert.deepEqual(warnings, [
      'Deployment shop in namespace dev: annotation endpoint: "" is ignored; it takes http://HOST/PATH or https://HOST/PATH'
    ])
  })

  test('lets the file win over an annotation, and says so', () => {
    const file = aTarget()
    const { targets, warnings } = select([file], [annotated({})])
    assert.deepEqual(targets, [file])
    assert.deepEqual(warnings, [
      'Deployment shop in namespace dev also claims dev/shop, which TARGETS_FILE already has'
    ])
  })

  test('warns of secret headers that go over plain http, and counts the services', () => {
    const headers = [{ name: 'authorization', prefix: 'Bearer ', file: '/run/secrets/token' }]
    const file = ['http://a/', 'https://b/', 'http://c/', 'http://d/', null].map((endpoint, number) =>
      aTarget({ service: `shop-${number}`, endpoint, headers })
    )
    const without = aTarget({ service: 'without', endpoint: 'http://e/' })
    const warning = (who: string) =>
      `${who}: a secret header goes over plain http, where everybody on the way can read it; use https`
    assert.deepEqual(select([...file, without], []).warnings, [warning('dev/shop-0 and 2 more')])
    assert.deepEqual(select(file.slice(0, 2), []).warnings, [warning('dev/shop-0')])
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
      'Deployment c in namespace dev also claims dev/shop, which Deployment b in namespace dev already has',
      'StatefulSet a in namespace dev also claims dev/shop, which Deployment b in namespace dev already has'
    ])
  })

  test('tells services of the same name in two namespaces apart', () => {
    assert.equal(select([], [annotated({}), annotated({}, { namespace: 'prod' })]).targets.length, 2)
  })

  test('leaves a workload alone that opts out, even if the file names it', () => {
    const { targets, warnings } = select([aTarget()], [annotated({ enabled: 'false' })])
    assert.deepEqual(targets, [])
    assert.deepEqual(warnings, ['dev/shop is not checked: Deployment shop has the annotation enabled: "false"'])
  })

  for (const [annotation, value, takes] of [
    ['helm-deadline', 'soon', 'a duration such as 15m'],
    ['required-secrets', 'bank/db', 'at most 20 names of objects in its own namespace, separated by commas'],
    ['required-configmaps', ',', 'at most 20 names of objects in its own namespace, separated by commas'],
    ['migration-job', 'a,b', 'the name of a Job, and `,required` where it must be there'],
    ['container', ' ', "a container's name"],
    ['service', '', '1 to 128 printable characters'],
    ['service', 'a\nb', '1 to 128 printable characters'],
    ['service', 'x'.repeat(129), '1 to 128 printable characters'],
    ['version-pointer', 'version', 'a JSON pointer such as /build/version'],
    ['version-pointer', '/a~2', 'a JSON pointer such as /build/version'],
    ['git-sha-pointer', '', 'a JSON pointer such as /build/gitSha'],
    ['version-match', 'fuzzy', 'exact, semver, git-sha'],
    ['postdeploy-latency-p95', '500', 'a duration above 0 such as 500ms'],
    ['postdeploy-latency-p95', '0s', 'a duration above 0 such as 500ms'],
    ['postdeploy-error-ratio', '1%', 'a ratio from 0 to below 1 such as 0.01'],
    ['postdeploy-error-ratio', '1', 'a ratio from 0 to below 1 such as 0.01'],
    ['postdeploy-error-ratio', '', 'a ratio from 0 to below 1 such as 0.01'],
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
    const noisy = (name: string, namespace: string) =>
      aWorkload({ name, namespace, warnings: ['unknown annotation x'] })
    const workloads = Array.from({ length: 549 }, (_, index) => noisy(`noisy-${index}`, 'busy'))
    const { warnings } = createTargetSelector(RULES)([], [...workloads, noisy('calm', 'zoo')].map(knownWorkload))
    const told = takeTurns(warnings)
    assert.deepEqual([told.length, told[500]], [501, '… and 50 more like these'])
    assert.match(told[1] ?? '', /^Deployment calm in namespace zoo/)
  })

  test('says a few things of one workload, and counts the rest', () => {
    const many = Array.from({ length: 50 }, (_, index) => `unknown annotation ${index}`)
    const { warnings } = select([], [aWorkload({ warnings: many })])
    assert.deepEqual([warnings.length, warnings[5]], [6, 'Deployment shop in namespace dev: … and 45 more mistakes'])
  })

  test('takes a workload that only asks to be guarded, without an endpoint', () => {
    const { targets } = select(
      [],
      [aWorkload({ annotations: { enabled: 'true', 'rollout-deadline': '90s', 'helm-deadline': '90s' } })]
    )
    assert.deepEqual(targets, [
      aTarget({ endpoint: null, origin: 'annotation', rolloutDeadlineMs: 90_000, helmPendingMs: 90_000 })
    ])
  })

  test('names a wrong annotation also of a workload that only DISCOVERY=all or the file takes', () => {
    const workload = aWorkload({ annotations: { 'rollout-deadline': 'soon' } })
    const words = 'annotation rollout-deadline: "soon" is ignored; it takes a duration such as 10m'
    const warnings = [`Deployment shop in namespace dev: ${words}`]
    assert.deepEqual(select([], [workload], { discovery: 'all' }).warnings, warnings)
    for (const discovery of ['true', 'all', 'false'] as const) {
      assert.deepEqual(select([aTarget()], [workload], { discovery }).warnings, warnings)
    }
  })

  for (const discovery of ['true', 'all', 'false'] as const) {
    test(`gives the file's targets the limits that only annotations set, with DISCOVERY=${discovery}`, () => {
      const annotations = {
        'rollout-deadline': '30m',
        'helm-deadline': '1h',
        'postdeploy-error-ratio': '0.2',
        'version-match': 'semver'
      }
      const { targets, warnings } = select([aTarget()], [aWorkload({ annotations })], { discovery })
      const limits = { rolloutDeadlineMs: 1_800_000, helmPendingMs: 3_600_000, objectives: { errorRatio: 0.2 } }
      assert.deepEqual(targets, [aTarget(limits)])
      assert.deepEqual(warnings, [])
    })
  }

  test('gives the same object for a target of the file whose limits are the same', () => {
    const selectTargets = createTargetSelector(RULES)
    const file = [aTarget()]
    const limited = knownWorkload(aWorkload({ annotations: { 'rollout-deadline': '30m' } }))
    const other = (name: string) => knownWorkload(annotated({}, { name }))
    const selectShop = (name: string) =>
      selectTargets(file, [limited, other(name)]).targets.find(({ service }) => service === 'shop')
    const before = selectShop('a')
    assert.equal(before?.rolloutDeadlineMs, 1_800_000)
    assert.equal(selectShop('b'), before)
  })

  test('lets all services of a Helm release wait as long as any annotation of it says', () => {
    const of = (release: string, name: string, annotations: Record<string, string>, releaseNamespace = '') =>
      annotated(annotations, { name, managedBy: { manager: 'helm', release, releaseNamespace } })
    const { targets } = select(
      [],
      [
        of('shop', 'a', {}),
        of('shop', 'b', { 'helm-deadline': '1h' }),
        of('shop', 'c', { 'helm-deadline': '30m' }),
        of('other', 'd', {}),
        of('shop', 'e', {}, 'elsewhere')
      ]
    )
    assert.deepEqual(
      targets.map(({ helmPendingMs }) => helmPendingMs),
      [3_600_000, 3_600_000, 3_600_000, undefined, undefined]
    )
  })

  test('asks pod by pod where a workload wants it, with or without an endpoint', () => {
    const said = {
      'endpoint-scope': 'pods',
      'endpoint-port': '8080',
      'endpoint-path': '/about?full=1',
      'endpoint-scheme': 'https'
    }
    const podEndpoint = { scheme: 'https', port: 8080, path: '/about?full=1' } as const
    const endpoint = 'https://shop.example/'
    const [both] = select([], [annotated(said)]).targets
    assert.deepEqual(both, aTarget({ endpoint, origin: 'annotation', podEndpoint }))
    const [alone] = select([], [aWorkload({ annotations: said })]).targets
    assert.deepEqual(alone, aTarget({ endpoint: null, origin: 'annotation', podEndpoint }))
  })

  for (const [rule, annotations, expected] of [
    ['on the usual port of http, at /debug/version', {}, { scheme: 'http', port: 80, path: '/debug/version' }],
    [
      'on the usual port of https',
      { 'endpoint-scheme': 'https' },
      { scheme: 'https', port: 443, path: '/debug/version' }
    ],
    [
      "at the path of the service's endpoint",
      { endpoint: 'https://shop.example:444/v?a=b#c' },
      { scheme: 'http', port: 80, path: '/v?a=b' }
    ]
  ] as const) {
    test(`asks pods ${rule} where nothing else is said`, () => {
      const { targets, warnings } = select(
        [],
        [aWorkload({ annotations: { 'endpoint-scope': 'pods', ...annotations } })]
      )
      assert.deepEqual([targets[0]?.podEndpoint, warnings], [expected, []])
    })
  }

  for (const [name, value, takes] of [
    ['endpoint-port', '0', 'a port from 1 to 65535'],
    ['endpoint-port', '65536', 'a port from 1 to 65535'],
    ['endpoint-port', '0x50', 'a port from 1 to 65535'],
    ['endpoint-port', '80@evil.example', 'a port from 1 to 65535'],
    ['endpoint-path', 'debug', 'a path such as /debug/version'],
    ['endpoint-path', '@evil.example/', 'a path such as /debug/version'],
    ['endpoint-path', '/a b', 'a path such as /debug/version'],
    ['endpoint-path', '/\\evil.example', 'a path such as /debug/version'],
    ['endpoint-path', `/${'a'.repeat(1024)}`, 'a path such as /debug/version'],
    ['endpoint-scheme', 'ftp', 'http or https']
  ] as const) {
    test(`takes no other ${name} for pods: ${value.slice(0, 20)}`, () => {
      const { targets, warnings } = select(
        [],
        [aWorkload({ annotations: { 'endpoint-scope': 'pods', [name]: value } })]
      )
      assert.deepEqual(targets[0]?.podEndpoint, { scheme: 'http', port: 80, path: '/debug/version' })
      assert.equal(warnings.length, 1)
      assert.ok(warnings[0]?.endsWith(`is ignored; it takes ${takes}`), warnings[0])
    })
  }

  test('asks no pods where the scope is another, or none', () => {
    const other = select([], [aWorkload({ annotations: { 'endpoint-scope': 'pod' } })])
    assert.equal(other.targets[0]?.podEndpoint, undefined)
    assert.deepEqual(other.warnings, [
      'Deployment shop in namespace dev: annotation endpoint-scope: "pod" is ignored; it takes pods'
    ])
    const none = select([], [annotated({ 'endpoint-port': '8080', 'endpoint-path': '/' })])
    assert.equal(none.targets[0]?.podEndpoint, undefined)
    assert.deepEqual(none.warnings, [
      'Deployment shop in namespace dev: endpoint-port, endpoint-path have no effect without endpoint-scope: pods'
    ])
    assert.match(
      select([], [annotated({ 'endpoint-port': '8080' })]).warnings[0] ?? '',
      /: endpoint-port has no effect/
    )
  })

  for (const changing of [0, 1]) {
    test(`gives the same objects for workloads that ask for the same, whichever changes (${changing + 1} of 2)`, () => {
      const selectTargets = createTargetSelector(RULES)
      const noFile: readonly Target[] = []
      const workloads = (annotations = {}, image = 'shop:v1') =>
        ['a', 'b'].map((name, index) =>
          knownWorkload(
            annotated(index === changing ? annotations : {}, { name, ...(index === changing && { image }) })
          )
        )
      const before = selectTargets(noFile, workloads())
      assert.equal(selectTargets(noFile, workloads({}, 'shop:v2')), before, 'another image is no other target')
      const after = selectTargets(noFile, workloads({ 'version-match': 'semver' }))
      assert.deepEqual(
        after.targets.map((target, index) => [target === before.targets[index], target.versionMatch === 'semver']),
        [0, 1].map(index => [index !== changing, index === changing])
      )
    })
  }
  test('takes objectives for the minutes after a rollout, each by itself', () => {
    for (const [annotations, objectives] of [
      [{ 'postdeploy-latency-p95': '1s500ms' }, { latencyP95Ms: 1500 }],
      [{ 'postdeploy-error-ratio': '0.005' }, { errorRatio: 0.005 }],
      [
        { 'postdeploy-latency-p95': '2s', 'postdeploy-error-ratio': '0' },
        { latencyP95Ms: 2000, errorRatio: 0 }
      ]
    ] as const) {
      assert.deepEqual(select([], [annotated(annotations)]).targets[0]?.objectives, objectives)
    }
    assert.ok(!('objectives' in (select([], [annotated({})]).targets[0] ?? {})))
  })

  test('passes on what of a workload has no effect, whether or not it is guarded', () => {
    const warnings = ['unknown annotation version-guard.keybuzz.io/endpont; did you mean endpoint?']
    const line = `Deployment shop in namespace dev: ${warnings[0]}`
    assert.deepEqual(select([], [aWorkload({ warnings })]).warnings, [line])
    assert.deepEqual(select([], [annotated({}, { warnings })]).warnings, [line])
  })
})

suite('targets where every workload is guarded', () => {
  const all = (file: readonly Target[], workloads: readonly Workload[]) =>
    select(file, workloads, { discovery: 'all' }).targets.map(({ namespace, service, endpoint, origin }) =>
      [namespace, service, endpoint === null ? 'without' : 'with', origin].join(' ')
    )

  test('are called by the name of the Deployment, others by name and kind', () => {
    const workloads = (['Deployment', 'StatefulSet', 'DaemonSet'] as const).map(kind => aWorkload({ kind }))
    assert.deepEqual(all([], workloads), [
      'dev shop without discovery',
      'dev shop.daemonset without discovery',
      'dev shop.statefulset without discovery'
    ])
  })

  test('are called by the name of the container on a Docker host', () => {
    assert.deepEqual(all([], [aWorkload({ kind: 'Container' })]), ['dev shop without discovery'])
  })

  test('leave out what has opted out, and name once what is named already', () => {
    const workloads = [
      aWorkload({ name: 'out', annotations: { enabled: 'false' } }),
      aWorkload({ name: 'named' }),
      annotated({}, { name: 'annotated' })
    ]
    const file = [aTarget({ service: 'other-name', workload: { kind: 'Deployment', name: 'named' } })]
    assert.deepEqual(all(file, workloads), ['dev annotated with annotation', 'dev other-name with file'])
  })

  test('lose none to a name that another claims', () => {
    const workloads = [aWorkload(), annotated({ service: 'shop' }, { kind: 'StatefulSet', name: 'store' })]
    assert.deepEqual(all([], workloads), ['dev shop with annotation', 'dev shop.deployment without discovery'])
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
  const of = (shard: Shard) => select(file, workloads, { shard })
  const shards = [0, 1, 2].map(index => of({ index, total: 3 }))

  test('are all targets when they are put together, each once', () => {
    assert.ok(shards.every(({ targets }) => targets.length > 0))
    const byKey = (targets: readonly Target[]) => [...targets].sort((a, b) => compareText(targetKey(a), targetKey(b)))
    assert.deepEqual(byKey(shards.flatMap(({ targets }) => targets)), byKey(all.targets))
  })

  test('warn of what needs mending, each warning once and at its target', () => {
    assert.deepEqual(shards.flatMap(({ warnings }) => warnings).sort(), [...all.warnings].sort())
    for (const { targets, warnings } of shards) {
      const claimed = warnings.flatMap(line => / also claims (\S+),/.exec(line)?.[1] ?? [])
      assert.ok(claimed.length > 0)
      for (const key of claimed) assert.ok(targets.some(target => targetKey(target) === key))
    }
  })
})
