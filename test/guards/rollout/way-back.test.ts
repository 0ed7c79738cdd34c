import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HelmRelease, HelmStatus } from '../../../src/domain/helm-release.ts'
import { ago, follow, judge, pod, revision, unreadyPod, type Wish } from './a-rollout.ts'

const STUCK = {
  status: { updated: 1, replicas: 4, progress: { reason: 'ProgressDeadlineExceeded', updatedAt: ago(1) } }
} as const
const UNREAD = { template: null }

function wayBackOf(wish: Wish) {
  return judge({ ...STUCK, ...wish }).evidence.wayBack
}

const at = (number: number, status: HelmStatus) => ({ number, status, createdAt: 0 })
const RELEASE: HelmRelease = {
  namespace: 'shop',
  name: 'shop',
  current: at(7, 'deployed'),
  earlier: [at(6, 'superseded'), at(5, 'superseded')]
}

suite('the revision to go back to', () => {
  test('is Helm’s own where its records are read, and no pod proves it', () => {
    const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
    const { revision, proof, imageTag } = wayBackOf({ pods: null, workload: { managedBy }, helm: RELEASE })
    assert.deepEqual([revision, proof, imageTag], [6, 'history', ''])
  })

  test('is none of Helm’s where its number is not known to be that of the revision which serves', () => {
    const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
    const workload = { managedBy, templateId: 'v3', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v3' }] }
    const revisions = [1, 2, 3].map(number => revision(number))
    const pods = [pod(1), unreadyPod(2), unreadyPod(3)]
    const { revision: found, imageTag, proof, command, note } = wayBackOf({ workload, revisions, pods, helm: RELEASE })
    assert.deepEqual([found, imageTag, proof], [null, 'v1', 'serves'])
    assert.equal(command, 'helm rollback shop REVISION -n shop')
    assert.match(note, /^revision 1 serves: .*find Helm's own REVISION with: helm history shop -n shop$/)
  })

  for (const [rule, current] of [
    ['is under way', at(7, 'pending-rollback')],
    ['failed', { ...at(7, 'failed'), isFailedRollback: true }]
  ] as const) {
    test(`is none of Helm’s where a rollback of Helm’s ${rule} from what serves`, () => {
      const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
      const helm = { ...RELEASE, current, earlier: [at(6, 'deployed'), at(5, 'superseded')] }
      const { revision, proof, command } = wayBackOf({ pods: [pod(1), unreadyPod(2)], workload: { managedBy }, helm })
      assert.deepEqual([revision, proof, command], [null, 'serves', 'helm rollback shop REVISION -n shop'])
    })
  }

  test('is none where the workload came with this release', () => {
    const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
    const workload = { managedBy, templateId: 'v1' }
    const wish = { pods: [unreadyPod(1)], revisions: [revision(1)], workload, helm: RELEASE }
    assert.deepEqual([wayBackOf(wish).revision, wayBackOf(wish).proof], [null, 'first_revision'])
  })

  test('may differ in a native sidecar alone', () => {
    const meshOf = (number: number) => ({ name: 'mesh', image: `mesh:v${number}` })
    const app = { name: 'app', image: 'ghcr.io/shop/web:v1' }
    const revisions = [1, 2].map(number =>
      revision(number, { template: { templateId: `v${number}`, containers: [app, meshOf(number)] } })
    )
    const target = { workload: { kind: 'Deployment', name: 'web', container: 'mesh' } } as const
    const workload = { containers: [app], sidecars: [meshOf(2)] }
    const { revision: found, imageTag } = wayBackOf({ revisions, workload, target, pods: [unreadyPod(2), pod(1)] })
    assert.deepEqual([found, imageTag], [1, 'v1'])
  })

  test('is one of the same image where its pods serve, as when a change of configuration broke the new ones', () => {
    const image = 'ghcr.io/shop/web:v2'
    const revisions = [revision(1), revision(2, { image }), revision(3, { image })]
    const workload = { templateId: 'v3', containers: [{ name: 'app', image }] }
    const wish = { revisions, workload, pods: [unreadyPod(3), pod(2)] }
    const { revision: found, proof, imageTag } = wayBackOf(wish)
    assert.deepEqual([found, proof, imageTag], [2, 'serves', ''])
  })

  test('is none where native sidecars are the same, too', () => {
    const containers = [
      { name: 'app', image: 'ghcr.io/shop/web:v1' },
      { name: 'mesh', image: 'mesh:v3' }
    ]
    const revisions = [1, 2].map(number => revision(number, { template: { templateId: `v${number}`, containers } }))
    const workload = { containers: containers.slice(0, 1), sidecars: containers.slice(1) }
    assert.equal(wayBackOf({ revisions, workload, pods: [unreadyPod(2), unreadyPod(1)] }).proof, 'same_image')
  })

  const [one, two, three, four] = [1, 2, 3, 4].map(number => revision(number))
  assert.ok(one && two && three && four)
  const current = { workload: { templateId: 'v4', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v4' }] } }
  /** The template of `number` was gone back to: it is now the highest. */
  const raised = (number: number, to: number) => revision(number, { number: to })

  for (const [rule, wish, number, reason] of [
    [
      'is the one that serves',
      { ...current, revisions: [one, two, three, four], pods: [pod(1), unreadyPod(4)] },
      1,
      'serves'
    ],
    [
      'is the one with the most ready pods',
      { ...current, revisions: [one, two, three, four], pods: [pod(3), pod(2, { name: 'b' }), pod(2, { name: 'c' })] },
      2,
      'serves'
    ],
    [
      'is the higher one of those that serve alike',
      { ...current, revisions: [one, two, three, four], pods: [pod(1), pod(3)] },
      3,
      'serves'
    ],
    [
      'is not the one whose pods only end',
      { ...current, revisions: [one, two, three, four], pods: [pod(1, { terminatesAt: ago(-1) })] },
      3,
      'history'
    ],
    [
      'is not the one whose pods are not ready',
      { ...current, revisions: [one, two, three, four], pods: [unreadyPod(1)] },
      3,
      'history'
    ],
    ['is the highest before it', { ...current, revisions: [four, two, three, one], pods: [] }, 3, 'history'],
    [
      'is not one that was left by going back',
      {
        workload: { templateId: 'v2', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v2' }] },
        revisions: [one, raised(2, 5), three, four],
        pods: []
      },
      1,
      'history'
    ],
    [
      'may be one that was left, if it serves',
      {
        workload: { templateId: 'v2', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v2' }] },
        revisions: [one, raised(2, 5), three, four],
        pods: [pod(3)]
      },
      3,
      'serves'
    ],
    [
      'may be one of the same age',
      { ...current, revisions: [revision(3, { createdAt: four.createdAt }), four], pods: [] },
      3,
      'history'
    ],
    [
      'has another image where no pod serves',
      { ...current, revisions: [one, two, revision(3, { image: 'ghcr.io/shop/web:v4' }), four], pods: [unreadyPod(3)] },
      2,
      'history'
    ],
    [
      'is one that runs where the template has no revision yet',
      {
        workload: { templateId: 'v9', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v9' }] },
        revisions: [one, two],
        pods: [pod(2)]
      },
      2,
      'serves'
    ],
    [
      'is the highest where the template has no revision yet',
      {
        workload: { templateId: 'v9', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v9' }] },
        revisions: [one, two],
        pods: []
      },
      2,
      'history'
    ],
    [
      'is none where this is the first',
      { revisions: [revision(1, { template: { templateId: 'v2', containers: [] } })] },
      null,
      'first_revision'
    ],
    ['is none where none is kept', { revisions: [two] }, null, 'no_history_kept'],
    ['is none where there is none at all', { revisions: [] }, null, 'first_revision'],
    [
      'is none where all others were left',
      {
        workload: { templateId: 'v1', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v1' }] },
        revisions: [raised(1, 5), two, three],
        pods: []
      },
      null,
      'left_by_going_back'
    ],
    [
      'is none where all others run the same image',
      { revisions: [revision(1, { image: 'ghcr.io/shop/web:v2' }), two] },
      null,
      'same_image'
    ],
    [
      'is not known before the revisions are read',
      { ...current, revisions: [one, revision(2, UNREAD), three, four], pods: [pod(1)] },
      null,
      'not_read'
    ],
    ['is not known where pods are not watched', { pods: null, revisions: [one, two] }, null, 'not_watched'],
    [
      'is not known where a pod is ready and none is watched',
      { pods: null, revisions: [one, two], status: { ...STUCK.status, ready: 1 } },
      null,
      'not_watched'
    ],
    [
      'is known where no pod is ready, whether they are watched or not',
      { pods: null, revisions: [one, two], status: { ...STUCK.status, ready: 0 } },
      1,
      'history'
    ],
    ['is not known where nothing is watched', { pods: null }, null, 'not_watched']
  ] as readonly (readonly [string, Wish, number | null, string])[]) {
    test(rule, () => {
      const { revision, proof, imageTag } = wayBackOf(wish)
      assert.deepEqual([revision, proof], [number, reason])
      assert.equal(imageTag === '', number === null)
    })
  }

  test('is one of a container that the template orders otherwise', () => {
    const containers = [
      { name: 'app', image: 'a:1' },
      { name: 'proxy', image: 'p:1' }
    ]
    const same = { ...revision(1), template: { templateId: 'v1', containers: containers.toReversed() } }
    assert.equal(wayBackOf({ workload: { containers }, revisions: [same, two] }).proof, 'same_image')
    const other = {
      ...revision(1),
      template: {
        templateId: 'v1',
        containers: [
          { name: 'app', image: 'p:1' },
          { name: 'proxy', image: 'a:1' }
        ]
      }
    }
    assert.equal(wayBackOf({ workload: { containers }, revisions: [other, two] }).revision, 1)
  })

  test('has the tag of the service’s container', () => {
    const template = {
      templateId: 'v1',
      containers: [
        { name: 'proxy', image: 'p:1' },
        { name: 'app', image: 'a:7' }
      ]
    }
    assert.equal(wayBackOf({ revisions: [{ ...one, template }, two] }).imageTag, '7')
  })
})

suite('the command to go back', () => {
  const helm = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
  const pods = [pod(1), unreadyPod(2, { name: 'web-new' })]
  for (const [rule, wish, command] of [
    ['names the revision', { pods }, 'kubectl rollout undo deployment/web -n shop --to-revision=1'],
    [
      'resumes first',
      { pods, strategy: { isPaused: true } },
      'kubectl rollout resume deployment/web -n shop && kubectl rollout undo deployment/web -n shop --to-revision=1'
    ],
    ['is Helm’s where Helm applies it', { pods, workload: { managedBy: helm } }, 'helm rollback shop REVISION -n shop'],
    [
      'is Helm’s in the namespace of the release',
      { pods, workload: { managedBy: { ...helm, releaseNamespace: 'releases' } } },
      'helm rollback shop REVISION -n releases'
    ],
    [
      'is Helm’s with its own number where its records are read',
      { pods, workload: { managedBy: helm }, helm: RELEASE },
      'helm rollback shop 6 -n shop'
    ],
    [
      'is Helm’s with its own number where pods are not read',
      { pods: null, workload: { managedBy: helm }, helm: RELEASE },
      'helm rollback shop 6 -n shop'
    ],
    [
      'is kubectl’s where Argo CD applies a chart that Helm once installed',
      { pods, workload: { managedBy: { ...helm, manager: 'argocd' } }, helm: RELEASE },
      'kubectl rollout undo deployment/web -n shop --to-revision=1'
    ],
    [
      'is kubectl’s where Argo CD applies a chart',
      { pods, workload: { managedBy: { ...helm, manager: 'argocd' } } },
      'kubectl rollout undo deployment/web -n shop --to-revision=1'
    ],
    ['is of a DaemonSet', { kind: 'DaemonSet', pods }, 'kubectl rollout undo daemonset/web -n shop --to-revision=1'],
    [
      'deletes the pod that an ordered StatefulSet never replaces',
      { kind: 'StatefulSet', status: {}, pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })] },
      'kubectl rollout undo statefulset/web -n shop --to-revision=1 && kubectl delete pod web-1 -n shop'
    ],
    [
      'deletes it after Helm’s, too',
      {
        kind: 'StatefulSet',
        status: {},
        workload: { managedBy: helm },
        pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })]
      },
      'helm rollback shop REVISION -n shop && kubectl delete pod web-1 -n shop'
    ],
    [
      'deletes nothing that is ready',
      { kind: 'StatefulSet', status: {}, pods: [pod(1, { name: 'web-0' }), pod(2, { name: 'web-1' })] },
      'kubectl rollout undo statefulset/web -n shop --to-revision=1'
    ],
    [
      'deletes nothing that a parallel StatefulSet replaces itself',
      {
        kind: 'StatefulSet',
        status: {},
        strategy: { isOrdered: false },
        pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })]
      },
      'kubectl rollout undo statefulset/web -n shop --to-revision=1'
    ],
    [
      'deletes what is left when a template was reverted',
      {
        kind: 'StatefulSet',
        status: { currentRevision: 'web-1', updateRevision: 'web-1' },
        workload: { templateId: 'v1', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v1' }] },
        revisions: [revision(1, { number: 3 }), revision(2)],
        pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })]
      },
      'kubectl delete pod web-1 -n shop'
    ],
    ['is none where there is nothing to go back to', { pods: null }, '']
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => assert.equal(wayBackOf(wish).command, command))
  }

  test('names the pods that are to be deleted, ten at the most', () => {
    const many = Array.from({ length: 12 }, (_, index) => unreadyPod(2, { name: `web-${index}` }))
    assert.deepEqual(wayBackOf({ kind: 'StatefulSet', status: {}, pods: [many[0] as never] }).pods, ['web-0'])
    assert.equal(wayBackOf({ kind: 'StatefulSet', status: {}, pods: many }).pods.length, 10)
  })

  test('deletes nothing once the rollout has ended', () => {
    const status = { currentRevision: 'web-2', updateRevision: 'web-2' }
    const crashed = [pod(2, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })]
    assert.deepEqual(judge({ kind: 'StatefulSet', status, pods: crashed }).evidence.wayBack.pods, [])
  })

  for (const [rule, workload] of [
    ['a name', { name: 'web;reboot' }],
    ['a namespace', { namespace: '-n' }],
    ['a release', { managedBy: { ...helm, release: '$(reboot)' } }],
    ['the namespace of a release', { managedBy: { ...helm, releaseNamespace: 'a b' } }]
  ] as const) {
    test(`is none where ${rule} is none that a shell takes as it is`, () =>
      assert.equal(wayBackOf({ pods, workload }).command, ''))
  }

  test('is none where a pod’s name is none that a shell takes as it is', () => {
    const odd = [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1 --all' })]
    assert.equal(wayBackOf({ kind: 'StatefulSet', status: {}, pods: odd }).command, '')
  })
})

suite('the note beside the command', () => {
  const pods = [pod(1), pod(1, { name: 'b' }), unreadyPod(2)]
  const helm = { manager: 'helm', release: 'shop', releaseNamespace: '' } as const
  for (const [rule, wish, note] of [
    ['says how many pods serve', { pods }, /^revision 1 serves: 2 of its pods are ready; /],
    ['says what is not brought back', { pods }, /not the number of pods or ConfigMaps$/],
    ['says that a number is no proof', { pods: [] }, /^revision 1 is the previous one by number, not known to be good/],
    ['says where Helm keeps its own numbers', { pods, workload: { managedBy: helm } }, /helm history shop -n shop$/],
    [
      'says how Helm’s own number was found',
      { pods, workload: { managedBy: helm }, helm: RELEASE },
      /Helm's revision 6 is the previous one by number; to see what each one was: helm history shop -n shop$/
    ],
    [
      'says that Argo CD reverts it',
      { pods, workload: { managedBy: { ...helm, manager: 'argocd' } } },
      /Argo CD applies this workload and undoes this with its next sync/
    ],
    ['says that Flux reverts it', { pods, workload: { managedBy: { ...helm, manager: 'flux' } } }, /Flux applies/],
    ['says why there is nothing', { pods: null }, /^what to go back to is unknown: .*WATCH_PODS/],
    ['says no more than why, where there is no command', { pods, workload: { name: 'a b' } }, /ready$/]
  ] as readonly (readonly [string, Wish, RegExp])[]) {
    test(rule, () => assert.match(wayBackOf(wish).note, note))
  }

  test('says that a revision was seen to run, once the guard has seen it', () => {
    const three = { templateId: 'v3', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v3' }] }
    const revisions = [revision(1), revision(2), revision(3)]
    const next = { ...STUCK, workload: { templateId: 'v3', containers: three.containers }, revisions, pods: [] }
    const [, seen] = follow({ pods: [pod(2)] }, next)
    assert.match(seen?.evidence.wayBack.note ?? '', /^revision 2 was seen to run before/)
    const [, unproved] = follow({ pods: [], status: { ready: 0 } }, next)
    assert.match(unproved?.evidence.wayBack.note ?? '', /not known to be good/)
  })

  test('says of a pod that is left why it has to be deleted', () => {
    const note = wayBackOf({
      kind: 'StatefulSet',
      status: { currentRevision: 'web-1', updateRevision: 'web-1' },
      workload: { templateId: 'v1' },
      revisions: [revision(1)],
      pods: [unreadyPod(2, { name: 'web-1' })]
    }).note
    assert.match(note, /first revision; the pod is never replaced while it is not ready$/)
  })
})

suite('revisions whose templates are needed', () => {
  const ENDED = { reason: 'NewReplicaSetAvailable' }
  const unread = [1, 2, 3].map(number => revision(number, UNREAD))

  test('are all while a rollout goes on', () => {
    assert.deepEqual(judge({ ...STUCK, revisions: unread, pods: [] }).evidence.unreadRevisions, [
      'web-3',
      'web-2',
      'web-1'
    ])
  })

  test('are none of a Deployment that is well, nor where all were read', () => {
    assert.deepEqual(judge({ revisions: unread, pods: [pod(3)] }).evidence.unreadRevisions, [])
    assert.deepEqual(judge({ ...STUCK, pods: [] }).evidence.unreadRevisions, [])
  })

  test('are all within an hour of the rollout’s end: it may still turn out bad', () => {
    const endedAgo = (minutes: number) => ({ status: { progress: { ...ENDED, updatedAt: ago(minutes) } } })
    assert.equal(judge({ ...endedAgo(59), revisions: unread, pods: [pod(3)] }).evidence.unreadRevisions.length, 3)
    assert.deepEqual(judge({ ...endedAgo(60), revisions: unread, pods: [pod(3)] }).evidence.unreadRevisions, [])
  })

  test('are not needed to know which revision has a Deployment’s pods, be it one pod', () => {
    const status = { replicas: 1, updated: 1, desired: 1, ready: 1 }
    const { evidence } = judge({ status, revisions: unread, pods: [pod(3, { madeAt: ago(7) })] })
    assert.equal(evidence.startedAt, ago(60), 'not later than the end that the controller tells')
    const early = judge({ status, revisions: unread, pods: [pod(3, { madeAt: ago(70) })] })
    assert.equal(early.evidence.startedAt, ago(70))
  })

  test('are all where images are mixed', () => {
    const pods = ['x:1', 'x:2'].map(image => pod(3, { name: image, containers: [{ image }] }))
    assert.equal(judge({ revisions: unread, pods }).evidence.unreadRevisions.length, 3)
  })

  test('are the newest, to tell whether a Deployment without pods has one of its template', () => {
    const empty = { status: { replicas: 0, updated: 0, ready: 0 }, revisions: unread, pods: [] }
    assert.deepEqual(judge(empty).evidence.unreadRevisions, ['web-3'])
    assert.deepEqual(judge({ ...empty, status: { ...empty.status, desired: 0 } }).evidence.unreadRevisions, [])
  })

  test('are all of a DaemonSet of which nobody knows which is current', () => {
    assert.equal(judge({ kind: 'DaemonSet', revisions: unread, pods: [] }).evidence.unreadRevisions.length, 3)
  })

  test('are twenty at the most', () => {
    const many = Array.from({ length: 30 }, (_, index) => revision(index + 1, UNREAD))
    assert.equal(judge({ ...STUCK, revisions: many, pods: [] }).evidence.unreadRevisions.length, 20)
  })
})
