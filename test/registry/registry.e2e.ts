import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { compareDigests, type DigestComparison } from '../../src/guards/image-update/compare-digests.ts'
import { findNewerTags } from '../../src/guards/image-update/newer-tags.ts'
import type { RegistryRepository } from '../../src/registry/registry-access.ts'
import { createRegistryClient, type RegistryClient } from '../../src/registry/registry-client.ts'
import { needs } from '../support/component.ts'
import {
  OCI_IMAGE,
  type Pushed,
  pushImage,
  REGISTRY_PROGRAMS,
  type RealRegistry,
  type RegistryAuth,
  type RegistryProgram,
  startRealRegistry,
  USER
} from '../support/registry-real.ts'

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_IMAGE = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

type Means = { readonly registry: RealRegistry; readonly client: RegistryClient }

async function start(t: TestContext, program: RegistryProgram, auth: RegistryAuth, realms?: string[]): Promise<Means> {
  const registry = await startRealRegistry(t, program, auth)
  return { registry, client: clientOf(t, registry, realms) }
}

function clientOf(t: TestContext, registry: RealRegistry, realms?: string[]): RegistryClient {
  const client = createRegistryClient({
    version: '0.0.0',
    perMinute: 100_000,
    rules: { realms: realms ?? [registry.realm], insecure: [registry.host, registry.realm] },
    proxyFor: () => null,
    onProblem: () => {}
  })
  t.after(client.close)
  return client
}

const repositoryIn = (
  { host }: RealRegistry,
  repository: string,
  credential: RegistryRepository['credential'] = null
): RegistryRepository => ({ registry: host, repository, credential })

const pushIndex = (
  registry: RealRegistry,
  repository: string,
  wish: { tag: string; images: readonly Pushed[]; attests?: Pushed; type?: string }
) => {
  const platforms = ['amd64', 'arm64']
  const manifests = wish.images.map((image, at) => ({
    ...image,
    platform: { os: 'linux', architecture: platforms[at] }
  }))
  const platform = { os: 'unknown', architecture: 'unknown' }
  const attested = wish.attests === undefined ? [] : [{ ...wish.attests, platform }]
  const mediaType = wish.type ?? OCI_INDEX
  return registry.pushManifest(
    repository,
    { schemaVersion: 2, mediaType, manifests: [...manifests, ...attested] },
    wish.tag
  )
}

/** Whether a digest that runs is what a tag means, with every manifest read that this takes. */
async function compare({ client }: Means, repository: RegistryRepository, running: Pushed): Promise<DigestComparison> {
  const current = await client.digestOf(repository, '1.0')
  assert.ok(current.seen, JSON.stringify(current))
  const manifests = new Map()
  for (;;) {
    const facts = {
      running: [{ digests: [running.digest], imageId: null }],
      current: current.value,
      manifests,
      platform: null
    }
    const verdict = compareDigests(facts)
    if (verdict.kind !== 'needs') return verdict
    manifests.set(verdict.digest, await client.manifest(repository, verdict.digest))
  }
}

const reasonOf = (observed: { seen: boolean; reason?: string }) => (observed.seen ? 'seen' : observed.reason)

for (const program of REGISTRY_PROGRAMS) {
  suite(`a real registry: ${program.name}`, needs(program.missing), () => {
    test('lists 1,200 tags, on as many pages as it has', async t => {
      const { registry, client } = await start(t, program, 'open')
      const repository = repositoryIn(registry, 'shop/app')
      const tags = Array.from({ length: 1200 }, (_, index) => `1.${index}.0`)
      const config = {
        ...(await registry.pushBlob('shop/app', '{}')),
        mediaType: `application/vnd.oci.image.config.v1+json`
      }
      const manifest = { schemaVersion: 2, mediaType: OCI_IMAGE, config, layers: [] }
      for (const tag of tags) await registry.pushManifest('shop/app', manifest, tag)
      const list = await client.listTags(repository)
      assert.ok(list.seen)
      assert.equal(list.value.gap, null)
      assert.deepEqual(list.value.tags.toSorted(), tags.toSorted())
      assert.equal(findNewerTags('1.7.0', list.value.tags, { pattern: null, range: null }).latest, '1.1199.0')
      const pages = registry.askedByGuard().filter(line => line.includes('/tags/list'))
      assert.equal(pages.length, program.pagesOf1200)
      assertReadOnly(registry)
    })

    test('wants a password, is shown the right one, and the wrong one once', async t => {
      const { registry, client } = await start(t, program, 'password')
      const image = await pushImage(registry, 'shop/app', { version: '1', tag: '1.0' })
      const named = repositoryIn(registry, 'shop/app', USER)
      assert.deepEqual(await client.digestOf(named, '1.0'), { seen: true, value: image.digest })
      assert.equal(reasonOf(await client.listTags(named)), 'seen')
      assert.equal(reasonOf(await client.listTags(repositoryIn(registry, 'shop/app'))), 'unauthorized')
      const wrong = repositoryIn(registry, 'shop/app', { ...USER, password: 'wrong' })
      assert.equal(reasonOf(await client.listTags(wrong)), 'unauthorized')
      assert.equal(reasonOf(await client.digestOf(wrong, '1.0')), 'unauthorized')
      assertReadOnly(registry)
    })

    test('wants a token of another host, which is shown the password only where the operator names it', async t => {
      const trusting = await start(t, program, 'token')
      const { registry } = trusting
      const image = await pushImage(registry, 'private/app', { version: '1', tag: '1.0' })
      await pushImage(registry, 'public/app', { version: '1', tag: '1.0' })
      const named = repositoryIn(registry, 'private/app', USER)
      assert.deepEqual(await trusting.client.digestOf(named, '1.0'), { seen: true, value: image.digest })
      assert.equal(reasonOf(await trusting.client.listTags(named)), 'seen')
      assert.equal(reasonOf(await trusting.client.digestOf(repositoryIn(registry, 'public/app'), '1.0')), 'seen')
      assert.equal(reasonOf(await trusting.client.listTags(repositoryIn(registry, 'private/app'))), 'unauthorized')
      const wrong = { ...USER, password: 'wrong' }
      assert.equal(reasonOf(await trusting.client.listTags(repositoryIn(registry, 'public/app', wrong))), 'seen')
      assertReadOnly(registry)

      const wary = await start(t, program, 'token', [])
      await pushImage(wary.registry, 'private/app', { version: '1', tag: '1.0' })
      assert.equal(
        reasonOf(await wary.client.listTags(repositoryIn(wary.registry, 'private/app', USER))),
        'unauthorized'
      )
    })

    test('tells what is missing', async t => {
      const { registry, client } = await start(t, program, 'open')
      await pushImage(registry, 'shop/app', { version: '1', tag: '1.0' })
      assert.equal(reasonOf(await client.digestOf(repositoryIn(registry, 'shop/app'), '2.0')), 'not_found')
      assert.equal(reasonOf(await client.listTags(repositoryIn(registry, 'shop/other'))), 'not_found')
      assertReadOnly(registry)
    })

    for (const [form, imageType, indexType] of [
      ['OCI', OCI_IMAGE, OCI_INDEX],
      ['Docker', DOCKER_IMAGE, DOCKER_LIST]
    ] as const) {
      test(`knows what runs in an index of ${form}: the same, rebuilt around it, drifted, and gone`, async t => {
        const means = await start(t, program, 'open')
        const { registry, client } = means
        const repository = repositoryIn(registry, 'shop/app')
        const push = (version: string) => pushImage(registry, 'shop/app', { version, type: imageType })
        const [amd, arm, attests, again] = [
          await push('amd'),
          await push('arm'),
          await push('proof'),
          await push('new')
        ]
        const index = (images: readonly Pushed[], tag: string, proof?: Pushed) =>
          pushIndex(registry, 'shop/app', { tag, images, type: indexType, ...(proof && { attests: proof }) })

        const first = await index([amd, arm], '1.0')
        assert.deepEqual(await client.digestOf(repository, '1.0'), { seen: true, value: first.digest })
        for (const running of [first, amd, arm]) {
          assert.deepEqual(await compare(means, repository, running), { kind: 'same', isRebuilt: false })
        }
        const labels = await client.labels(repository, { digest: first.digest, platform: 'linux/arm64' })
        assert.equal(labels.seen && labels.value.version, 'arm')

        const second = await index([amd, arm], '1.0', attests)
        assert.notEqual(second.digest, first.digest)
        assert.deepEqual(await compare(means, repository, first), { kind: 'same', isRebuilt: true })
        assert.deepEqual(await compare(means, repository, amd), { kind: 'same', isRebuilt: false })

        const third = await index([again, arm], '1.0')
        assert.equal((await compare(means, repository, amd)).kind, 'drifted')
        assert.equal((await compare(means, repository, first)).kind, 'unknown', 'one platform of two moved')
        await index([again, again], '1.0')
        assert.equal((await compare(means, repository, first)).kind, 'drifted')

        await registry.deleteManifest('shop/app', third.digest)
        const newcomer = { registry, client: clientOf(t, registry) }
        assert.equal((await compare(newcomer, repository, third)).kind, 'drifted', 'the old index is gone')
        const last = await client.digestOf(repository, '1.0')
        assert.ok(last.seen)
        await registry.deleteManifest('shop/app', last.value)
        assert.equal(reasonOf(await client.digestOf(repository, '1.0')), 'not_found')
        assert.deepEqual(await client.listTags(repository), { seen: true, value: { tags: [], gap: null } })
        assertReadOnly(registry)
      })
    }
  })
}

function assertReadOnly(registry: RealRegistry): void {
  const asked = registry.askedByGuard()
  assert.ok(asked.length > 0)
  assert.deepEqual(
    asked.filter(line => !/^(GET|HEAD) /.test(line)),
    []
  )
}
