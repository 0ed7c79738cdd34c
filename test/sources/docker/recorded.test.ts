import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { PodContainer } from '../../../src/domain/workload.ts'
import { createDockerSource } from '../../../src/sources/docker/docker-source.ts'
import { startFakeEngine } from '../../support/fake-engine.ts'

const INDEX = 'sha256:41843d02385374bd5eca4c4c9ed8a459aec6e7fffd6a1dfb58ad9182b8607624'
const PLATFORM = 'sha256:88fb2b4e934ab4bdaa390900c3cf9a74b36467a896df905c0954ab19d64fc114'
const DOCK = 'sha256:f33592739ff240a94ce3272f168270267fab1e1d7b118c386f047c8b3b9b7b21'
const DOCK_PLATFORM = 'sha256:2a0d9fefe999964e48697c305cefeba39db9ee45b1180fba2deacd4e3e961ad3'
const WEB = 'sha256:b569912902eaffa874f9d1c90da7f1ea9a1ebbc024d2159264ac5b886beb5491'
const BYDIGEST = 'sha256:7468f987846171e1c24a4cf4a49e7b056ea498598df561799d961ef94a3c546b'
const LOADED = 'sha256:b2e2f769c9840990b7ce8a355c66d32c88c2b07a09d782624b4c9c905ee81ed7'
const CONFIG_130 = 'sha256:ae568ea033fe7ba9bf6242ec3cfd9a1ca34cc5eff7a2f3d68ed09302dc1d8017'
const CONFIG_123 = 'sha256:f86cd0087feee0e1c17549f1e626e291157f27a651dee444a4c6f8dc04f7e1fb'
const CONFIG_DOCK = 'sha256:f9eb9e18a604be4af6b5930b17a03f1c92ac1bdf7199c02225c19177c1357509'

interface Row {
  readonly image: string
  /** Absent: none, because the image was built or loaded here, or has no name. */
  readonly digests?: readonly string[]
  readonly imageId?: string
}

/** What engines answered, and what the source must read from it, by namespace and name. */
const RECORDED: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  'docker-20.10': {
    'default/bydigest': { image: `127.0.0.1:5601/shop/app@${INDEX}`, digests: [INDEX], imageId: CONFIG_130 },
    'default/byid': { image: CONFIG_123 },
    'default/local': { image: 'localhost/shop/app:1.2.3' },
    'default/tagdigest': { image: `127.0.0.1:5601/shop/app:1.3.0@${INDEX}`, digests: [INDEX], imageId: CONFIG_130 },
    'shop/api': { image: '127.0.0.1:5601/shop/dock:1.3.0', digests: [DOCK], imageId: CONFIG_DOCK },
    'shop/web': { image: '127.0.0.1:5601/shop/app:1.2.3', digests: [WEB], imageId: CONFIG_123 }
  },
  'docker-28.5-classic': {
    'default/bydigest': { image: `127.0.0.1:5601/shop/app@${BYDIGEST}`, digests: [BYDIGEST], imageId: CONFIG_DOCK },
    'default/byid': { image: CONFIG_123 },
    'default/local': { image: 'localhost/shop/app:1.2.3' },
    'default/tagdigest': { image: `127.0.0.1:5601/shop/app:1.3.0@${INDEX}`, digests: [INDEX], imageId: CONFIG_130 },
    'shop/api': { image: '127.0.0.1:5601/shop/dock:1.3.0', digests: [DOCK], imageId: CONFIG_DOCK },
    'shop/web': { image: '127.0.0.1:5601/shop/app:1.2.3', digests: [WEB], imageId: CONFIG_123 },
    'shop/worker': { image: '127.0.0.1:5601/shop/app:1.3.0', digests: [INDEX], imageId: CONFIG_130 }
  },
  // Here the id is the digest of a manifest, not of a configuration: it is among the digests too.
  'docker-28.5-containerd-store': {
    'default/bydigest': { image: `127.0.0.1:5601/shop/app@${INDEX}`, digests: [INDEX, PLATFORM] },
    'default/byid': { image: WEB },
    'default/local': { image: 'localhost/shop/app:1.2.3', digests: [LOADED] },
    'default/tagdigest': { image: `127.0.0.1:5601/shop/app:1.3.0@${INDEX}`, digests: [INDEX, PLATFORM] },
    'shop/api': { image: '127.0.0.1:5601/shop/dock:1.3.0', digests: [DOCK, DOCK_PLATFORM] },
    'shop/web': { image: '127.0.0.1:5601/shop/app:1.2.3', digests: [WEB] },
    'shop/worker': { image: '127.0.0.1:5601/shop/app:1.3.0', digests: [INDEX, PLATFORM] }
  }
}

async function readRecorded(t: Parameters<typeof startFakeEngine>[0], name: string, change = (text: string) => text) {
  const text = readFileSync(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8')
  const engine = await startFakeEngine(t, JSON.parse(change(text)))
  const ownTraces = { hostname: 'guard', mounts: '' }
  const address = { socketPath: engine.socketPath }
  const source = createDockerSource({ engine: { address, tls: null }, clock: () => 1000, ownTraces })
  t.after(() => source.close())
  await source.read(AbortSignal.timeout(60_000))
  assert.deepEqual(source.health().problems, [])
  return new Map(
    source.snapshot().known.map(({ workload, pods }) => {
      const [pod] = pods.seen ? pods.value : []
      return [`${workload.namespace}/${workload.name}`, pod?.containers[0] as PodContainer]
    })
  )
}

suite('docker source on recorded answers', () => {
  for (const [name, rows] of Object.entries(RECORDED)) {
    test(`reads what runs from ${name}`, async t => {
      const read = await readRecorded(t, name)
      const found = [...read].map(([key, { image, digests = [], imageId }]) => [
        key,
        { image, ...(digests.length > 0 ? { digests } : {}), ...(imageId === undefined ? {} : { imageId }) }
      ])
      assert.deepEqual(Object.fromEntries(found), rows)
      for (const { platform, runtime } of read.values())
        assert.deepEqual([platform, runtime], ['linux/amd64', 'docker'])
    })
  }

  // The containers of this recording were created and not started.
  test('reads what runs from podman-4.3, which knows an image by its index and by what is in it', async t => {
    const start = (text: string) => text.replaceAll('"State":"created"', '"State":"running"')
    const read = await readRecorded(t, 'podman-4.3', start)
    assert.deepEqual([...read.keys()], ['default/viaapi', 'shop/web', 'shop/worker'])
    const web = read.get('shop/web')
    assert.equal(web?.image, '127.0.0.1:5601/shop/app:1.2.3')
    assert.deepEqual(web?.digests, [WEB, 'sha256:c3634b884357eae3d5eb224f7cfba7244fb441612eb67e015fb62089b2e1d1ce'])
  })

  test('does not watch what was created and never started', async t => {
    assert.deepEqual([...(await readRecorded(t, 'podman-4.3')).keys()], [])
  })
})
