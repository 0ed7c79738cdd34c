import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RunningImage } from '../../../src/domain/image-check.ts'
import type { ImageManifest, RegistryReason } from '../../../src/domain/image-registry.ts'
import { type Observed, seen, unseen } from '../../../src/domain/observation.ts'
import { compareDigests } from '../../../src/guards/image-update/compare-digests.ts'
import { readImageId } from '../../../src/sources/to-pod.ts'

const sha = (letter: string) => `sha256:${letter.repeat(64)}`
const [OLD, NEW, AMD, ARM, AMD2, ARM2, ID, ID2] = ['a', 'b', 'c', 'd', 'e', 'f', '1', '2'].map(sha) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string
]

type Known = Observed<ImageManifest, RegistryReason>

const index = (images: Readonly<Record<string, string | null>>): Known =>
  seen({ kind: 'index', images: Object.entries(images).map(([digest, platform]) => ({ digest, platform })) })
const image = (config: string): Known => seen({ kind: 'image', config })
const gone: Known = unseen('not_found', 'no such manifest')
const down = unseen<RegistryReason>('unreachable', 'registry.example.com is unreachable')

const pulled = (...digests: string[]): RunningImage => ({ digests, imageId: null })
const loaded = (imageId: string): RunningImage => ({ digests: [], imageId })

/** Asks until nothing is needed, and tells what was read on the way. */
function compare(
  running: readonly RunningImage[],
  registry: Readonly<Record<string, Known>>,
  { current = NEW, platform = null }: { current?: string; platform?: string | null } = {}
) {
  const manifests = new Map<string, Known>()
  for (;;) {
    const verdict = compareDigests({ running, current, manifests, platform })
    if (verdict.kind !== 'needs') return { verdict, read: [...manifests.keys()] }
    assert.ok(!manifests.has(verdict.digest), 'nothing is read twice')
    manifests.set(verdict.digest, registry[verdict.digest] ?? gone)
  }
}

const LINUX = { [AMD]: 'linux/amd64', [ARM]: 'linux/arm64/v8' }

suite('a digest that runs, beside the digest that its tag means', () => {
  for (const [rule, running, registry, verdict, read] of [
    ['is the same where they are equal, without a request', [pulled(NEW)], {}, 'same', []],
    ['is the same as one of several', [pulled(OLD, NEW)], {}, 'same', []],
    ['is the same as an image in the index', [pulled(ARM)], { [NEW]: index(LINUX) }, 'same', [NEW]],
    ['is the same as an image by the digest of its configuration', [loaded(ID)], { [NEW]: image(ID) }, 'same', [NEW]],
    [
      'is the same as the configuration of an image in the index',
      [loaded(ID2)],
      { [NEW]: index(LINUX), [AMD]: image(ID), [ARM]: image(ID2) },
      'same',
      [NEW, AMD, ARM]
    ],
    [
      'has drifted where no image of the index has its configuration',
      [loaded(sha('9'))],
      { [NEW]: index(LINUX), [AMD]: image(ID), [ARM]: image(ID2) },
      'drifted',
      [NEW, AMD, ARM]
    ],
    [
      'is the same where only the index around it was made anew',
      [pulled(OLD)],
      { [NEW]: index(LINUX), [OLD]: index(LINUX) },
      'rebuilt',
      [NEW, OLD]
    ],
    [
      'is the same where the index was replaced by its only image',
      [pulled(OLD)],
      { [NEW]: image(ID), [OLD]: index({ [NEW]: 'linux/amd64' }) },
      'rebuilt',
      [NEW, OLD]
    ],
    [
      'has drifted where the old index held other images',
      [pulled(OLD)],
      { [NEW]: index(LINUX), [OLD]: index({ [AMD2]: 'linux/amd64', [ARM2]: 'linux/arm64' }) },
      'drifted',
      [NEW, OLD]
    ],
    ['has drifted where the old index is gone', [pulled(OLD)], { [NEW]: index(LINUX) }, 'drifted', [NEW, OLD]],
    [
      'has drifted where it is another image',
      [pulled(OLD)],
      { [NEW]: image(ID), [OLD]: image(ID2) },
      'drifted',
      [NEW, OLD]
    ],
    [
      'is looked for in each old index, as podman tells several',
      [pulled(AMD2, OLD)],
      { [NEW]: index(LINUX), [AMD2]: image(ID), [OLD]: index(LINUX) },
      'rebuilt',
      [NEW, AMD2, OLD]
    ],
    ['has drifted where one instance has', [pulled(NEW), pulled(OLD)], { [NEW]: image(ID) }, 'drifted', [NEW, OLD]],
    [
      'is rebuilt where one instance is',
      [pulled(NEW), pulled(OLD)],
      { [NEW]: index(LINUX), [OLD]: index(LINUX) },
      'rebuilt',
      [NEW, OLD]
    ],
    ['is unknown where one instance is', [pulled(NEW), pulled()], {}, 'unknown', []]
  ] as const) {
    test(rule, () => {
      const found = compare(running, registry)
      const kind = found.verdict.kind === 'same' && found.verdict.isRebuilt ? 'rebuilt' : found.verdict.kind
      assert.deepEqual([kind, found.read], [verdict, read])
    })
  }

  test('has drifted, and which one is told', () => {
    const { verdict } = compare([pulled(NEW), pulled(OLD)], { [NEW]: image(ID) })
    assert.deepEqual(verdict, { kind: 'drifted', running: pulled(OLD) })
  })

  for (const [rule, running, registry, platform, message] of [
    ['where nothing runs', [], {}, null, 'the running digest is not known'],
    [
      'where it was built here',
      [pulled()],
      {},
      null,
      'the image was built, loaded or tagged locally, or its tag was removed, so there is no registry digest'
    ],
    [
      'where one of several could not be read',
      [pulled(NEW), { digests: [], imageId: null, isUnread: true }],
      {},
      null,
      'the image that runs could not be read'
    ],
    [
      'where the tag moved for some platforms, and ours is not known',
      [pulled(OLD)],
      { [NEW]: index(LINUX), [OLD]: index({ [AMD]: 'linux/amd64', [ARM2]: 'linux/arm64' }) },
      null,
      'the tag moved for some platforms only: set the annotation platform'
    ],
    [
      'where the tag gained a platform, and ours is not known',
      [pulled(OLD)],
      { [NEW]: index(LINUX), [OLD]: index({ [AMD]: 'linux/amd64' }) },
      null,
      'the tag moved for some platforms only: set the annotation platform'
    ],
    [
      'where the tag moved for one of several images of our platform',
      [pulled(OLD)],
      {
        [NEW]: index({ [AMD]: 'windows/amd64', [ARM]: 'windows/amd64' }),
        [OLD]: index({ [AMD]: 'windows/amd64', [AMD2]: 'windows/amd64' })
      },
      'windows/amd64',
      'the tag moved for some of its images for windows/amd64 only'
    ],
    [
      'where the tag lost our platform',
      [pulled(OLD)],
      { [NEW]: index(LINUX) },
      'linux/s390x',
      'the tag has no image for linux/s390x'
    ],
    ['where the tag holds nothing', [pulled(OLD)], { [NEW]: index({}) }, null, 'the tag has no image']
  ] as const) {
    test(`is unknown ${rule}`, () => {
      assert.deepEqual(compare(running, registry, { platform }).verdict, { kind: 'unknown', reason: null, message })
    })
  }

  for (const [rule, running, registry] of [
    ['the new index', [pulled(OLD)], { [NEW]: down }],
    ['an image of it', [loaded(ID)], { [NEW]: index(LINUX), [AMD]: down }],
    ['the old index', [pulled(OLD)], { [NEW]: index(LINUX), [OLD]: down }],
    ['what one instance needs, another being built here,', [pulled(), pulled(OLD)], { [NEW]: down }]
  ] as const) {
    test(`is unknown where ${rule} cannot be read, with the reason`, () => {
      assert.deepEqual(compare(running, registry).verdict, {
        kind: 'unknown',
        reason: 'unreachable',
        message: 'registry.example.com is unreachable'
      })
    })
  }

  for (const [rule, platform, then, verdict] of [
    ['is judged for its platform: the same', 'linux/amd64', { [AMD]: 'linux/amd64', [ARM2]: 'linux/arm64' }, 'same'],
    ['is judged for its platform: moved', 'linux/arm64', { [AMD]: 'linux/amd64', [ARM2]: 'linux/arm64' }, 'drifted'],
    ['takes a variant that is not named for any', 'linux/arm64', { [ARM]: 'linux/arm64' }, 'same'],
    ['takes a variant that the index does not name for any', 'linux/arm64/v8', { [ARM]: 'linux/arm64' }, 'same'],
    ['takes an image without a platform for any', 'linux/arm64', { [ARM]: null }, 'same'],
    ['tells variants apart', 'linux/arm64/v9', { [ARM]: 'linux/arm64/v8' }, 'unknown'],
    ['tells systems apart', 'windows/amd64', { [AMD]: 'linux/amd64' }, 'unknown']
  ] as const) {
    test(rule, () => {
      const { verdict: found } = compare([pulled(OLD)], { [NEW]: index(LINUX), [OLD]: index(then) }, { platform })
      assert.equal(found.kind, verdict)
    })
  }

  test('asks for the configuration of its platform alone', () => {
    const registry = { [NEW]: index(LINUX), [AMD]: image(ID), [ARM]: image(ID2) }
    assert.deepEqual(compare([loaded(ID2)], registry, { platform: 'linux/arm64' }).read, [NEW, ARM])
  })

  const many = (length: number, platform: string | null = null) =>
    Object.fromEntries(Array.from({ length }, (_, n) => [`sha256:${n}`, platform]))
  for (const [length, verdict] of [
    [16, { kind: 'drifted', running: loaded(ID) }],
    [
      17,
      {
        kind: 'unknown',
        reason: null,
        message: 'the image that runs is none of the first 16 of the tag: set the annotation platform'
      }
    ]
  ] as const) {
    test(`asks for sixteen images of an index at most, and is ${verdict.kind} where it has ${length}`, () => {
      const images = many(length)
      const registry = Object.fromEntries(Object.keys(images).map(digest => [digest, image(ID2)]))
      const found = compare([loaded(ID)], { [NEW]: index(images), ...registry })
      assert.deepEqual(found.verdict, verdict)
      assert.equal(found.read.length, 17)
    })
  }

  test('is compared with all images of an old index', () => {
    const then = { ...many(19, 'linux/amd64'), [ARM2]: 'linux/arm64' }
    const now = { ...many(19, 'linux/amd64'), [ARM]: 'linux/arm64' }
    assert.equal(compare([pulled(OLD)], { [NEW]: index(now), [OLD]: index(then) }).verdict.kind, 'unknown')
  })
})

suite('the image ID of a container', () => {
  for (const [runtime, text, expected] of [
    ['containerd', `docker.io/library/nginx@${OLD}`, pulled(OLD)],
    ['dockershim', `docker-pullable://nginx@${OLD}`, pulled(OLD)],
    ['dockershim, built where it runs', `docker://${OLD}`, loaded(OLD)],
    ['containerd, nothing pulled', OLD, loaded(OLD)],
    ['CRI-O, newer', 'a'.repeat(64), loaded(OLD)],
    ['a longer hash', `x@sha512:${'a'.repeat(128)}`, pulled(`sha512:${'a'.repeat(128)}`)],
    ['a runtime that tells none', '', pulled()],
    ['a runtime that tells a tag', 'docker.io/library/nginx:1.27', pulled()],
    ['a broken digest', `x@sha256:${'a'.repeat(63)}`, pulled()],
    ['a broken digest, longer', `x@sha256:${'a'.repeat(65)}`, pulled()]
  ] as const) {
    test(`is read as ${runtime} writes it`, () => assert.deepEqual(readImageId(text), expected))
  }
})
