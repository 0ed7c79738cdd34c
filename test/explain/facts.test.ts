import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ImageCheck } from '../../src/domain/image-check.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { type ExplainContext, explain } from '../../src/explain/explain.ts'
import type { FactName } from '../../src/explain/explanation.ts'
import { aKnownService, anImageFinding, aStaleService, CONTEXT, NOW, withFindings } from '../support/explanations.ts'
import { anObservation, aPod, aReport, aWorkload } from '../support/facts.ts'

type Known = Parameters<typeof aKnownService>[0]

/** `name: value`, or `name: - why`, of one kind of facts. */
function told(kind: FactName, known = aStaleService(), context = CONTEXT): readonly string[] {
  const group = explain(known, context).facts.find(one => one.kind === kind)
  return (group?.facts ?? []).map(({ name, value, note }) => `${name}: ${value ?? `- ${note}`}`)
}

const toldOf = (kind: FactName, known: Known) => told(kind, aKnownService(known))

/** Value and note of each fact; a fact may have both. */
function notes(kind: FactName, known: Known, context: ExplainContext = CONTEXT) {
  const group = explain(aKnownService(known), context).facts.find(one => one.kind === kind)
  return (group?.facts ?? []).map(({ value, note }) => [value, note])
}

const IN_A_FILE = { ...CONTEXT, source: { ...CONTEXT.source, kind: 'file' } } as const
const READ_AT = new Date(CONTEXT.source.lastSyncAt ?? 0).toISOString()
const LABELS_OF_PODS = 'labels of the image (org.opencontainers.image), Kubernetes: Deployment dev/shop'
const POD_ENDPOINT = { scheme: 'http', port: 80, path: '/debug/version' } as const

suite('the facts of an explanation', () => {
  test('come in the order in which a version comes about', () => {
    assert.deepEqual(
      explain(aStaleService(), CONTEXT).facts.map(({ kind }) => kind),
      ['declared', 'deployed', 'running', 'reported', 'built', 'available']
    )
  })

  test('tell what is declared, and what would show the rest', () => {
    assert.deepEqual(told('declared'), [
      'version label: v2',
      'chart label: shop-1.2.3',
      'Helm release: - set HELM_RELEASES=true, and grant the rights',
      'tag: - no release manifest'
    ])
    assert.deepEqual(toldOf('declared', {}), [
      'version label: - the workload has no label app.kubernetes.io/version',
      'chart label: - the workload has no label helm.sh/chart',
      'Helm release: - set HELM_RELEASES=true, and grant the rights',
      'tag: - RELEASES_DIR is not set'
    ])
  })

  test('have a note only where there is something to say', () => {
    const manifest = seen({ tag: 'v3', gitSha: null, releasedAt: null, runner: '', readAt: NOW, refusal: null })
    const releaseLabels = { version: 'v1', chart: 'shop-1.2.3' }
    const workload = seen(aWorkload({ releaseLabels }))
    assert.deepEqual(notes('declared', { facts: { workload, manifest } }, IN_A_FILE), [
      ['v1', ''],
      ['shop-1.2.3', ''],
      ['v3', '']
    ])
    assert.deepEqual(notes('deployed', {}), [
      ['ghcr.io/keybuzzio/shop:v1', 'container app'],
      ['v1', '']
    ])
    assert.deepEqual(notes('reported', { facts: { observation: anObservation(aReport(null)) } }).slice(0, 2), [
      [null, 'the report has none'],
      ['abc1234', '']
    ])
    assert.deepEqual(notes('reported', {})[0], ['v1', ''])
    assert.deepEqual(notes('built', {})[0], ['abc1234', ''])
    assert.deepEqual(notes('built', { facts: { observation: null } })[0], [null, 'not reported'])
  })

  test('say why nothing is declared where the workload or Helm cannot be read', () => {
    const gone = unseen('not_found', 'it is gone')
    const helm = unseen('not_found', 'no record of the release')
    assert.deepEqual(toldOf('declared', { facts: { workload: gone, helm } }).slice(0, 3), [
      'version label: - it is gone',
      'chart label: - it is gone',
      'Helm release: - no record of the release'
    ])
    assert.deepEqual(toldOf('running', { facts: { workload: gone } }), ['pods: - it is gone'])
  })

  test('tell of a Helm release and a release manifest', () => {
    const current = { number: 7, status: 'deployed', createdAt: null } as const
    const manifest = {
      tag: 'v3',
      gitSha: 'fed4321',
      releasedAt: NOW,
      runner: '',
      readAt: NOW - 1_000,
      refusal: 'broken now'
    }
    const helm = seen({ namespace: 'apps', name: 'shop', current, earlier: [] })
    const known = aKnownService({ facts: { helm, manifest: seen(manifest) } })
    assert.deepEqual(told('declared', known).slice(2), [
      'Helm release: shop revision 7, deployed',
      'tag: v3',
      'git SHA: fed4321'
    ])
    const tag = explain(known, CONTEXT).facts[0]?.facts.at(-2)
    assert.deepEqual(
      [tag?.asOf, tag?.note],
      ['2026-11-03T03:04:04.000Z', 'released 2026-11-03T03:04:05.000Z; broken now']
    )
  })

  test('do not speak of Helm on a Docker host, nor of its records in a file', () => {
    const source = (kind: 'docker' | 'file') => ({ ...CONTEXT, source: { ...CONTEXT.source, kind } })
    assert.deepEqual(told('declared', aKnownService(), source('docker')), ['tag: - RELEASES_DIR is not set'])
    assert.equal(told('declared', aKnownService(), source('file')).length, 3)
  })

  for (const [what, known, lines] of [
    ['the image with its tag', {}, ['image: ghcr.io/keybuzzio/shop:v1', 'tag: v1']],
    [
      'a digest',
      { facts: { workload: seen(aWorkload({ image: `shop@sha256:${'a'.repeat(64)}` })) } },
      [
        `image: shop@sha256:${'a'.repeat(64)}`,
        'tag: - the image is named only by its digest',
        `digest: sha256:${'a'.repeat(64)}`
      ]
    ],
    [
      'a workload that is not there',
      { facts: { workload: unseen('not_found', 'Deployment shop not found in namespace dev') } },
      ['image: - Deployment shop not found in namespace dev']
    ]
  ] as const) {
    test(`tell what is deployed: ${what}`, () => assert.deepEqual(toldOf('deployed', known), lines))
  }

  test('tell what pods run, by image and digest, the most frequent first', () => {
    const pods = [
      aPod({ name: 'a', containers: [{ digest: 'sha256:new' }] }),
      aPod({ name: 'b', containers: [{ digest: 'sha256:old' }], isReady: false }),
      ...['c', 'd', 'e', 'f'].map(name => aPod({ name, containers: [{ digest: 'sha256:old' }] })),
      aPod({ name: 'leaving', terminatesAt: NOW })
    ]
    const [, , running] = explain(aKnownService({ facts: { pods: seen(pods) } }), CONTEXT).facts
    assert.deepEqual(
      running?.facts.map(({ name, value, note }) => [name, value, note]),
      [
        ['5 pods', 'ghcr.io/keybuzzio/shop:v1', 'sha256:old, b, c, d, and 2 more, 1 not ready'],
        ['1 pod', 'ghcr.io/keybuzzio/shop:v1', 'sha256:new, a']
      ]
    )
    assert.deepEqual(toldOf('running', { facts: { pods: seen([]) } }), ['pods: none'])
    assert.deepEqual(toldOf('running', {}), ['pods: - WATCH_PODS is false'])
  })

  for (const [count, note] of [
    [3, 'a, b, c'],
    [4, 'a, b, c, and 1 more']
  ] as const) {
    test(`name three pods of ${count}, and count the rest`, () => {
      const pods = ['a', 'b', 'c', 'd'].slice(0, count).map(name => aPod({ name, containers: [{ digest: '' }] }))
      assert.deepEqual(notes('running', { facts: { pods: seen(pods) } }), [['ghcr.io/keybuzzio/shop:v1', note]])
    })
  }

  test('are at most ten images, whatever the pods run', () => {
    const pods = Array.from({ length: 30 }, (_, index) => aPod({ containers: [{ image: `shop:v${index}` }] }))
    const lines = toldOf('running', { facts: { pods: seen(pods) } })
    assert.deepEqual([lines.length, lines.at(-1)], [11, 'more: 20 other images'])
    assert.equal(toldOf('running', { facts: { pods: seen(pods.slice(0, 11)) } }).at(-1), 'more: 1 other image')
  })

  for (const [what, known, lines] of [
    ['the version and the SHA', {}, ['version: v1', 'git SHA: abc1234']],
    [
      'no SHA',
      { facts: { observation: anObservation(aReport('v1', null)) } },
      [
        'version: v1',
        'git SHA: - the report has none: build the image with its commit, or set git-sha-pointer to where the report has it'
      ]
    ],
    [
      'no report',
      { facts: { observation: anObservation(unseen('http_status', 'HTTP 502 Bad Gateway')) } },
      ['version: - no report: HTTP 502 Bad Gateway']
    ],
    ['not asked yet', { facts: { observation: null } }, ['version: - not asked yet']]
  ] as const) {
    test(`tell what is reported: ${what}`, () => assert.deepEqual(toldOf('reported', known).slice(0, -1), lines))
  }

  test('say how a service gets an endpoint that has none', () => {
    const [version] = explain(aKnownService({ target: { endpoint: null } }), CONTEXT).facts[3]?.facts ?? []
    assert.deepEqual([version?.value, version?.source, version?.asOf], [null, 'endpoint', null])
    assert.match(
      version?.note ?? '',
      /^the service has no endpoint: name one in TARGETS_FILE, or annotate its workload/
    )
  })

  for (const [origin, how] of [
    ['file', "set endpointScope: pods in the target's entry of TARGETS_FILE"],
    ['annotation', 'annotate the workload with version-guard.keybuzz.io/endpoint-scope: pods']
  ] as const) {
    test(`say how pods would be asked one by one, where a service comes from: ${origin}`, () => {
      assert.deepEqual(toldOf('reported', { target: { origin } }).slice(2), [
        `pods: - pods are not asked one by one: ${how}`
      ])
    })
  }

  test('do not speak of pods where there are none', () => {
    const known = { target: { workload: { kind: 'Container', name: 'shop' } } } as const
    assert.equal(toldOf('reported', known).length, 2)
  })

  for (const [rule, report, fact] of [
    ['both', aReport('v1'), ['v1 (abc1234)', 'as deployed, HTTP 200, in 13 ms']],
    ['another version', aReport('v2'), ['v2 (abc1234)', 'different, HTTP 200, in 13 ms']],
    ['a version alone', aReport('v1', null), ['v1 (no git SHA)', 'as deployed, HTTP 200, in 13 ms']],
    ['a SHA alone', aReport(null), ['no version (abc1234)', 'different, HTTP 200, in 13 ms']],
    ['neither', unseen('http_status', 'HTTP 502'), [null, 'HTTP 502, in 13 ms']]
  ] as const) {
    test(`tell what each pod reports: ${rule}`, () => {
      const pod = aPod({ name: 'shop-a' })
      const podReports = [{ pod, observation: anObservation(report, { httpStatus: report.seen ? 200 : 502 }) }]
      const known = { target: { podEndpoint: POD_ENDPOINT }, facts: { pods: seen([pod]), podReports } }
      assert.deepEqual(notes('reported', known).slice(-1), [fact])
    })
  }

  test('tell what each pod reports, where pods are asked', () => {
    const podEndpoint = POD_ENDPOINT
    const pod = aPod({ name: 'shop-a' })
    const known = {
      target: { podEndpoint },
      facts: { pods: seen([pod]), podReports: [{ pod, observation: anObservation(aReport('v2')) }] }
    }
    assert.deepEqual(toldOf('reported', known).slice(2), ['shop-a: v2 (abc1234)'])
    assert.deepEqual(toldOf('reported', { target: { podEndpoint } }).slice(2), [
      'pods: - pods are not seen (on Kubernetes: WATCH_PODS=true)'
    ])
  })

  for (const [rule, observation, note] of [
    [
      'one that answers',
      anObservation(aReport('v1'), { httpStatus: 200, durationMs: 12.4 }),
      'as deployed, HTTP 200, in 12 ms'
    ],
    [
      'one that does not',
      anObservation(unseen('http_status', 'HTTP 502 Bad Gateway'), { httpStatus: 502, durationMs: 3 }),
      'HTTP 502 Bad Gateway, in 3 ms'
    ],
    [
      'one that cannot be reached',
      anObservation(unseen('connect', 'connection refused'), { httpStatus: null, durationMs: 1 }),
      'connection refused, in 1 ms'
    ]
  ] as const) {
    test(`tell where and when a pod was asked, and how that went: ${rule}`, () => {
      const podEndpoint = { scheme: 'http', port: 80, path: '/debug/version' } as const
      const pod = aPod({ name: 'shop-a' })
      const target = { ...observation.target, endpoint: 'http://10.0.0.7:80/debug/version' }
      const podReports = [{ pod, observation: { ...observation, target } }]
      const known = aKnownService({ target: { podEndpoint }, facts: { pods: seen([pod]), podReports } })
      const asked = explain(known, CONTEXT)
        .facts.find(({ kind }) => kind === 'reported')
        ?.facts.at(-1)
      assert.deepEqual(
        [asked?.name, asked?.source, asked?.asOf, asked?.note],
        ['shop-a', 'pod at http://10.0.0.7:80/debug/version', new Date(observation.checkedAt).toISOString(), note]
      )
    })
  }

  test('tell the commit, and what the labels of the image say, or why they are not known', () => {
    const labels = (runningLabels: ImageCheck['runningLabels']) => {
      const newer = unseen('unreachable', 'no answer')
      const check = { checkedAt: NOW, seenAt: null, newer, digest: newer, runningLabels, latestLabels: null } as const
      return toldOf('built', { facts: { images: [{ container: 'app', image: 'shop:v1', check }] } })
    }
    assert.deepEqual(labels(seen({ revision: 'abc1234def', version: null, source: null, url: null })), [
      'git SHA: abc1234',
      'revision: abc1234def',
      'version: - the image has no label version'
    ])
    assert.equal(labels(unseen('forbidden', 'the registry refuses'))[1], 'revision: - the registry refuses')
    assert.deepEqual(labels(seen({ revision: null, version: '1.4.2', source: null, url: null })).slice(1), [
      'revision: - the image has no label revision',
      'version: 1.4.2'
    ])
    assert.equal(
      toldOf('built', { facts: { images: [{ container: 'app', image: 'shop:v1', check: null }] } })[1],
      'revision: - not read yet'
    )
    assert.equal(told('built')[1], 'revision: - registries are not asked: set IMAGE_UPDATES to opt-in or all')
    assert.match(
      told('built', aStaleService(), { ...CONTEXT, isServing: false })[1] ?? '',
      /registries are not asked here/
    )
    assert.equal(
      toldOf('built', { facts: { images: [] } })[1],
      'revision: - its image is not watched (annotation image-updates)'
    )
  })

  test('say that the image of a pod could not be read, and of which', () => {
    const pods = seen([aPod({ name: 'a', containers: [{ image: '', digest: '' }] })])
    assert.deepEqual(toldOf('running', { facts: { pods } }), ['1 pod: - the image could not be read, a'])
  })

  test('tell the labels of the image as the runtime does, where it tells them of all pods', () => {
    const labels = { revision: 'abc1234', version: null, source: null, url: null }
    const image = 'shop:v1'
    const workload = seen(aWorkload({ image }))
    const [told, silent] = [aPod({ containers: [{ image, labels }] }), aPod({ containers: [{ image }] })]
    const group = explain(aKnownService({ facts: { workload, pods: seen([told, told]) } }), CONTEXT).facts[4]
    assert.deepEqual(
      group?.facts.slice(1).map(({ value, note, source, asOf }) => [value, note, source, asOf]),
      [
        ['abc1234', '', LABELS_OF_PODS, READ_AT],
        [null, 'the image has no label version', LABELS_OF_PODS, READ_AT]
      ]
    )
    const some = toldOf('built', { facts: { workload, pods: seen([told, silent]) } })
    assert.match(some[1] ?? '', /^revision: - registries are not asked/)
  })

  for (const [rule, changes, line] of [
    ['the latest', {}, 'newer tag of container app: 2.0.0'],
    ['none', { isUpdateAvailable: false }, 'newer tag of container app: nothing newer'],
    ['what nobody knows', { isUpdateAvailable: null, newer: null }, 'newer tag of container app: - no answer']
  ] as const) {
    test(`tell what is newer: ${rule}`, () => {
      const finding = { ...anImageFinding(changes), message: 'no answer' }
      assert.deepEqual(told('available', withFindings(finding)), [line])
    })
  }

  test('tell what is newer of ten containers at most', () => {
    const findings = Array.from({ length: 12 }, (_, index) => anImageFinding({ container: `c${index}` }))
    const lines = told('available', withFindings(...findings))
    assert.deepEqual([lines.length, lines[0]], [10, 'newer tag of container c0: 2.0.0'])
  })

  test('say why nothing is known of newer tags', () => {
    assert.deepEqual(toldOf('available', {}), [
      'newer tag: - registries are not asked: set IMAGE_UPDATES to opt-in or all'
    ])
    assert.deepEqual(toldOf('available', { facts: { images: [] } }), [
      'newer tag: - no image of this service is watched (annotation image-updates)'
    ])
  })

  test('tell the age of what a registry said', () => {
    const checks = explain(withFindings(anImageFinding()), CONTEXT).facts.at(-1)?.facts
    assert.deepEqual(
      [checks?.[0]?.source, checks?.[0]?.asOf],
      ['registry: ghcr.io/shop/web', '2026-11-03T03:04:02.000Z']
    )
    const newer = unseen('unreachable', 'no answer')
    const runningLabels = seen({ revision: 'abc', version: null, source: null, url: null })
    const check = { checkedAt: NOW, seenAt: null, newer, digest: newer, runningLabels, latestLabels: null } as const
    const known = aKnownService({ facts: { images: [{ container: 'app', image: 'shop:v1', check }] } })
    const [, revision] = explain(known, CONTEXT).facts[4]?.facts ?? []
    assert.deepEqual([revision?.value, revision?.note, revision?.asOf], ['abc', '', '2026-11-03T03:04:05.000Z'])
  })

  test('tell their source and their age', () => {
    const groups = explain(aStaleService(), CONTEXT).facts
    const ages = groups.map(({ facts: [first] }) => [first?.source, first?.asOf])
    assert.deepEqual(ages, [
      ['Kubernetes: Deployment dev/shop', '2026-11-03T03:04:03.000Z'],
      ['Kubernetes: Deployment dev/shop', '2026-11-03T03:04:03.000Z'],
      ['Kubernetes: Deployment dev/shop', '2026-11-03T03:04:03.000Z'],
      ['https://shop.example/debug/version', '2026-11-03T03:03:53.000Z'],
      ["the service's report", '2026-11-03T03:03:53.000Z'],
      ['registry', null]
    ])
  })
})
