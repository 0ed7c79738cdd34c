import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { WatchedImage } from '../../../src/domain/image-check.ts'
import type { RegistryReason, TagList } from '../../../src/domain/image-registry.ts'
import { type Observed, seen, unseen } from '../../../src/domain/observation.ts'
import { judgeImageUpdate } from '../../../src/guards/image-update/image-update.ts'
import { aPod, aTarget, aWorkload } from '../../support/facts.ts'
import { app, down, list, NO_LABELS, setUp, sha } from './images-world.ts'

const latestOf = ([image]: readonly WatchedImage[]) => image?.check?.newer.seen && image.check.newer.value.tags.latest
const verdictOf = ([image]: readonly WatchedImage[]) =>
  image?.check?.digest.seen ? image.check.digest.value.verdict.kind : null

suite('images of services', () => {
  test('are not known before they were checked, and are announced then', async () => {
    const { world, source, of, read } = setUp()
    world.tags['shop/app'] = list('v1', 'v2')
    const version = source.version()
    assert.equal(of(app('v1'))[0]?.check, null)
    await read()
    assert.equal(latestOf(of(app('v1'))), 'v2')
    assert.notEqual(source.version(), version)
  })

  test('are the same object while nothing is new', async () => {
    const { world, source, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    const workload = app('v1')
    of(workload)
    await read()
    const images = of(workload)
    const version = source.version()
    assert.equal(of(workload), images)
    assert.equal(source.version(), version)
  })

  test('cost one list for each repository and one digest for each image, whichever workloads run them', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1', 'v2')
    for (const [name, tag] of [
      ['a', 'v1'],
      ['b', 'v1'],
      ['c', 'v2']
    ] as const) {
      of(app(tag, { name }))
    }
    await read()
    const asked = world.asked.filter(line => !line.startsWith('labels'))
    assert.deepEqual(asked.sort(), [
      'digest registry.example/shop/app:v1',
      'digest registry.example/shop/app:v2',
      'tags registry.example/shop/app'
    ])
  })

  for (const [mode, annotations, watched] of [
    ['opt-in', {}, 0],
    ['opt-in', { 'image-updates': 'true' }, 1],
    ['all', {}, 1],
    ['all', { 'image-updates': 'false' }, 0]
  ] as const) {
    test(`are ${watched === 0 ? 'not ' : ''}watched with ${mode} and ${JSON.stringify(annotations)}`, () => {
      const { of } = setUp({ mode })
      assert.equal(of(app('v1', { annotations })).length, watched)
    })
  }

  test('may be watched in one container of several', () => {
    const { of } = setUp()
    const containers = ['app', 'proxy'].map(name => ({ name, image: `registry.example/shop/${name}:v1` }))
    const images = of(aWorkload({ containers, annotations: { 'image-updates.proxy': 'false' } }))
    assert.deepEqual(
      images.map(({ container }) => container),
      ['app']
    )
  })

  test('are watched of native sidecars as of containers', () => {
    const { of } = setUp()
    const [container, sidecar] = ['app', 'mesh'].map(name => ({ name, image: `registry.example/shop/${name}:v1` }))
    assert.ok(container && sidecar)
    const watched = (annotations: Record<string, string>) =>
      of(aWorkload({ containers: [container], sidecars: [sidecar], annotations })).map(image => image.container)
    assert.deepEqual(watched({}), ['app', 'mesh'])
    assert.deepEqual(watched({ 'image-updates.mesh': 'false' }), ['app'])
  })

  test('that are read with pull secrets are asked for by each namespace, and share nothing', async () => {
    const { world, of, read } = setUp({ usesPullSecrets: true })
    world.tags['shop/app'] = list('v1')
    of(app('v1', { name: 'a', namespace: 'shop', pullSecrets: ['registry'] }))
    of(app('v1', { name: 'b', namespace: 'shop', pullSecrets: ['registry'] }))
    of(app('v1', { name: 'c', namespace: 'blog', pullSecrets: ['registry'] }))
    of(app('v1', { name: 'd', namespace: 'docs' }))
    await read()
    const asked = world.asked.filter(line => !line.startsWith('labels'))
    assert.deepEqual(asked.sort(), [
      'digest registry.example/shop/app:v1',
      'digest registry.example/shop/app:v1 for blog: registry',
      'digest registry.example/shop/app:v1 for shop: registry',
      'tags registry.example/shop/app',
      'tags registry.example/shop/app for blog: registry',
      'tags registry.example/shop/app for shop: registry'
    ])
    assert.equal(world.rests, 1, 'what was read of Secrets is forgotten then')
  })

  test('share what was read where pull secrets are not used, whatever the workloads name', async () => {
    const { world, of, read } = setUp()
    of(app('v1', { name: 'a', namespace: 'shop', pullSecrets: ['registry'] }))
    of(app('v1', { name: 'b', namespace: 'blog' }))
    await read()
    assert.equal(world.asked.filter(line => line.startsWith('tags')).length, 1)
  })

  test('without a tag in a registry are watched, and no registry is asked about them', async () => {
    const { world, of, read } = setUp()
    const images = ['not an image', sha('a'), `registry.example/shop/app@${sha('a')}`]
    const containers = images.map((image, index) => ({ name: `c${index}`, image }))
    assert.equal(of(aWorkload({ containers })).length, 3)
    await read()
    assert.deepEqual(world.asked, [])
  })

  test('are compared with what the pods of the present template run', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    world.digests['shop/app:v1'] = seen(sha('b'))
    world.manifests[sha('b')] = seen({ kind: 'image', config: sha('c') })
    const image = 'registry.example/shop/app:v1'
    const pods = [
      aPod({ containers: [{ image, digest: sha('b') }] }),
      // Of another template, going, and not started: none of them says what this image is.
      aPod({ containers: [{ image: 'registry.example/shop/app:v0', digest: sha('a') }] }),
      aPod({ terminatesAt: 1, containers: [{ image, digest: sha('a') }] }),
      aPod({ containers: [{ image, digest: '', runtime: '' }] })
    ]
    of(app('v1'), { pods })
    await read()
    assert.equal(verdictOf(of(app('v1'), { pods })), 'same')
    const drifted = [...pods, aPod({ containers: [{ image, digest: sha('a') }] })]
    of(app('v1'), { pods: drifted })
    await read()
    assert.equal(verdictOf(of(app('v1'), { pods: drifted })), 'drifted')
  })

  test('run where all pods say, but for an annotation', async () => {
    const image = 'registry.example/shop/app:v1'
    const pods = (...platforms: string[]) =>
      platforms.map(platform => aPod({ containers: [{ image, digest: sha('a'), digests: [sha('a')], platform }] }))
    for (const [platforms, annotations, message] of [
      [['linux/arm64', 'linux/arm64'], {}, 'the tag has no image for linux/arm64'],
      [['linux/arm64'], { platform: 'linux/s390x' }, 'the tag has no image for linux/s390x']
    ] as const) {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = list('v1')
      world.digests['shop/app:v1'] = seen(sha('b'))
      world.manifests[sha('b')] = seen({ kind: 'index', images: [{ digest: sha('d'), platform: 'linux/amd64' }] })
      const workload = app('v1', { annotations })
      of(workload, { pods: pods(...platforms) })
      await read()
      const [found] = of(workload, { pods: pods(...platforms) })
      const verdict = found?.check?.digest.seen ? found.check.digest.value.verdict : null
      assert.deepEqual(verdict, { kind: 'unknown', reason: null, message })
    }
  })

  suite('are not behind a tag that nobody can pull where they run', () => {
    const image = (platform: string | null, digest = sha('a')) => ({ digest, platform })
    const index = (...platforms: (string | null)[]) =>
      seen({ kind: 'index' as const, images: platforms.map(platform => image(platform)) })
    const run = async (
      platforms: Readonly<Record<string, readonly (string | null)[]>>,
      annotations: Readonly<Record<string, string>> = { platform: 'linux/arm64' }
    ) => {
      const { world, of, read } = setUp()
      const tags = Object.keys(platforms)
      world.tags['shop/app'] = list('v1.0', ...tags)
      for (const [place, tag] of tags.entries()) {
        const digest = sha(place.toString(16))
        world.digests[`shop/app:${tag}`] = seen(digest)
        world.manifests[digest] = index(...(platforms[tag] ?? []))
      }
      of(app('v1.0', { annotations }))
      await read()
      const [watched] = of(app('v1.0', { annotations }))
      assert.ok(watched?.check?.newer.seen)
      const { latest, sameMajor, passedOver } = watched.check.newer.value.tags
      const rejected = passedOver.map(({ tag, why }) => `${tag}: ${why}`)
      return { latest, sameMajor, rejected, message: judgeImageUpdate(watched).message, world }
    }
    const AMD = ['linux/amd64']
    const BOTH = ['linux/amd64', 'linux/arm64/v8']

    for (const [rule, platforms, latest, sameMajor] of [
      ['where the newest has none for their platform', { 'v1.1': BOTH, 'v1.2': AMD }, 'v1.1', 'v1.1'],
      [
        'where the newest of the same major version has none',
        { 'v1.1': BOTH, 'v1.2': AMD, 'v2.0': BOTH },
        'v2.0',
        'v1.1'
      ],
      ['where none of them has one', { 'v1.1': AMD, 'v1.2': AMD }, null, null]
    ] as const) {
      test(rule, async () => {
        const found = await run(platforms)
        assert.deepEqual([found.latest, found.sameMajor, found.rejected], [latest, sameMajor, ['v1.2: platform']])
      })
    }

    for (const [rule, platforms, platform] of [
      ['where their platform is not known', AMD, undefined],
      ['of another variant of their processor, which may run it', ['linux/arm/v6'], 'linux/arm/v7'],
      ['that does not say what it is for', [null], 'linux/arm64']
    ] as const) {
      test(`but behind one ${rule}`, async () => {
        const { latest } = await run({ 'v1.1': platforms }, platform === undefined ? {} : { platform })
        assert.equal(latest, 'v1.1')
      })
    }

    test('and the words say so', async () => {
      const { message } = await run({ 'v1.1': AMD })
      assert.match(message, /^No tag for its platform is newer than v1\.0;/)
    })

    test('and nobody knows whether they are behind where five of them have none', async () => {
      const tags = [6, 5, 4, 3, 2, 1].map(minor => [`v1.${minor}`, AMD] as const)
      const { latest, message, world } = await run(Object.fromEntries(tags))
      assert.equal(latest, null)
      assert.equal(message, 'Image updates unknown: the 5 newest tags have no image for linux/arm64')
      assert.equal(world.asked.filter(line => line.startsWith('digest')).length, 7)
    })

    test('but behind one whose manifest cannot be read', async () => {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = list('v1', 'v2')
      world.digests['shop/app:v2'] = down
      const workload = app('v1', { annotations: { platform: 'linux/arm64' } })
      of(workload)
      await read()
      assert.equal(latestOf(of(workload)), 'v2')
    })
  })

  test('know nothing of what runs where pods are not read, but for a digest beside the tag', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    world.digests['shop/app:v1'] = seen(sha('b'))
    for (const [tag, verdict] of [
      ['v1', 'unknown'],
      [`v1@${sha('b')}`, 'same'],
      [`v1@${sha('a')}`, 'drifted']
    ] as const) {
      world.manifests[sha('b')] = seen({ kind: 'image', config: sha('c') })
      of(app(tag))
      await read()
      assert.equal(verdictOf(of(app(tag))), verdict, tag)
    }
  })

  test('run the digest beside the tag if the runtime told nothing about the image', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    const image = `v1@${sha('f')}`
    const pods = [aPod({ containers: [{ image: `registry.example/shop/app:${image}`, digest: '' }] })]
    of(app(image), { pods })
    await read()
    assert.equal(verdictOf(of(app(image), { pods })), 'same')
  })

  test('keep their last answer, with its age, while a restart brings another digest', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1', 'v2')
    const image = 'registry.example/shop/app:v1'
    const pods = (digest: string) => [aPod({ containers: [{ image, digest }] })]
    of(app('v1'), { pods: pods(sha('f')) })
    await read()
    assert.equal(latestOf(of(app('v1'), { pods: pods(sha('e')) })), 'v2')
    assert.equal(of(app('v2'), { pods: [] })[0]?.check, null, 'another tag was never checked')
  })

  test('are asked for again, but without the list of tags, if only what runs has changed', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    of(app('v1'))
    await read()
    world.asked = []
    of(app('v1'), { pods: [] })
    of(app('v1'), { pods: [aPod({ containers: [{ image: 'registry.example/shop/app:v1', digest: sha('f') }] })] })
    await read()
    assert.deepEqual(
      world.asked.filter(line => !line.startsWith('labels')),
      ['digest registry.example/shop/app:v1']
    )
  })

  test('say when they were seen in full, though the registry is down now', async () => {
    const { world, of, read, follow, pass } = setUp()
    world.tags['shop/app'] = list('v1')
    of(app('v1'))
    await read()
    world.tags = {}
    await follow()
    world.now += 86_400_000
    await pass(60_000)
    const [image] = of(app('v1'))
    assert.deepEqual(image?.check?.newer, down)
    assert.equal(image?.check?.seenAt, 1_000_000)
    assert.equal(image?.check?.checkedAt, 1_000_000 + 86_460_000)
  })

  test('whose tag has no order need no list of tags', async () => {
    const { world, of, read } = setUp()
    of(app(`latest@${sha('f')}`))
    await read()
    assert.deepEqual(
      world.asked.filter(line => !line.startsWith('labels')),
      ['digest registry.example/shop/app:latest']
    )
    const [image] = of(app(`latest@${sha('f')}`))
    assert.ok(image?.check?.newer.seen)
    assert.deepEqual([image.check.newer.value.gap, verdictOf([image])], [null, 'same'])
  })

  test('whose rules cannot be read need no list of tags, and are known to be the same', async () => {
    const { world, of, read } = setUp()
    world.tags['shop/app'] = list('v1', 'v2')
    const broken = app(`v1@${sha('f')}`, { annotations: { 'semver-range': 'no range' } })
    of(broken)
    await read()
    assert.deepEqual(
      world.asked.filter(line => !line.startsWith('labels')),
      ['digest registry.example/shop/app:v1']
    )
    const images = of(broken)
    assert.deepEqual([images[0]?.check?.newer.seen, verdictOf(images)], [false, 'same'])
  })

  for (const [slowness, gap] of [
    [500, null],
    [501, 'its 2 tags took longer than 1 s to compare']
  ] as const) {
    test(`whose tags take ${2 * slowness} ms to compare are ${gap === null ? '' : 'not all '}compared`, async () => {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = list('v2', 'v3')
      world.slowness = slowness
      of(app('v1'))
      await read()
      const [image] = of(app('v1'))
      assert.ok(image?.check?.newer.seen)
      const { gap: found } = image.check.newer.value
      assert.equal(found?.seen === false ? found.message : null, gap)
    })
  }

  test('are not up to date by a list that lacks the running tag, which exists: a cache lists only what it has', async () => {
    const lacking = 'the list of tags is incomplete: it lacks v1, which can be read'
    for (const [tags, latest, gap] of [
      [[], null, lacking],
      [['v0', 'edge'], null, lacking],
      [['v0', 'v1'], null, null],
      [['v2'], 'v2', null]
    ] as const) {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = list(...tags)
      of(app('v1'))
      await read()
      const [image] = of(app('v1'))
      assert.ok(image?.check?.newer.seen)
      const { tags: found, gap: missing } = image.check.newer.value
      assert.deepEqual([found.latest, missing?.message ?? null], [latest, gap], tags.join())
    }
  })

  test('that were built locally may well be in no registry, and the words say so', async () => {
    const image = 'registry.example/shop/app:v1'
    for (const [digests, origin] of [
      [[], '; the image that runs was built, loaded or tagged locally, or its tag was removed'],
      [[sha('a')], ''],
      [undefined, '']
    ] as const) {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = unseen('unauthorized', 'the tags are missing or private')
      world.digests['shop/app:v1'] = unseen('not_found', 'no such tag')
      const container = { image, digest: digests?.[0] ?? '', ...(digests && { digests }) }
      const pods = [aPod({ containers: [container] })]
      of(app('v1'), { pods })
      await read()
      const [one] = of(app('v1'), { pods })
      assert.deepEqual(
        [one?.check?.newer, one?.check?.digest],
        [
          unseen('unauthorized', `the tags are missing or private${origin}`),
          unseen('not_found', `no such tag${origin}`)
        ]
      )
    }
  })

  test('have no list of tags where the registry shows the tag and not the list', async () => {
    for (const [reason, message] of [
      ['not_found', 'registry.example/shop/app has the tag v1, but no list of tags'],
      ['forbidden', 'the tags cannot be listed, though v1 can be read: (the answer)'],
      ['rate_limited', '(the answer)']
    ] as const) {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = unseen(reason, '(the answer)')
      of(app('v1'))
      await read()
      const [one] = of(app('v1'))
      assert.deepEqual(one?.check?.newer, unseen(reason, message))
    }
  })

  test('do not ask for a digest where the registry cannot be reached', async () => {
    const { world, of, read } = setUp()
    of(app('v1'))
    await read()
    assert.deepEqual(world.asked, ['tags registry.example/shop/app'])
  })

  test('tell the labels of the newest tag, which are read once as long as it is the newest', async t => {
    const { world, source, of, read, follow, pass } = setUp()
    t.after(source.close)
    world.digests = { 'shop/app:v2': seen(sha('b')), 'shop/app:v3': seen(sha('c')) }
    for (const letter of ['b', 'c']) world.labels[sha(letter)] = seen({ ...NO_LABELS, revision: `of ${letter}` })
    const revision = () => of(app('v1'))[0]?.check?.latestLabels?.revision
    const reads = () => world.asked.filter(line => line === `labels ${sha('b')}`).length
    world.tags['shop/app'] = list('v1', 'v2')
    of(app('v1'))
    await read()
    assert.deepEqual([revision(), reads()], ['of b', 1])
    await follow()
    world.now += 86_400_000
    await pass(60_000)
    assert.deepEqual([revision(), reads()], ['of b', 1])
    world.tags['shop/app'] = list('v1', 'v2', 'v3')
    world.now += 86_400_000
    await pass(60_000)
    assert.equal(revision(), 'of c')
  })

  suite('tell the labels of what runs', () => {
    const image = 'registry.example/shop/app:v1'
    const podsWith = (...digests: string[]) => digests.map(digest => aPod({ containers: [{ image, digest }] }))
    const built = (revision: string) => seen({ ...NO_LABELS, revision })

    /** The labels of an image whose tag means `f`, with these pods. */
    async function labelsWith(pods: ReturnType<typeof podsWith>, change: (world: World) => void = () => {}) {
      const { world, of, read } = setUp()
      world.tags['shop/app'] = list('v1')
      world.manifests[sha('f')] = seen({ kind: 'image', config: sha('c') })
      world.labels[sha('f')] = built('of the tag')
      world.labels[sha('a')] = built('of what runs')
      change(world)
      of(app('v1'), { pods })
      await read()
      const [watched] = of(app('v1'), { pods })
      assert.ok(watched?.check)
      const { newer, digest, runningLabels } = watched.check
      return { newer, digest, labels: runningLabels }
    }
    type World = ReturnType<typeof setUp>['world']

    for (const [rule, digests, expected] of [
      ['as those of the tag, where it means what runs', ['f'], built('of the tag')],
      ['as those of the image before, where the tag was moved', ['a'], built('of what runs')],
      [
        'not where pods run several, each with its own',
        ['a', 'b'],
        unseen('not_known', 'the pods run 2 images, each with labels of its own')
      ],
      ['not where nobody says what runs', [], unseen('not_known', 'the running digest is not known')]
    ] as const) {
      test(rule, async () => {
        const { labels } = await labelsWith(podsWith(...digests.map(sha)))
        assert.deepEqual(labels, expected)
      })
    }

    test('not of an image that was loaded locally', async () => {
      const { labels } = await labelsWith([aPod({ containers: [{ image, digest: '', digests: [] }] })])
      assert.deepEqual(
        labels,
        unseen(
          'not_known',
          'the image was built, loaded or tagged locally, or its tag was removed, so there is no registry digest'
        )
      )
    })

    test('not of an image that the runtime did not tell', async () => {
      const { labels } = await labelsWith(podsWith(sha('f'), ''))
      assert.deepEqual(labels, unseen('not_known', 'the image that runs could not be read'))
    })

    test('with the reason where they cannot be read, which takes nothing from what is known of updates', async () => {
      const limited = unseen('rate_limited', 'only 3 pulls are left')
      const { newer, digest, labels } = await labelsWith(podsWith(sha('f')), world => {
        world.labels[sha('f')] = limited
      })
      assert.deepEqual([newer.seen, digest.seen, labels], [true, true, limited])
    })

    test('with the reason where the digest of the tag cannot be read', async () => {
      const gone = unseen('not_found', 'no such tag')
      const { labels } = await labelsWith(podsWith(sha('f')), world => {
        world.digests['shop/app:v1'] = gone
      })
      assert.deepEqual(labels, gone)
    })
  })

  test('are forgotten with their service', async () => {
    const { world, source, of, read } = setUp()
    world.tags['shop/app'] = list('v1')
    of(app('v1', { name: 'a' }))
    of(app('v2', { name: 'b' }))
    source.forgetAllBut([aTarget({ service: 'b' })])
    await read()
    assert.deepEqual(
      world.asked.filter(line => line.startsWith('digest')),
      ['digest registry.example/shop/app:v2']
    )
  })

  test('say nothing of a workload that is not seen', () => {
    const { source } = setUp()
    const workload = unseen('never_read', 'forbidden')
    assert.deepEqual(source.of(aTarget(), { workload, pods: workload, revisions: workload }), [])
  })
})

suite('the clock of images', () => {
  const asksOf = (world: ReturnType<typeof setUp>['world']) =>
    world.asked.filter(line => line.startsWith('tags')).length

  test('checks what is new within seconds, and all of them at each pass', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    world.tags['shop/app'] = list('v1', 'v2')
    of(app('v1'))
    await follow()
    assert.equal(asksOf(world), 0)
    await pass(2_000)
    assert.equal(asksOf(world), 1)
    assert.equal(world.changes, 1)
    of(app('v2', { name: 'new' }))
    await pass(2_000)
    assert.equal(asksOf(world), 2)
    world.now += 86_400_000
    await pass(60_000)
    assert.equal(asksOf(world), 3)
  })

  test('checks the others at their times while one registry keeps it waiting', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const app = (name: string) => of(aWorkload({ name, image: `${name}.example/shop/${name}:v1` }))
    const minutes = async (count: number) => {
      for (let minute = 0; minute < count; minute += 1) await pass(60_000)
      const asked = world.asked.filter(line => line.startsWith('tags'))
      world.asked = []
      return asked
    }
    world.tags['shop/quick'] = list('v1')
    app('quick')
    app('slow')
    await follow()
    assert.deepEqual(await minutes(1), ['tags quick.example/shop/quick', 'tags slow.example/shop/slow'])
    world.tags['shop/slow'] = new Promise(() => {})
    assert.deepEqual(await minutes(15), ['tags slow.example/shop/slow'], 'it failed, so it is tried again')
    world.now += 86_400_000
    assert.deepEqual(await minutes(1), ['tags quick.example/shop/quick'], 'during that attempt')
    world.now += 86_400_000
    assert.deepEqual(await minutes(1), ['tags quick.example/shop/quick'])
  })

  test('checks the others at once while many registries with many repositories keep it waiting', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    for (let registry = 0; registry < 20; registry += 1) {
      for (let repository = 0; repository < 5; repository += 1) {
        const name = `slow-${registry}-${repository}`
        world.tags[`shop/${name}`] = new Promise(() => {})
        of(aWorkload({ name, image: `slow-${registry}.example/shop/${name}:v1` }))
      }
    }
    for (const name of ['a', 'b']) of(aWorkload({ name, image: `quick.example/shop/${name}:v1` }))
    await follow()
    await pass(2_000)
    const asked = world.asked.filter(line => line.startsWith('tags'))
    assert.deepEqual(
      asked.filter(line => line.includes('quick')),
      ['tags quick.example/shop/a', 'tags quick.example/shop/b']
    )
    const slow = asked.filter(line => line.includes('slow'))
    assert.equal(slow.length, 64)
    const ofEach = [...Map.groupBy(slow, line => line.split('/')[0]).values()].map(({ length }) => length)
    assert.ok(Math.max(...ofEach) <= 4)
  })

  test('does not wait for a pass to begin the next one', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    world.tags['shop/a'] = list('v1')
    world.tags['shop/b'] = list('v1')
    for (const name of ['a', 'b']) of(aWorkload({ name, image: `${name}.example/shop/${name}:v1` }))
    await follow()
    await pass(2_000)
    world.tags['shop/b'] = new Promise(() => {})
    for (const asked of [['a', 'b'], ['a'], ['a']]) {
      world.asked = []
      world.now += 86_400_000
      await pass(60_000)
      assert.deepEqual(
        world.asked.filter(line => line.startsWith('tags')),
        asked.map(name => `tags ${name}.example/shop/${name}`)
      )
    }
  })

  test('keeps its times where the clock is set back', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const minutes = listsAskedWithin({ world, pass })
    world.tags['shop/app'] = list('v1')
    of(app('v1'))
    of(aWorkload({ name: 'gone', image: 'gone.example/shop/gone:v1' }))
    world.now += 10 * 365 * 86_400_000
    await follow()
    await minutes(1)
    world.now -= 10 * 365 * 86_400_000
    assert.deepEqual(await minutes(14), [])
    assert.deepEqual(await minutes(3), ['tags gone.example/shop/gone'], 'another attempt')
    await minutes(24 * 60 - 19)
    assert.deepEqual(await minutes(4), ['tags registry.example/shop/app', 'tags gone.example/shop/gone'], 'a pass')
  })

  test('tries again what could not be reached, with growing pauses, before the next pass', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    of(app('v1'))
    await follow()
    await pass(2_000)
    const minutes = async (count: number) => {
      for (let minute = 0; minute < count; minute += 1) await pass(60_000)
      return asksOf(world)
    }
    assert.equal(await minutes(13), 1)
    assert.equal(await minutes(2), 2, 'after 15 minutes')
    assert.equal(await minutes(28), 2)
    assert.equal(await minutes(3), 3, 'after another 30')
    world.tags['shop/app'] = list('v1')
    assert.equal(await minutes(61), 4)
    assert.equal(await minutes(300), 4, 'it has been read')
  })

  test('begins anew with pauses of 15 minutes after a pass', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    of(app('v1'))
    await follow()
    const minutes = listsAskedWithin({ world, pass })
    await minutes(24 * 60 - 1)
    assert.deepEqual(await minutes(2), ['tags registry.example/shop/app'], 'the pass')
    assert.deepEqual(await minutes(13), [])
    assert.deepEqual(await minutes(2), ['tags registry.example/shop/app'])
  })

  test('begins anew with pauses of 15 minutes where the registry has answered meanwhile', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    of(app('v1'))
    await follow()
    const minutes = listsAskedWithin({ world, pass })
    await minutes(60)
    world.tags['shop/app'] = list('v1')
    assert.deepEqual(await minutes(50), ['tags registry.example/shop/app'])
    of(aWorkload({ name: 'other', image: 'registry.example/shop/other:v1' }))
    assert.deepEqual(await minutes(1), ['tags registry.example/shop/other'])
    assert.deepEqual(await minutes(14), [])
    assert.deepEqual(await minutes(2), ['tags registry.example/shop/other'])
  })

  test('tries a registry again after 15 minutes, however long another one has been down', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const minutes = listsAskedWithin({ world, pass })
    of(aWorkload({ name: 'gone', image: 'gone.example/shop/gone:v1' }))
    await follow()
    await minutes(10 * 60)
    of(aWorkload({ name: 'app', image: 'blip.example/shop/app:v1' }))
    assert.deepEqual(await minutes(1), ['tags blip.example/shop/app'])
    assert.deepEqual(await minutes(14), [])
    assert.deepEqual(await minutes(2), ['tags blip.example/shop/app'], 'after 15 minutes')
    assert.deepEqual(await minutes(28), [])
    assert.deepEqual(await minutes(3), ['tags blip.example/shop/app'], 'after another 30')
  })

  test('begins each attempt with other repositories, since a registry that fails is not asked for all of them', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      of(aWorkload({ name, image: `registry.example/shop/${name}:v1` }))
    }
    const firstAfter = async (minutes: number) => {
      world.asked = []
      for (let minute = 0; minute < minutes; minute += 1) await pass(60_000)
      return world.asked[0]
    }
    await follow()
    assert.equal(await firstAfter(1), 'tags registry.example/shop/a')
    assert.equal(await firstAfter(15), 'tags registry.example/shop/e')
    assert.equal(await firstAfter(31), 'tags registry.example/shop/c')
  })

  test('checks only what was refused again when the credentials have changed', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    world.tags['shop/public'] = list('v1')
    world.tags['shop/app'] = unseen('unauthorized', 'missing or private')
    of(app('v1'))
    of(aWorkload({ name: 'public', image: 'registry.example/shop/public:v1' }))
    await follow()
    await pass(2_000)
    world.asked = []
    world.tags['shop/app'] = list('v1')
    source.retryRefused()
    assert.equal(of(app('v1'))[0]?.check?.newer.seen, false, 'the last answer stands until then')
    await pass(2_000)
    assert.deepEqual(
      world.asked.filter(line => line.startsWith('tags')),
      ['tags registry.example/shop/app']
    )
    assert.equal(of(app('v1'))[0]?.check?.newer.seen, true)
    source.retryRefused()
    await pass(2_000)
    assert.equal(asksOf(world), 1)
  })

  test('checks again what is refused while the credentials change, as it was asked for with the old ones', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const { promise, resolve } = Promise.withResolvers<Observed<TagList, RegistryReason>>()
    world.tags['shop/app'] = promise
    of(app('v1'))
    await follow()
    await pass(2_000)
    source.retryRefused()
    world.tags['shop/app'] = list('v1')
    resolve(seen({ tags: ['v1'], gap: unseen('unauthorized', 'the second page') }))
    await pass(2_000)
    await pass(2_000)
    assert.equal(asksOf(world), 2)
    const [image] = of(app('v1'))
    assert.ok(image?.check?.newer.seen)
    assert.equal(image.check.newer.value.gap, null)
  })

  test('tries again what is refused to pull secrets, which may be replaced, and makes no other wait for it', async t => {
    const { world, source, of, follow, pass } = setUp({ usesPullSecrets: true })
    t.after(source.close)
    const minutes = listsAskedWithin({ world, pass })
    world.tags['shop/app'] = unseen('unauthorized', 'the password has expired')
    world.tags['shop/other'] = unseen('unauthorized', 'there is no password')
    of(app('v1', { pullSecrets: ['registry'] }))
    of(aWorkload({ name: 'other', image: 'registry.example/shop/other:v1' }))
    await follow()
    const ofApp = 'tags registry.example/shop/app for dev: registry'
    assert.deepEqual(await minutes(15), [ofApp, 'tags registry.example/shop/other'])
    assert.deepEqual(await minutes(2), [ofApp], 'after 15 minutes')
    assert.deepEqual(await minutes(28), [])
    assert.deepEqual(await minutes(3), [ofApp], 'after another 30')
    of(aWorkload({ name: 'blip', image: 'registry.example/shop/blip:v1' }))
    await minutes(1)
    assert.deepEqual(await minutes(16), ['tags registry.example/shop/blip'])
    world.tags['shop/app'] = list('v1')
    assert.ok((await minutes(60)).includes(ofApp))
    assert.ok(!(await minutes(300)).includes(ofApp), 'it has been read')
  })

  test('tries again to read the rest of a list of tags, where the registry may give it in a while', async t => {
    for (const [reason, asked] of [
      ['rate_limited', 2],
      ['unreachable', 2],
      ['invalid', 1]
    ] as const) {
      const { world, source, of, follow, pass } = setUp()
      t.after(source.close)
      world.tags['shop/app'] = seen({ tags: ['v1'], gap: unseen(reason, 'the second page') })
      of(app('v1'))
      await follow()
      await pass(2_000)
      world.tags['shop/app'] = list('v1', 'v2')
      for (let minute = 0; minute < 16; minute += 1) await pass(60_000)
      assert.equal(asksOf(world), asked, reason)
    }
  })

  test('tries again to read a manifest that what runs is compared with, and has not seen everything before', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const pods = [aPod({ containers: [{ image: 'registry.example/shop/app:v1', digest: sha('b') }] })]
    const check = () => of(app('v1'), { pods })[0]?.check
    world.tags['shop/app'] = list('v1')
    world.manifests[sha('f')] = down
    of(app('v1'), { pods })
    await follow()
    await pass(2_000)
    assert.equal(verdictOf(of(app('v1'), { pods })), 'unknown')
    assert.equal(check()?.seenAt, null)
    world.manifests[sha('f')] = seen({ kind: 'image', config: sha('c') })
    for (let minute = 0; minute < 16; minute += 1) await pass(60_000)
    assert.equal(verdictOf(of(app('v1'), { pods })), 'drifted')
    assert.notEqual(check()?.seenAt, null)
  })

  test('tries again to read labels, without the list of tags', async t => {
    const { world, source, of, follow, pass } = setUp()
    t.after(source.close)
    const pods = [aPod({ containers: [{ image: 'registry.example/shop/app:v1', digest: sha('f') }] })]
    const labelsOf = () => of(app('v1'), { pods })[0]?.check?.runningLabels.seen
    world.tags['shop/app'] = list('v1')
    world.labels[sha('f')] = unseen('rate_limited', 'no pulls are left')
    of(app('v1'), { pods })
    await follow()
    await pass(2_000)
    assert.equal(labelsOf(), false)
    world.labels = {}
    for (let minute = 0; minute < 16; minute += 1) await pass(60_000)
    assert.equal(labelsOf(), true)
    assert.equal(asksOf(world), 1)
  })

  test('checks nothing before it is started, and nothing once it is stopped', async () => {
    const { world, source, of, follow, pass } = setUp()
    of(app('v1'))
    await pass(60_000)
    await follow()
    await source.close()
    await pass(60_000)
    assert.deepEqual(world.asked, [])
  })
})

/** Lets this many minutes pass, and tells which lists of tags were asked for meanwhile. */
function listsAskedWithin({ world, pass }: Pick<ReturnType<typeof setUp>, 'pass' | 'world'>) {
  return async (minutes: number): Promise<readonly string[]> => {
    world.asked = []
    for (let minute = 0; minute < minutes; minute += 1) await pass(60_000)
    return world.asked.filter(line => line.startsWith('tags'))
  }
}
