import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isOwnContainer } from '../../../src/sources/docker/own-container.ts'
import { toContainer } from '../../../src/sources/docker/to-container.ts'
import { runningDigests, toImage } from '../../../src/sources/docker/to-image.ts'
import { toWorkloads } from '../../../src/sources/docker/to-workloads.ts'
import { aContainer } from '../../support/fake-engine.ts'

const PREFIX = 'version-guard.keybuzz.io'
const WATCHTOWER = 'com.centurylinklabs.watchtower.enable'
const DIGEST = (hex: string) => `sha256:${hex.repeat(64)}`

function read(...items: readonly object[]) {
  const containers = items.flatMap(item => toContainer(item) ?? [])
  return toWorkloads({
    containers: containers.map(container => ({ ...container, unread: '' })),
    images: new Map(),
    problems: []
  })
}

function namesOf(...items: readonly object[]) {
  return read(...items).known.map(({ workload: { namespace, name, managedBy } }) => [
    namespace,
    name,
    managedBy.manager
  ])
}

function annotationsOf(labels: object) {
  return read(aContainer({ Labels: labels })).known[0]?.workload.annotations
}

suite('a container', () => {
  for (const [rule, changes, expected] of [
    ['is of its Compose project and service', {}, ['shop', 'web', 'compose']],
    [
      'is by itself without labels',
      { Labels: { 'org.opencontainers.image.version': '1' }, Names: ['/db'] },
      ['default', 'db', '']
    ],
    ['is by itself where labels are null', { Labels: null, Names: ['/db'] }, ['default', 'db', '']],
    ['is called by its id without a name', { Labels: {}, Names: [] }, ['default', '1'.repeat(12), '']],
    ['has its own name, not that of a legacy link', { Labels: {}, Names: ['/web/db', '/db'] }, ['default', 'db', '']],
    [
      'is of the project of podman-compose, by its name without a service',
      { Labels: { 'io.podman.compose.project': 'shop' }, Names: ['/shop_db_1'] },
      ['shop', 'shop_db_1', 'compose']
    ],
    [
      'is of the stack and service of Swarm',
      { Labels: { 'com.docker.stack.namespace': 'shop', 'com.docker.swarm.service.name': 'shop_web' } },
      ['shop', 'web', 'swarm']
    ],
    [
      'is of a service of Swarm without a stack',
      { Labels: { 'com.docker.swarm.service.name': 'web' } },
      ['default', 'web', 'swarm']
    ],
    [
      'keeps the whole name of its service where the stack is called default, as services without a stack are there',
      { Labels: { 'com.docker.stack.namespace': 'default', 'com.docker.swarm.service.name': 'default_web' } },
      ['default', 'default_web', 'swarm']
    ],
    [
      'does not take a project that could not be a label',
      { Labels: { 'com.docker.compose.project': '../shop', 'com.docker.compose.service': 'web' }, Names: ['/db'] },
      ['default', 'db', '']
    ]
  ] as const)
    test(rule, () => assert.deepEqual(namesOf(aContainer(changes)), [expected]))

  for (const [rule, changes, isWatched] of [
    ['of docker compose run is left alone', { Labels: { 'com.docker.compose.oneoff': 'True' } }, false],
    ['of a service is watched', { Labels: { 'com.docker.compose.oneoff': 'False' } }, true],
    ['that has exited is not watched', { State: 'exited' }, false],
    ['that restarts is watched', { State: 'restarting' }, true],
    ['that is paused is watched', { State: 'paused' }, true],
    [
      'that has exited is watched where it is to be guarded',
      { State: 'exited', Labels: { [`${PREFIX}/enabled`]: 'true' } },
      true
    ],
    [
      'that has exited is watched where it has an endpoint',
      { State: 'dead', Labels: { [`${PREFIX}/endpoint`]: 'http://a/' } },
      true
    ],
    ['with an id that is none is nothing', { Id: '../../secrets' }, false],
    ['with more than an id is nothing', { Id: `${'1'.repeat(64)}/../x` }, false]
  ] as const)
    test(rule, () => assert.equal(toContainer(aContainer(changes)) !== null, isWatched))

  for (const [rule, networks, expected] of [
    ['has its address', { shop: { IPAddress: '172.18.0.2', GlobalIPv6Address: 'fd00::2' } }, '172.18.0.2'],
    [
      'has its address of version 6 without another',
      { shop: { IPAddress: '', GlobalIPv6Address: 'fd00::2' } },
      'fd00::2'
    ],
    [
      'has its address of version 4 in any network first',
      { a: { IPAddress: '', GlobalIPv6Address: 'fd00::2' }, b: { IPAddress: '172.18.0.2' } },
      '172.18.0.2'
    ],
    ['has no address that is none', { shop: { IPAddress: '999.1.1.1', GlobalIPv6Address: 'fd00::2/64' } }, ''],
    ['has no address without a network', {}, '']
  ] as const) {
    test(rule, () => {
      const { pods } = read(aContainer({ NetworkSettings: { Networks: networks } })).known[0] ?? {}
      assert.equal(pods?.seen && pods.value[0]?.ip, expected)
    })
  }

  for (const [rule, changes, expected] of [
    ['is ready while it runs', {}, ''],
    ['is not ready while a health check fails', { Status: 'Up 2 hours (unhealthy)' }, 'unhealthy'],
    ['is not ready before the first health check', { Status: 'Up 1 second (health: starting)' }, 'health: starting'],
    ['is ready when its health check says so', { Status: 'Up 2 hours (healthy)' }, ''],
    ['is not ready while it restarts', { State: 'restarting' }, 'restarting']
  ] as const) {
    test(rule, () => {
      const { pods } = read(aContainer(changes)).known[0] ?? {}
      assert.equal(pods?.seen && pods.value[0]?.notReadyReason, expected)
    })
  }

  test('has the annotations of ours among its labels, and warns of those that it does not know', () => {
    const labels = { [`${PREFIX}/endpoint`]: 'http://web:8080/', [`${PREFIX}/servcie`]: 'x', other: 'y' }
    const [web] = read(aContainer({ Labels: labels })).known
    assert.deepEqual(web?.workload.annotations, { endpoint: 'http://web:8080/' })
    assert.match(web?.workload.warnings[0] ?? '', /^unknown annotation version-guard\.keybuzz\.io\/servcie/)
  })

  test('warns of labels that have no effect outside of Kubernetes', () => {
    const labels = { [`${PREFIX}/migration-job`]: 'migrate', [`${PREFIX}/platform`]: 'linux/arm64' }
    assert.deepEqual(read(aContainer({ Labels: labels })).known[0]?.workload.warnings, [
      `label ${PREFIX}/migration-job has no effect on a Docker host, only in Kubernetes`
    ])
  })

  for (const [rule, labels, updates] of [
    ['opts out of image updates by the label of Watchtower', { [WATCHTOWER]: 'false' }, 'false'],
    ['opts in by it, as Watchtower reads words', { [WATCHTOWER]: 'TRUE' }, 'true'],
    ['says nothing by another word', { [WATCHTOWER]: 'yes' }, undefined],
    ['says nothing by monitor-only', { 'com.centurylinklabs.watchtower.monitor-only': 'true' }, undefined]
  ] as const)
    test(rule, () => assert.equal(annotationsOf(labels)?.['image-updates'], updates))

  test('keeps nothing of its command, ports, mounts and other labels', () => {
    const item = aContainer({ Labels: { password: 'hidden' }, Mounts: [{ Source: 'hidden' }], Command: 'hidden' })
    assert.doesNotMatch(JSON.stringify(read(item)), /hidden|secret/)
  })
})

suite('replicas', () => {
  const replica = (id: string, changes: object) =>
    aContainer({ Id: id.repeat(64), Names: [`/shop-web-${id}`], ...changes })

  test('are one workload, with a pod each', () => {
    const { known } = read(replica('2', {}), replica('1', {}))
    assert.deepEqual(
      known.map(({ pods }) => pods.seen && pods.value.map(({ name, ip }) => [name, ip])),
      [
        [
          ['shop-web-1', '172.18.0.2'],
          ['shop-web-2', '172.18.0.2']
        ]
      ]
    )
  })

  for (const [rule, changes, image] of [
    ['are meant as the newest one', { Created: 2, Image: 'web:v2' }, 'web:v2'],
    ['are not meant as one that does not run yet', { Created: 2, Image: 'web:v2', State: 'created' }, 'web:v1']
  ] as const) {
    test(rule, () => {
      const labels = { ...aContainer().Labels, [`${PREFIX}/enabled`]: 'true' }
      const items = [{ Created: 1, Image: 'web:v1' }, changes].map((one, index) =>
        replica(String(index + 1), { Labels: labels, ...one })
      )
      assert.equal(read(...items).known[0]?.workload.containers[0]?.image, image)
    })
  }

  test('do not mix with a single container of the same name, which is reported', () => {
    const service = aContainer({
      Labels: { 'com.docker.compose.project': 'default', 'com.docker.compose.service': 'web' }
    })
    const { known, warnings } = read(service, replica('2', { Labels: {}, Names: ['/web'] }))
    assert.deepEqual(
      known.map(({ workload, pods }) => [workload.managedBy.manager, pods.seen && pods.value.length]),
      [['compose', 1]]
    )
    assert.deepEqual(warnings, ['container web is left out: another service has the name web; rename one'])
  })
})

test("an image keeps its publisher's labels and no others", () => {
  const labels = {
    'org.opencontainers.image.revision': 'abc1234',
    'org.opencontainers.image.url': 'u'.repeat(1025),
    x: 'y'
  }
  assert.deepEqual(toImage({ Config: { Labels: labels } }).labels, {
    source: null,
    revision: 'abc1234',
    version: null,
    url: null
  })
})

suite('digests of what runs', () => {
  const image = (repoDigests: readonly string[], changes: object = {}) =>
    toImage({ Id: DIGEST('a'), Os: 'linux', Architecture: 'arm', Variant: 'v7', RepoDigests: repoDigests, ...changes })
  const nothing = { manifestDigest: '' }

  for (const [rule, name, of, expected] of [
    ['are those of its own repository', 'web:v1', image([`web@${DIGEST('b')}`, `other@${DIGEST('c')}`]), [DIGEST('b')]],
    ['are all of them', 'web:v1', image([`web@${DIGEST('b')}`, `web@${DIGEST('c')}`]), [DIGEST('b'), DIGEST('c')]],
    ['are found whatever form a name has', 'docker.io/library/web', image([`web@${DIGEST('b')}`]), [DIGEST('b')]],
    ['are none of an image that was built here', 'web:v1', image([]), []],
    ['are none borrowed from an equal image', 'localhost/web:v1', image([`ghcr.io/web@${DIGEST('b')}`]), []],
    ['are none of a bare id', DIGEST('a'), image([`web@${DIGEST('b')}`]), []],
    [
      'survive the moving of a tag by the descriptor',
      'web:v1',
      image([], { Descriptor: { digest: DIGEST('d') } }),
      [DIGEST('d')]
    ],
    [
      'leave out what is no digest',
      'web:v1',
      image(['web@sha256:1', 'web:v1', '<none>@<none>'], { Descriptor: { digest: 'x' } }),
      []
    ]
  ] as const)
    test(rule, () => assert.deepEqual(runningDigests(name, nothing, of).digests, expected))

  test('have the manifest for the platform beside them', () => {
    const { digests } = runningDigests('web:v1', { manifestDigest: DIGEST('e') }, image([`web@${DIGEST('b')}`]))
    assert.deepEqual(digests, [DIGEST('b'), DIGEST('e')])
  })

  for (const [rule, of, imageId] of [
    ['come with the id of a configuration', image([`web@${DIGEST('b')}`]), DIGEST('a')],
    ['come without an id that is a digest itself', image([`web@${DIGEST('a')}`]), ''],
    [
      'come without an id where there is a descriptor',
      image([`web@${DIGEST('b')}`], { Descriptor: { digest: DIGEST('d') } }),
      ''
    ],
    ['come without the id of an image that was built here', image([]), '']
  ] as const)
    test(rule, () => assert.equal(runningDigests('web:v1', nothing, of).imageId, imageId))

  test('come with the platform', () => {
    assert.equal(image([]).platform, 'linux/arm/v7')
    assert.equal(image([], { Variant: '' }).platform, 'linux/arm')
    assert.equal(image([], { Architecture: '<script>' }).platform, '')
  })
})

suite('the container of the guard', () => {
  const id = 'ab'.repeat(32)
  for (const [rule, traces, expected] of [
    ['is known by its host name', { hostname: id.slice(0, 12), mounts: '' }, true],
    ['is not known by another name', { hostname: 'guard', mounts: '' }, false],
    ['is not known by less', { hostname: 'ab', mounts: '' }, false],
    [
      'is known by what Docker mounts',
      {
        hostname: 'guard',
        mounts: `1 2 8:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`
      },
      true
    ],
    [
      'is known by what Podman mounts',
      {
        hostname: 'guard',
        mounts: `1 2 0:5 /containers/storage/overlay-containers/${id}/userdata/resolv.conf /etc/resolv.conf rw`
      },
      true
    ],
    [
      'is not the one whose id a host is named after',
      {
        hostname: id.slice(0, 12),
        mounts: `1 2 8:1 /var/lib/docker/containers/${'cd'.repeat(32)}/hosts /etc/hosts rw`
      },
      false
    ]
  ] as const)
    test(rule, () => assert.equal(isOwnContainer(id, traces), expected))
})
