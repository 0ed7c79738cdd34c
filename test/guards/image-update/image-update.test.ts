import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FoundDigest, FoundTags, ImageCheck } from '../../../src/domain/image-check.ts'
import type { ImageLabels, RegistryReason } from '../../../src/domain/image-registry.ts'
import { IMAGE_UPDATE_STATUSES, type NewerTags } from '../../../src/domain/image-update.ts'
import { type Observed, seen, type Unseen, unseen } from '../../../src/domain/observation.ts'
import { explainImageUpdate } from '../../../src/explain/explain-image-update.ts'
import { judgeImageUpdate } from '../../../src/guards/image-update/image-update.ts'
import { releaseNotes } from '../../../src/guards/image-update/release-notes.ts'
import { aCheck, CHECKED_AT, NOTHING_NEWER } from '../../support/images.ts'

const OLD = `sha256:${'a'.repeat(64)}`
const NEW = `sha256:${'b'.repeat(64)}`

const MAJOR: NewerTags = { ...NOTHING_NEWER, latest: '17.2', part: 'major', sameMajor: '15.12' }
const MINOR: NewerTags = { ...NOTHING_NEWER, latest: '15.12', part: 'minor', sameMajor: '15.12' }
const UNORDERED: NewerTags = { ...NOTHING_NEWER, isOrdered: false }

const down = unseen<RegistryReason>('unreachable', 'ghcr.io cannot be reached: connection refused')
const cut = unseen<RegistryReason>('invalid', 'the list of tags is incomplete: more than 2 pages')
const list = (tags: NewerTags, gap: Unseen<RegistryReason> | null = null): Observed<FoundTags, RegistryReason> =>
  seen({ tags, gap })
const digest = (verdict: FoundDigest['verdict']): Observed<FoundDigest, RegistryReason> =>
  seen({ current: NEW, running: [OLD], verdict })
const same = digest({ kind: 'same', isRebuilt: false })
const rebuilt = digest({ kind: 'same', isRebuilt: true })
const drifted = digest({ kind: 'drifted', running: { digests: [OLD], imageId: null } })
const builtHere = digest({ kind: 'unknown', reason: null, message: 'the image was built where it runs' })
const unread = digest({ kind: 'unknown', reason: 'rate_limited', message: 'ghcr.io limits requests' })

const labels = (changes: Partial<ImageLabels>): ImageLabels => ({
  source: null,
  revision: null,
  version: null,
  url: null,
  ...changes
})

function judge(check: Partial<ImageCheck> | null, image = 'ghcr.io/shop/app:15.4') {
  return judgeImageUpdate({ container: 'app', image, check: check && aCheck({ digest: same, ...check }) })
}

suite('image-update guard', () => {
  for (const [rule, check, status, message] of [
    ['is UP_TO_DATE where nothing is newer', {}, 'UP_TO_DATE', 'No tag is newer than 15.4'],
    [
      'is UPDATE_AVAILABLE where a tag is newer',
      { newer: list(MINOR) },
      'UPDATE_AVAILABLE',
      'Tag 15.12 is newer than 15.4 (minor)'
    ],
    [
      'tells of the same major version where another one is out',
      { newer: list(MAJOR) },
      'UPDATE_AVAILABLE',
      'Tag 17.2 is newer than 15.4 (major); the newest of the same major version is 15.12'
    ],
    [
      'is DRIFTED where the tag moved',
      { digest: drifted },
      'DRIFTED',
      'Tag 15.4 points to another image than the one that runs'
    ],
    [
      'is DRIFTED first where a tag is newer too',
      { digest: drifted, newer: list(MINOR) },
      'DRIFTED',
      'Tag 15.4 points to another image than the one that runs; tag 15.12 is newer than 15.4 (minor)'
    ],
    [
      'is DRIFTED where the tags cannot be read',
      { digest: drifted, newer: down },
      'DRIFTED',
      'Tag 15.4 points to another image than the one that runs'
    ],
    [
      'is UNKNOWN, not up to date, where the registry cannot be read',
      { newer: down, seenAt: null },
      'UNKNOWN',
      'Image updates unknown: ghcr.io cannot be reached: connection refused'
    ],
    [
      'is UNKNOWN with the age of what was known',
      { newer: down },
      'UNKNOWN',
      'Image updates unknown: ghcr.io cannot be reached: connection refused; last read at 2026-11-03T03:00:00.000Z'
    ],
    [
      'is UNKNOWN where half a list holds nothing newer',
      { newer: list(NOTHING_NEWER, cut), seenAt: null },
      'UNKNOWN',
      'Image updates unknown: the list of tags is incomplete: more than 2 pages'
    ],
    [
      'is UPDATE_AVAILABLE where half a list holds something newer',
      { newer: list(MINOR, cut) },
      'UPDATE_AVAILABLE',
      'Tag 15.12 is newer than 15.4 (minor)'
    ],
    [
      'is UNKNOWN where the digest cannot be read',
      { digest: down, seenAt: null },
      'UNKNOWN',
      'Image updates unknown: ghcr.io cannot be reached: connection refused'
    ],
    [
      'is UNKNOWN, not up to date, where a manifest cannot be read',
      { digest: unread },
      'UNKNOWN',
      'Image updates unknown: ghcr.io limits requests; last read at 2026-11-03T03:00:00.000Z'
    ],
    [
      'is UPDATE_AVAILABLE though a manifest cannot be read',
      { digest: unread, newer: list(MINOR) },
      'UPDATE_AVAILABLE',
      'Tag 15.12 is newer than 15.4 (minor)'
    ],
    [
      'tells of a newer tag that the running one is gone: a new node cannot pull it',
      { digest: unseen('not_found', 'ghcr.io/shop/app:15.4 does not exist (MANIFEST_UNKNOWN)'), newer: list(MINOR) },
      'UPDATE_AVAILABLE',
      'Tag 15.12 is newer than 15.4 (minor); ghcr.io/shop/app:15.4 does not exist (MANIFEST_UNKNOWN)'
    ],
    [
      'is UPDATE_AVAILABLE though the digest cannot be read',
      { digest: down, newer: list(MINOR) },
      'UPDATE_AVAILABLE',
      'Tag 15.12 is newer than 15.4 (minor)'
    ],
    [
      'is UP_TO_DATE where what runs cannot be compared, and says so',
      { digest: builtHere },
      'UP_TO_DATE',
      'No tag is newer than 15.4; the image was built where it runs'
    ],
    [
      'is UP_TO_DATE where only the index was made anew',
      { digest: rebuilt },
      'UP_TO_DATE',
      'No tag is newer than 15.4'
    ],
    ['is UNKNOWN before the first check', null, 'UNKNOWN', 'Image updates unknown: not checked yet']
  ] as const) {
    test(rule, () => {
      const judgement = judge(check)
      assert.deepEqual([judgement.status, judgement.message], [status, message])
    })
  }

  for (const [rule, check, status, message] of [
    [
      'has nothing newer, and is UP_TO_DATE where its digest is the same',
      {},
      'UP_TO_DATE',
      'Tag latest points to the image that runs'
    ],
    [
      'misses nothing in half a list',
      { newer: list(UNORDERED, cut) },
      'UP_TO_DATE',
      'Tag latest points to the image that runs'
    ],
    [
      'is UNKNOWN where its digest cannot be compared either',
      { digest: builtHere },
      'UNKNOWN',
      'Image updates unknown: the tag latest has no order, and the image was built where it runs'
    ],
    ['may drift', { digest: drifted }, 'DRIFTED', 'Tag latest points to another image than the one that runs']
  ] as const) {
    test(`a tag without an order ${rule}`, () => {
      const judgement = judge({ newer: list(UNORDERED), ...check }, 'ghcr.io/shop/app')
      assert.deepEqual([judgement.status, judgement.message], [status, message])
    })
  }

  for (const [image, message] of [
    ['Not an image', '"Not an image" is not an image reference'],
    [`app@${OLD}`, `app@${OLD} has a digest and no tag to compare`],
    [OLD, `it was started by image ID (${OLD}), which names no registry`]
  ] as const) {
    test(`is UNKNOWN for ${image.slice(0, 20)}`, () => {
      const judgement = judge(null, image)
      assert.deepEqual([judgement.status, judgement.message], ['UNKNOWN', `Image updates unknown: ${message}`])
    })
  }

  for (const [rule, check, isUpdateAvailable, isDrifted, failure] of [
    ['that all was seen', {}, false, false, null],
    ['what is newer', { newer: list(MINOR) }, true, false, null],
    ['what drifted', { digest: drifted }, false, true, null],
    ['nothing of tags that were not read', { newer: down }, null, false, 'unreachable'],
    ['nothing of tags that are missing', { newer: list(NOTHING_NEWER, cut) }, null, false, 'invalid'],
    ['what half a list proves, and that it is half', { newer: list(MINOR, cut) }, true, false, 'invalid'],
    ['that a tag without an order has nothing newer', { newer: list(UNORDERED, cut) }, false, false, 'invalid'],
    ['nothing of a digest that was not read', { digest: down }, false, null, 'unreachable'],
    ['nothing of a digest that cannot be compared', { digest: builtHere }, false, null, null],
    ['why a digest was not compared', { digest: unread }, false, null, 'rate_limited'],
    ['the first failure', { newer: unseen('forbidden', 'x'), digest: down }, null, null, 'forbidden'],
    ['nothing before the first check', null, null, null, null]
  ] as const) {
    test(`gives as evidence ${rule}`, () => {
      const { evidence } = judge(check)
      assert.deepEqual(
        [evidence.isUpdateAvailable, evidence.isDrifted, evidence.failure],
        [isUpdateAvailable, isDrifted, failure]
      )
    })
  }

  test('gives everything else as evidence, cut and printable', () => {
    const long = '9'.repeat(200)
    const { part, asOf, validUntil, evidence } = judge({
      newer: list({ ...MAJOR, latest: long, sameMinor: long, passedOver: [{ tag: `v${long}`, why: 'text' }] }),
      runningLabels: seen(labels({ version: '15.4\u001b[2J', url: 'https://example.com/running' })),
      latestLabels: labels({ url: 'https://example.com/latest' })
    })
    assert.deepEqual([part, asOf, validUntil], ['container/app', CHECKED_AT, Number.POSITIVE_INFINITY])
    const shortened = '9'.repeat(128)
    assert.deepEqual(evidence, {
      container: 'app',
      image: 'ghcr.io/shop/app',
      current: '15.4',
      newer: {
        isOrdered: true,
        latest: shortened,
        part: 'major',
        sameMajor: '15.12',
        sameMinor: shortened,
        passedOver: [{ tag: `v${'9'.repeat(127)}`, why: 'text' }]
      },
      isUpdateAvailable: true,
      isDrifted: false,
      digestMessage: '',
      running: [OLD],
      tagDigest: NEW,
      runningVersion: '15.4\ufffd[2J',
      notes: 'https://example.com/latest',
      checkedAt: CHECKED_AT,
      failure: null
    })
  })

  test('takes no image ID for a repository with a tag', () => {
    const { evidence } = judge(null, OLD)
    assert.deepEqual([evidence.image, evidence.current], [OLD, ''])
  })

  test('names what it does not know of an image that was never checked', () => {
    const { asOf, evidence } = judge(null, 'nginx')
    assert.equal(asOf, null)
    assert.deepEqual(evidence, {
      container: 'app',
      image: 'docker.io/library/nginx',
      current: 'latest',
      newer: null,
      isUpdateAvailable: null,
      isDrifted: null,
      digestMessage: '',
      running: [],
      tagDigest: null,
      runningVersion: '',
      notes: '',
      checkedAt: null,
      failure: null
    })
  })

  test('has a severity for each status, and none above info', () => {
    const found = [judge({ digest: drifted }), judge({ newer: list(MINOR) }), judge(null), judge({})]
    assert.deepEqual(
      found.map(({ status, severity }) => [status, severity]),
      [
        ['DRIFTED', 'info'],
        ['UPDATE_AVAILABLE', 'info'],
        ['UNKNOWN', 'unknown'],
        ['UP_TO_DATE', 'ok']
      ]
    )
    assert.deepEqual(
      found.map(({ status }) => status),
      IMAGE_UPDATE_STATUSES
    )
  })
})

suite('what explains an image update', () => {
  test('is one line for each fact', () => {
    const passedOver = [
      { tag: 'v18.0', why: 'text' },
      { tag: '18.0-rc1', why: 'pre-release' },
      { tag: '18.01', why: 'padding' },
      { tag: '2024.1', why: 'leap' },
      { tag: '19.0', why: 'range' }
    ] as const
    const { evidence } = judge({
      newer: list({ ...MAJOR, sameMinor: '15.4.1', passedOver }),
      digest: rebuilt,
      runningLabels: seen(labels({ version: '15.4', source: 'https://github.com/shop/app' }))
    })
    assert.deepEqual(explainImageUpdate(evidence), [
      'container: app',
      'image: ghcr.io/shop/app:15.4',
      'version label: 15.4',
      'latest: 17.2 (major)',
      'latest of the same major version: 15.12',
      'latest of the same minor version: 15.4.1',
      'rejected: v18.0 is newer, but its text differs: set tag-pattern to follow it',
      'rejected: 18.0-rc1 is a pre-release',
      'rejected: 18.01 has another zero padding, so it looks like another scheme',
      'rejected: 2024.1 has a number that is too long, so it looks like another scheme',
      'rejected: 19.0 is outside semver-range',
      `running digest: ${OLD}`,
      `digest of the tag: ${NEW}`,
      'digest remark: the index was rebuilt around the same image',
      'release notes: https://github.com/shop/app/releases'
    ])
  })

  test('leaves out what is not known', () => {
    assert.deepEqual(explainImageUpdate(judge(null, `app@${OLD}`).evidence), [
      'container: app',
      'image: docker.io/library/app'
    ])
  })

  test('says that a tag has no order', () => {
    const { evidence } = judge({ newer: list(UNORDERED) }, 'app')
    assert.ok(
      explainImageUpdate(evidence).includes(
        'nothing is ever newer than this tag: it has no number to compare, or tag-pattern does not match it'
      )
    )
  })
})

suite('the link to release notes', () => {
  for (const [rule, given, expected] of [
    [
      'is the releases of a source at GitHub',
      { source: 'https://github.com/shop/app' },
      'https://github.com/shop/app/releases'
    ],
    [
      'of a source deeper in it',
      { source: 'https://github.com/shop/app.git/tree/main/x?y#z' },
      'https://github.com/shop/app/releases'
    ],
    ['of a source at GitLab', { source: 'https://gitlab.com/shop/app' }, 'https://gitlab.com/shop/app/-/releases'],
    [
      'comes before a site',
      { source: 'https://github.com/shop/app', url: 'https://shop.example' },
      'https://github.com/shop/app/releases'
    ],
    [
      'is the site where the forge is not known',
      { source: 'https://git.example/shop/app', url: 'https://shop.example' },
      'https://shop.example/'
    ],
    [
      'is the source where there is no site',
      { source: 'https://git.example/shop/app' },
      'https://git.example/shop/app'
    ],
    ['is the source where it is no repository', { source: 'https://github.com/shop' }, 'https://github.com/shop'],
    ['is nothing that a browser would not follow', { url: 'javascript:alert(1)' }, ''],
    ['is nothing with a password', { url: 'https://u:p@shop.example' }, ''],
    ['is nothing with a name', { url: 'https://u@shop.example' }, ''],
    ['is nothing too long', { url: `https://shop.example/${'x'.repeat(492)}` }, ''],
    [
      'may have 512 characters',
      { url: `https://shop.example/${'x'.repeat(491)}` },
      `https://shop.example/${'x'.repeat(491)}`
    ],
    ['is nothing that is no link', { url: 'shop' }, ''],
    ['may be missing', {}, '']
  ] as const) {
    test(rule, () => assert.equal(releaseNotes(labels(given)), expected))
  }

  test('may have no labels to come from', () => assert.equal(releaseNotes(null), ''))
})
