import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digestOf, parseLabels, parseManifest, readDigest } from '../../src/registry/manifest.ts'

const sha = (letter: string) => `sha256:${letter.repeat(64)}`
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const V2 = 'application/vnd.docker.distribution.manifest.v2+json'

suite('a manifest', () => {
  for (const [rule, value, expected] of [
    [
      'of OCI names its configuration',
      { mediaType: OCI_IMAGE, config: { digest: sha('a') } },
      { kind: 'image', config: sha('a') }
    ],
    ['of Docker too', { mediaType: V2, config: { digest: sha('a') } }, { kind: 'image', config: sha('a') }],
    ['may leave out its type', { config: { digest: sha('a') } }, { kind: 'image', config: sha('a') }],
    [
      'of several platforms names each',
      {
        mediaType: OCI_INDEX,
        manifests: [
          { digest: sha('a'), platform: { os: 'linux', architecture: 'amd64' } },
          { digest: sha('b'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
          { digest: sha('c') },
          { digest: sha('d'), platform: { architecture: 'amd64' } },
          { digest: sha('e'), platform: { os: 'linux', architecture: 'arm64', variant: '' } }
        ]
      },
      {
        kind: 'index',
        images: [
          { digest: sha('a'), platform: 'linux/amd64' },
          { digest: sha('b'), platform: 'linux/arm/v7' },
          { digest: sha('c'), platform: null },
          { digest: sha('d'), platform: null },
          { digest: sha('e'), platform: 'linux/arm64' }
        ]
      }
    ],
    [
      'leaves out what attests an image',
      {
        mediaType: LIST,
        manifests: [
          { digest: sha('a'), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
          { digest: sha('b'), platform: { os: 'unknown', architecture: 'unknown' } },
          { digest: sha('c'), annotations: { other: 'x' } }
        ]
      },
      { kind: 'index', images: [{ digest: sha('c'), platform: null }] }
    ],
    [
      'leaves out what is no image',
      {
        mediaType: OCI_INDEX,
        manifests: [
          { digest: sha('a'), mediaType: OCI_IMAGE, artifactType: 'application/spdx+json' },
          { digest: sha('b'), mediaType: 'application/vnd.example.bundle+json' },
          { digest: sha('c'), mediaType: OCI_IMAGE, artifactType: 'application/vnd.oci.image.config.v1+json' },
          { digest: sha('d'), mediaType: OCI_INDEX },
          { digest: sha('e'), mediaType: V2 }
        ]
      },
      { kind: 'index', images: ['c', 'd', 'e'].map(letter => ({ digest: sha(letter), platform: null })) }
    ],
    ['leaves out what has no digest', { manifests: [{ digest: 'sha256:x' }, null, 7] }, { kind: 'index', images: [] }],
    [
      'may hold 128 images',
      { manifests: Array(128).fill({ digest: sha('a') }) },
      { kind: 'index', images: Array(128).fill({ digest: sha('a'), platform: null }) }
    ],
    ['holds no more', { manifests: Array(129).fill({ digest: sha('a') }) }, null],
    ['is none of another type', { mediaType: 'application/vnd.x', config: { digest: sha('a') } }, null],
    ['is no index of another type', { mediaType: V2, manifests: [] }, null],
    ['is none of the first schema', { schemaVersion: 1, fsLayers: [] }, null],
    ['is none without a digest', { mediaType: V2, config: {} }, null],
    ['is none without a configuration', { mediaType: V2 }, null],
    ['is no other JSON', [1], null],
    ['is no null', null, null],
    ['is no other text', '<html>', null]
  ] as const) {
    test(rule, () => assert.deepEqual(parseManifest(bytes(value)), expected))
  }
})

suite('a digest', () => {
  test('is of the bytes, in SHA-256 or in what another one has', () => {
    const body = bytes('hello')
    assert.equal(digestOf(body), 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
    assert.match(digestOf(body, `sha512:${'a'.repeat(128)}`), /^sha512:9b71d224bd62f3785d96/)
  })

  for (const [rule, text, isOne] of [
    ['is one in SHA-256', sha('a'), true],
    ['is one in SHA-512', `sha512:${'a'.repeat(128)}`, true],
    ['is none of another length', `sha256:${'a'.repeat(63)}`, false],
    ['is none of another algorithm', `md5:${'a'.repeat(32)}`, false],
    ['is none with more before it', ` ${sha('a')}`, false],
    ['is none with more behind it', `${sha('a')}/../../tags`, false],
    ['in SHA-512 is none with more before it', `x-sha512:${'a'.repeat(128)}`, false],
    ['in SHA-512 is none with more behind it', `sha512:${'a'.repeat(129)}`, false],
    ['is none in capitals', `sha256:${'A'.repeat(64)}`, false],
    ['is no other value', 7, false]
  ] as const) {
    test(rule, () => assert.equal(readDigest(text), isOne ? text : null))
  }
})

suite('the labels of an image', () => {
  const none = { source: null, revision: null, version: null, url: null }
  const labelled = (labels: object) => ({ config: { Labels: labels } })
  for (const [rule, value, expected] of [
    [
      'tell where it comes from',
      labelled({
        'org.opencontainers.image.source': 'https://example.com/app',
        'org.opencontainers.image.revision': 'abc1234',
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.url': 'https://example.com',
        maintainer: 'x'
      }),
      { source: 'https://example.com/app', revision: 'abc1234', version: '1.2.3', url: 'https://example.com' }
    ],
    ['may be missing', labelled({}), none],
    ['may be missing all together', { config: {} }, none],
    ['are texts', labelled({ 'org.opencontainers.image.source': 7, 'org.opencontainers.image.url': '' }), none],
    [
      'may have 1,024 characters',
      labelled({ 'org.opencontainers.image.source': 'x'.repeat(1024) }),
      { ...none, source: 'x'.repeat(1024) }
    ],
    ['are of 1,024 characters at most', labelled({ 'org.opencontainers.image.source': 'x'.repeat(1025) }), none],
    ['need a configuration', 'x', null],
    ['need an object', 7, null]
  ] as const) {
    test(rule, () => assert.deepEqual(parseLabels(bytes(value)), expected))
  }
})
