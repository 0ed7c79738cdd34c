import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PodContainer } from '../../../src/domain/workload.ts'
import { ago, judge, pod, unreadyPod, type Wish } from './a-rollout.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

/** Pods of a rollout that has ended, each with such a container, and on a node of this architecture. */
function running(...containers: readonly (Partial<PodContainer> & { readonly architecture?: string })[]): Wish {
  return {
    pods: containers.map(({ architecture = '', ...container }, index) =>
      pod(2, { name: `web-${index}`, architecture, containers: [container] })
    )
  }
}

function imagesOf(wish: Wish) {
  const { running } = judge(wish).evidence
  assert.ok(running.seen)
  return running.value
}

test('of native sidecars count where the service is one', () => {
  const meshes = ['mesh:v3', 'mesh:v4'].map((image, index) =>
    pod(2, { name: `web-${index}`, containers: [{}, { name: 'mesh', image }] })
  )
  const wish = { pods: meshes, workload: { sidecars: [{ name: 'mesh', image: 'mesh:v4' }] } }
  assert.equal(judge(wish).status, 'STABLE')
  const target = { workload: { kind: 'Deployment', name: 'web', container: 'mesh' } } as const
  const { status, evidence } = judge({ ...wish, target })
  assert.equal(status, 'MIXED')
  assert.deepEqual(evidence.running.seen && evidence.running.value.byTag, [
    { imageTag: 'v3', pods: 1 },
    { imageTag: 'v4', pods: 1 }
  ])
})

suite('the images that run after a rollout', () => {
  const crio = { runtime: 'cri-o' }
  for (const [rule, wish, state] of [
    ['are one', running({ digest: A }, { digest: A }), 'STABLE'],
    ['are mixed by a tag that was pulled anew', running({ digest: A }, { digest: A }, { digest: B }), 'MIXED'],
    ['are mixed by a pod that was changed in its place', running({}, { image: 'ghcr.io/shop/web:v9' }), 'MIXED'],
    [
      'are the same under two spellings',
      running({ image: 'nginx:1' }, { image: 'docker.io/library/nginx:1' }),
      'STABLE'
    ],
    [
      'are the same where a webhook has one of two pods pull through a mirror',
      running({ image: 'nginx:1', digest: A }, { image: 'mirror.test/nginx:1', digest: A }),
      'STABLE'
    ],
    [
      'are the same while another pod still pulls through either',
      running(
        { image: 'nginx:1', digest: A },
        { image: 'mirror.test/nginx:1', digest: A },
        { image: 'nginx:1', digest: '' },
        { image: 'mirror.test/nginx:1', digest: '' }
      ),
      'STABLE'
    ],
    [
      'are mixed where the mirror has another one',
      running({ image: 'nginx:1', digest: A }, { image: 'mirror.test/nginx:1', digest: B }),
      'MIXED'
    ],
    [
      'are mixed by a mirror where nobody knows what it has',
      running({ image: 'nginx:1', digest: A }, { image: 'mirror.test/nginx:1', digest: '' }),
      'MIXED'
    ],
    ['may be no references at all', running({ image: 'Not An Image' }, { image: 'Not An Image' }), 'STABLE'],
    [
      'are compared on containerd whatever the architecture',
      running({ digest: A, architecture: 'amd64' }, { digest: B, architecture: 'arm64' }),
      'MIXED'
    ],
    [
      'are not compared on cri-o between architectures',
      running({ ...crio, digest: A, architecture: 'amd64' }, { ...crio, digest: B, architecture: 'arm64' }),
      'STABLE'
    ],
    [
      'are compared on cri-o within one',
      running({ ...crio, digest: A, architecture: 'arm64' }, { ...crio, digest: B, architecture: 'arm64' }),
      'MIXED'
    ],
    [
      'are not compared on cri-o where that is not known',
      running({ ...crio, digest: A }, { ...crio, digest: B }),
      'STABLE'
    ],
    [
      'are not compared on docker where that is not known',
      running({ runtime: 'docker', digest: A }, { runtime: 'docker', digest: B }),
      'STABLE'
    ],
    [
      'are not compared between runtimes',
      running({ ...crio, digest: A, architecture: 'amd64' }, { digest: B, architecture: 'amd64' }),
      'STABLE'
    ],
    ['may have come from no registry', running({ digest: A }, { digest: '' }), 'STABLE'],
    ['may be none', { pods: [] }, 'STABLE']
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => assert.equal(judge(wish).status, state))
  }

  test('are not those of containers that were injected, nor of pods that end, nor of old ones', () => {
    const injected = (image: string) => [{}, { name: 'istio-proxy', image }]
    const pods = [
      pod(2, { containers: injected('istio/proxyv2:1.21') }),
      pod(2, { name: 'b', containers: injected('istio/proxyv2:1.22') }),
      pod(2, { name: 'c', containers: [{ digest: B }], terminatesAt: ago(-1) }),
      pod(1, { name: 'd' })
    ]
    assert.equal(judge({ pods }).status, 'STABLE')
  })

  test('are those of every container of the template', () => {
    const workload = {
      containers: [
        { name: 'app', image: 'ghcr.io/shop/web:v2' },
        { name: 'proxy', image: 'envoy:1' }
      ]
    }
    const pods = ['envoy:1', 'envoy:2'].map(image =>
      pod(2, { name: image, containers: [{}, { name: 'proxy', image }] })
    )
    const finding = judge({ workload, pods })
    const { running } = finding.evidence
    assert.deepEqual([finding.status, running.seen && running.value.mixture?.container], ['MIXED', 'proxy'])
  })
})

suite('running images, counted', () => {
  test('are as many as the container with the most has', () => {
    assert.equal(imagesOf({ pods: [] }).count, 0)
    assert.equal(imagesOf(running({}, {})).count, 1)
    assert.equal(imagesOf(running({ digest: A }, { digest: B }, { digest: '' })).count, 2)
    assert.equal(imagesOf(running({ image: 'x:1' }, { image: 'x:2' }, { image: 'x:3' })).count, 3)
    assert.equal(imagesOf({ status: { updated: 1, replicas: 2 }, pods: [pod(1), pod(2)] }).count, 2)
  })

  test('are named with a few of their pods, the most frequent first', () => {
    const wish = running({ digest: B }, ...Array(4).fill({ digest: A }))
    assert.deepEqual(imagesOf(wish).mixture, {
      container: 'app',
      references: 1,
      digests: 2,
      variants: [
        { image: 'ghcr.io/shop/web:v2', digest: A, pods: 4, podNames: ['web-1', 'web-2', 'web-3'] },
        { image: 'ghcr.io/shop/web:v2', digest: B, pods: 1, podNames: ['web-0'] }
      ]
    })
  })

  test('have no digests to count where none is known', () => {
    assert.equal(imagesOf(running({ image: 'x:1', digest: '' }, { image: 'x:2', digest: '' })).mixture?.digests, 0)
  })

  test('are named five at the most', () => {
    const wish = running(...Array.from({ length: 9 }, (_, index) => ({ image: `x:${index}` })))
    assert.deepEqual([imagesOf(wish).mixture?.references, imagesOf(wish).mixture?.variants.length], [9, 5])
  })

  test('are counted by tag, of the service’s container: five, then the others', () => {
    const tags = ['1', '2', '2', '3', '3', '4', '4', '5', '5', '6', '6', '7']
    const { byTag } = imagesOf(running(...tags.map(tag => ({ image: `x:${tag}` }))))
    assert.deepEqual(byTag, [
      ...['2', '3', '4', '5', '6'].map(imageTag => ({ imageTag, pods: 2 })),
      { imageTag: '(other)', pods: 2 }
    ])
  })

  for (const [image, tag] of [
    ['ghcr.io/shop/web:v1', 'v1'],
    ['ghcr.io/shop/web', 'latest'],
    [`ghcr.io/shop/web@${A}`, 'sha256:aaaaaaaaaaaa'],
    [`ghcr.io/shop/web:v1@${A}`, 'v1'],
    ['Not An Image', '']
  ] as const) {
    test(`count "${image}" as "${tag}"`, () =>
      assert.deepEqual(imagesOf(running({ image })).byTag, [{ imageTag: tag, pods: 1 }]))
  }

  test('are of the container that the target names', () => {
    const workload = {
      containers: [
        { name: 'app', image: 'ghcr.io/shop/web:v2' },
        { name: 'proxy', image: 'envoy:1' }
      ]
    }
    const pods = [
      pod(2, { containers: [{}, { name: 'proxy', image: 'envoy:1' }] }),
      pod(2, { name: 'b', containers: [{}] })
    ]
    const target = { workload: { kind: 'Deployment', name: 'web', container: 'proxy' } } as const
    assert.deepEqual(imagesOf({ workload, pods, target }).byTag, [{ imageTag: '1', pods: 1 }])
  })

  test('are not known where pods are not seen', () => {
    const { running } = judge({ pods: null }).evidence
    assert.equal(running.seen ? 'seen' : running.reason, 'not_watched')
  })
})

suite('pods that are awaited', () => {
  const rolling = { status: { updated: 1, replicas: 4, progress: { reason: 'ReplicaSetUpdated', updatedAt: ago(1) } } }

  test('are new ones that are not ready, with the reason', () => {
    const pods = [pod(1), unreadyPod(2, { name: 'web-new', node: 'n7' })]
    assert.deepEqual(judge({ ...rolling, pods }).evidence.awaitedPods, [
      { name: 'web-new', node: 'n7', imageTag: 'v2', reason: 'CrashLoopBackOff' }
    ])
  })

  test('are old ones where all new ones are ready, five at the most', () => {
    const pods = [pod(2), ...Array.from({ length: 9 }, (_, index) => pod(1, { name: `old-${index}` }))]
    const { awaitedPods } = judge({ ...rolling, pods }).evidence
    assert.deepEqual(
      awaitedPods.map(({ name }) => name),
      ['old-0', 'old-1', 'old-2', 'old-3', 'old-4']
    )
  })

  test('are first the old one that is not ready, which an ordered StatefulSet waits for, and none that is held', () => {
    const ready = Array.from({ length: 6 }, (_, index) => pod(1, { name: `web-${index}` }))
    const pods = [...ready, unreadyPod(1, { name: 'web-6' })]
    const awaitedOf = (partition: number) => {
      const wish = { kind: 'StatefulSet', strategy: { isOrdered: true, partition }, status: { desired: 7 } } as const
      return judge({ ...wish, pods }).evidence.awaitedPods.map(({ name }) => name)
    }
    assert.deepEqual(awaitedOf(0), ['web-6', 'web-0', 'web-1', 'web-2', 'web-3'])
    assert.deepEqual(awaitedOf(5), ['web-6', 'web-5'])
    assert.match(judge({ kind: 'StatefulSet', pods }).message, /, web-6: CrashLoopBackOff$/)
  })

  for (const [rule, changes, reason] of [
    ['the kubelet’s for the pod', { containers: [{ waitingReason: '' }] }, 'ContainersNotReady'],
    ['none', { notReadyReason: '', containers: [{ waitingReason: '' }] }, ''],
    [
      'that of the container that waits',
      { containers: [{ waitingReason: '' }, { name: 'b', waitingReason: 'ImagePullBackOff' }] },
      'ImagePullBackOff'
    ]
  ] as const) {
    test(`have a reason, ${rule}`, () => {
      const [awaited] = judge({ ...rolling, pods: [unreadyPod(2, changes)] }).evidence.awaitedPods
      assert.equal(awaited?.reason, reason)
    })
  }

  test('are first those that end, of a StatefulSet', () => {
    const pods = [pod(1, { name: 'web-0' }), pod(1, { name: 'web-1', terminatesAt: ago(1) }), pod(2, { name: 'web-2' })]
    const { awaitedPods } = judge({ kind: 'StatefulSet', pods }).evidence
    assert.deepEqual(
      awaitedPods.map(({ name, reason }) => [name, reason]),
      [
        ['web-1', 'Terminating'],
        ['web-0', '']
      ]
    )
  })

  test('are told once where they end and are old, of a DaemonSet', () => {
    const pods = [pod(2, { node: 'n1' }), pod(1, { name: 'leaving', node: 'n2', terminatesAt: ago(-1) })]
    const { awaitedPods } = judge({ kind: 'DaemonSet', pods }).evidence
    assert.deepEqual(
      awaitedPods.map(({ name }) => name),
      ['leaving']
    )
  })

  test('are none once it has ended, or where pods are not seen', () => {
    assert.deepEqual(judge({ pods: [unreadyPod(2)] }).evidence.awaitedPods, [])
    assert.deepEqual(judge({ ...rolling, pods: null }).evidence.awaitedPods, [])
  })
})
