import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import {
  type FakeServer,
  inShort,
  repositoryOf,
  type ScriptedAnswer,
  startClient,
  startFake
} from '../support/registry-fake.ts'

const MANIFEST_TYPES =
  'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

const hash = (text: string, algorithm = 'sha256') => `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`
const CONFIG = JSON.stringify({ config: { Labels: { 'org.opencontainers.image.source': 'https://example.com/app' } } })
const IMAGE = JSON.stringify({ config: { digest: hash(CONFIG) } })
const OTHER_IMAGE = JSON.stringify({ config: { digest: hash('other') } })
const INDEX = JSON.stringify({
  manifests: [
    { digest: hash(OTHER_IMAGE), platform: { os: 'linux', architecture: 'amd64' } },
    { digest: hash(IMAGE), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }
  ]
})
const OTHER = hash('other thing')
const named = (digest: string) => ({ 'docker-content-digest': digest })

/** A registry with these answers, by method and the last part of the path. */
async function start(t: TestContext, answers: Readonly<Record<string, ScriptedAnswer>>) {
  const registry = await startFake(
    t,
    'registry.test',
    ({ method, path }) => answers[`${method} ${path.split('/').at(-1)}`] ?? { status: 404 }
  )
  return { registry, client: startClient(t, [registry]), repository: repositoryOf(registry) }
}

const askedOf = ({ questions }: FakeServer) =>
  questions.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)

suite('what was read with a credential', () => {
  test('is remembered for the user who read it, and asked for again for every other user', async t => {
    const { registry, client, repository } = await start(t, {
      [`GET ${hash(IMAGE)}`]: { body: IMAGE },
      [`GET ${hash(CONFIG)}`]: { body: CONFIG }
    })
    const image = { digest: hash(IMAGE), platform: null }
    const readBy = async (user: string | null) => {
      const credential = user === null ? null : ({ kind: 'basic', user, password: 'p' } as const)
      assert.ok((await client.manifest({ ...repository, credential }, image.digest)).seen)
      assert.ok((await client.labels({ ...repository, credential }, image)).seen)
    }
    await readBy('ann')
    const once = registry.questions.length
    await readBy('ann')
    assert.equal(registry.questions.length, once)
    await readBy('bob')
    assert.equal(registry.questions.length, 2 * once)
    await readBy(null)
    assert.equal(registry.questions.length, 3 * once)
  })
})

suite('the digest of a tag', () => {
  for (const [rule, answers, expected, asked] of [
    ['is in a header, without a body', { 'HEAD 1.0': { headers: named(OTHER) } }, OTHER, ['HEAD 1.0']],
    [
      "of OCI's first version too",
      { 'HEAD 1.0': { headers: { ...named(OTHER), 'content-type': 'application/vnd.oci.image.manifest.v1+json' } } },
      OTHER,
      ['HEAD 1.0']
    ],
    [
      'is of the bytes where there is no header',
      { 'HEAD 1.0': {}, 'GET 1.0': { body: IMAGE } },
      hash(IMAGE),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is of the bytes where the header is none',
      { 'HEAD 1.0': { headers: named('sha256:x') }, 'GET 1.0': { body: IMAGE, headers: named('') } },
      hash(IMAGE),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is of the bytes in the hash of the header',
      { 'HEAD 1.0': {}, 'GET 1.0': { body: INDEX, headers: named(hash(INDEX, 'sha512')) } },
      hash(INDEX, 'sha512'),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is of the bytes where HEAD is refused with 405',
      { 'HEAD 1.0': { status: 405 }, 'GET 1.0': { body: IMAGE } },
      hash(IMAGE),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is of the bytes where HEAD is refused with 400',
      { 'HEAD 1.0': { status: 400 }, 'GET 1.0': { body: IMAGE } },
      hash(IMAGE),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is of the bytes where HEAD is not known',
      { 'HEAD 1.0': { status: 501 }, 'GET 1.0': { body: IMAGE } },
      hash(IMAGE),
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is invalid where bytes and header contradict each other',
      { 'HEAD 1.0': {}, 'GET 1.0': { body: IMAGE, headers: named(OTHER) } },
      'invalid: NAME:1.0 does not match its digest',
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      'is invalid where the bytes are no image',
      { 'HEAD 1.0': {}, 'GET 1.0': { body: '<html>' } },
      'invalid: NAME:1.0 is not an image',
      ['HEAD 1.0', 'GET 1.0']
    ],
    [
      "is invalid where it is of Docker's first schema",
      {
        'HEAD 1.0': {
          headers: { ...named(OTHER), 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }
        }
      },
      'invalid: NAME:1.0 is a schema 1 image, which is not supported',
      ['HEAD 1.0']
    ],
    ['is not there where the tag is not', {}, 'not_found: NAME:1.0 does not exist', ['HEAD 1.0']],
    [
      'is not there where the tag goes meanwhile',
      { 'HEAD 1.0': {} },
      'not_found: NAME:1.0 does not exist',
      ['HEAD 1.0', 'GET 1.0']
    ]
  ] as const) {
    test(rule, async t => {
      const { registry, client, repository } = await start(t, answers)
      const digest = inShort(await client.digestOf(repository, '1.0'))
      assert.equal(digest, expected.replace('NAME', `${registry.host}/shop/app`))
      assert.deepEqual(askedOf(registry), asked)
    })
  }

  test('is asked for with all four types, and so is a manifest', async t => {
    const { registry, client, repository } = await start(t, { 'HEAD 1.0': {} })
    await client.digestOf(repository, '1.0')
    await client.manifest(repository, OTHER)
    for (const { headers } of registry.questions) assert.equal(headers.accept, MANIFEST_TYPES)
    assert.equal(registry.questions.length, 3)
  })
})

suite('the manifest of a digest', () => {
  test('is read once', async t => {
    const { registry, client, repository } = await start(t, { [`GET ${hash(IMAGE)}`]: { body: IMAGE } })
    for (const round of [1, 2]) {
      const manifest = await client.manifest(repository, hash(IMAGE))
      assert.deepEqual(manifest, { seen: true, value: { kind: 'image', config: hash(CONFIG) } }, `round ${round}`)
    }
    assert.equal(registry.questions.length, 1)
  })

  test('is read in each repository: knowing a digest gives no right to read it', async t => {
    const { registry, client, repository } = await start(t, { [`GET ${hash(IMAGE)}`]: { body: IMAGE } })
    await client.manifest(repository, hash(IMAGE))
    await client.manifest({ ...repository, repository: 'other/app' }, hash(IMAGE))
    assert.equal(registry.questions.length, 2)
  })

  for (const [rule, digest, answer, expected] of [
    [
      'is invalid where the bytes have another',
      OTHER,
      { body: IMAGE },
      `invalid: NAME@${OTHER} does not match its digest`
    ],
    ['is invalid where they are no image', hash('x'), { body: 'x' }, `invalid: NAME@${hash('x')} is not an image`],
    [
      'may be gone, and is asked for again then',
      OTHER,
      { status: 404, body: { errors: [{ code: 'MANIFEST_UNKNOWN' }] } },
      `not_found: NAME@${OTHER} does not exist (MANIFEST_UNKNOWN)`
    ]
  ] as const) {
    test(rule, async t => {
      const { registry, client, repository } = await start(t, { [`GET ${digest}`]: answer })
      const name = `${registry.host}/shop/app`
      assert.equal(inShort(await client.manifest(repository, digest)), expected.replace('NAME', name))
      await client.manifest(repository, digest)
      assert.equal(registry.questions.length, 2)
    })
  }

  test('is not asked for by something that is not a digest', async t => {
    const { registry, client, repository } = await start(t, {})
    const name = `${registry.host}/shop/app@../../x`
    assert.equal(inShort(await client.manifest(repository, '../../x')), `invalid: ${name} is not a valid digest`)
    assert.equal(registry.questions.length, 0)
  })
})

suite('the labels of an image', () => {
  const blobs = {
    [`GET ${hash(INDEX)}`]: { body: INDEX },
    [`GET ${hash(IMAGE)}`]: { body: IMAGE },
    [`GET ${hash(OTHER_IMAGE)}`]: { body: OTHER_IMAGE },
    [`GET ${hash(CONFIG)}`]: { body: CONFIG },
    [`GET ${hash('other')}`]: { body: 'other' }
  }
  const labels = { source: 'https://example.com/app', revision: null, version: null, url: null }

  for (const [rule, digest, platform, asked] of [
    ['are in its configuration', hash(IMAGE), null, [hash(IMAGE), hash(CONFIG)]],
    ['are of the image for the platform', hash(INDEX), 'linux/arm64/v8', [hash(INDEX), hash(IMAGE), hash(CONFIG)]],
    ['whose variant need not be named', hash(INDEX), 'linux/arm64', [hash(INDEX), hash(IMAGE), hash(CONFIG)]]
  ] as const) {
    test(`${rule}, and read once`, async t => {
      const { registry, client, repository } = await start(t, blobs)
      for (const round of [1, 2]) {
        const found = await client.labels(repository, { digest, platform })
        assert.deepEqual(found, { seen: true, value: labels }, `round ${round}`)
      }
      assert.deepEqual(
        askedOf(registry),
        asked.map(one => `GET ${one}`)
      )
    })
  }

  test('are of the first image where none is for the platform, or none is named', async t => {
    for (const platform of ['linux/s390x', 'linux/arm', null]) {
      const { registry, client, repository } = await start(t, blobs)
      await client.labels(repository, { digest: hash(INDEX), platform })
      assert.deepEqual(askedOf(registry)[1], `GET ${hash(OTHER_IMAGE)}`)
    }
  })

  test('may be on another host', async t => {
    const store = await startFake(t, 'blobs.test', () => ({ body: CONFIG }))
    const registry = await startFake(t, 'registry.test', ({ path }) =>
      path.includes('/blobs/')
        ? { status: 307, headers: { location: `http://${store.host}/x?signed` } }
        : { body: IMAGE }
    )
    const client = startClient(t, [registry, store])
    const found = await client.labels(repositoryOf(registry), { digest: hash(IMAGE), platform: null })
    assert.deepEqual(found, { seen: true, value: labels })
  })

  const emptyIndex = JSON.stringify({ manifests: [] })
  const nested = JSON.stringify({ manifests: [{ digest: hash(INDEX) }] })
  for (const [rule, digest, changes, expected] of [
    [
      'whose configuration is another',
      hash(IMAGE),
      { [`GET ${hash(CONFIG)}`]: { body: '{}' } },
      `invalid: NAME@${hash(IMAGE)}: its configuration does not match its digest`
    ],
    [
      'whose configuration is none',
      hash(OTHER_IMAGE),
      {},
      `invalid: NAME@${hash(OTHER_IMAGE)}: its configuration does not match its digest`
    ],
    [
      'whose configuration does not exist',
      hash(IMAGE),
      { [`GET ${hash(CONFIG)}`]: { status: 404 } },
      `not_found: NAME@${hash(CONFIG)} does not exist`
    ],
    ['that does not exist', OTHER, {}, `not_found: NAME@${OTHER} does not exist`],
    [
      'whose image does not exist',
      hash(INDEX),
      { [`GET ${hash(OTHER_IMAGE)}`]: { status: 404 } },
      `not_found: NAME@${hash(OTHER_IMAGE)} does not exist`
    ],
    [
      'that holds none',
      hash(emptyIndex),
      { [`GET ${hash(emptyIndex)}`]: { body: emptyIndex } },
      `invalid: NAME@${hash(emptyIndex)} holds no image`
    ],
    [
      'that holds an index',
      hash(nested),
      { [`GET ${hash(nested)}`]: { body: nested } },
      `invalid: NAME@${hash(nested)} holds no image`
    ]
  ] as const) {
    test(`are unknown of an image ${rule}`, async t => {
      const { registry, client, repository } = await start(t, { ...blobs, ...changes })
      const name = `${registry.host}/shop/app`
      assert.equal(inShort(await client.labels(repository, { digest, platform: null })), expected.replace('NAME', name))
    })
  }

  test('are left for later if few pulls are left: those are for deployments', async t => {
    const left = (count: number) => ({ headers: { ...named(OTHER), 'ratelimit-remaining': `${count};w=21600` } })
    let count = 9
    const registry = await startFake(t, 'registry.test', ({ method, path }) =>
      method === 'HEAD' ? left(count) : (blobs[`GET ${path.split('/').at(-1)}`] ?? { status: 404 })
    )
    const client = startClient(t, [registry])
    const repository = repositoryOf(registry)
    const image = { digest: hash(IMAGE), platform: null }
    await client.digestOf(repository, '1.0')
    // Docker Hub counts no list of tags, and says nothing of pulls there.
    await client.listTags(repository)
    assert.equal(
      inShort(await client.labels(repository, image)),
      `rate_limited: ${registry.host}/shop/app@${hash(IMAGE)}: labels are not read while only 9 pulls are left`
    )
    assert.equal(registry.questions.length, 2)
    count = 10
    await client.digestOf(repository, '1.0')
    assert.ok((await client.labels(repository, image)).seen)
    count = 0
    await client.digestOf(repository, '1.0')
    client.clock.pass(3_600_001)
    assert.ok(
      (await client.labels(repository, { ...image, platform: 'linux/amd64' })).seen,
      'after an hour nobody knows'
    )
  })
})
