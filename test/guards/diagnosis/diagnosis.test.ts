import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Diagnosis } from '../../../src/domain/diagnosis.ts'
import type { ImageCheck } from '../../../src/domain/image-check.ts'
import { seen, unseen } from '../../../src/domain/observation.ts'
import { diagnosisAsOf, severitiesOf, versionOf } from '../../../src/domain/report.ts'
import { ROLLOUT_STATES, type RolloutEvidence } from '../../../src/domain/rollout.ts'
import { createRolloutGuard } from '../../../src/guards/rollout/rollout.ts'
import { aPod, aTarget, aWorkload, judgeOne } from '../../support/facts.ts'
import { type Case, judgeCase, MADE_AT, NEW, type PodCase, RUNNING } from './a-case.ts'

function diagnosisOf(given: Case): Diagnosis {
  const { diagnosis } = judgeCase(given)
  assert.ok(diagnosis)
  return diagnosis
}

const MIXTURE: RolloutEvidence['running'] = seen({
  count: 2,
  byTag: [],
  mixture: {
    container: 'app',
    references: 2,
    digests: 2,
    variants: [
      { image: 'app:v2', digest: RUNNING, pods: 2, podNames: ['a', 'b'] },
      { image: 'app:v1', digest: NEW, pods: 4, podNames: ['c', 'd', 'e'] }
    ]
  }
})
const TWO_DIGESTS: RolloutEvidence['running'] = seen({
  count: 2,
  byTag: [],
  mixture: { container: 'app', references: 1, digests: 2, variants: [] }
})
const DRIFTED: Partial<ImageCheck> = {
  digest: seen({
    current: NEW,
    running: [RUNNING],
    verdict: { kind: 'drifted', running: { digests: [RUNNING], imageId: null } }
  })
}
const CONTAINER = seen(
  aWorkload({
    kind: 'Container',
    name: 'app',
    image: 'app:v2',
    status: unseen('no_status', 'Docker counts no rollout')
  })
)
const ON_DOCKER = { workload: { kind: 'Container', name: 'app' } } as const
const RESTARTING = aPod({ isReady: false, notReadyReason: 'restarting' })
const { status } = aWorkload()
assert.ok(status.seen)
const NONE_READY = seen({ ...status.value, ready: 0 })
const NONE_WANTED = seen({ ...status.value, desired: 0, replicas: 0, updated: 0, ready: 0, available: 0 })
/** After every report. */
const ENDED = { state: 'STABLE', completedAt: MADE_AT + 60_001 } as const
const NOT_READ = unseen('not_watched', 'pods are not read: set WATCH_PODS=true and grant the rights')
const NO_PODS_IN_FILE = unseen('not_watched', 'fleet.yaml has no objects of kind Pod')
const AGREEING = { a: { says: 'v2 abc1234' }, b: { says: 'v2 ABC1234' } }

/** Any facts at all, such as a cluster may show them. */
const anyCase: fc.Arbitrary<Case> = fc.record(
  {
    image: fc.constantFrom(
      'app:v2',
      'app:latest',
      'app:sha-abc1234',
      'app:v2-def5678',
      `app@${RUNNING}`,
      'not an image'
    ),
    says: fc.constantFrom('v2 abc1234', 'v2', 'v1 def5678', 'sha-abc1234 abc1234', null),
    fails: fc.constant('no answer'),
    pods: fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record(
        {
          says: fc.constantFrom('v2 abc1234', 'v2', 'v1 def5678'),
          fails: fc.constant('no answer'),
          refused: fc.constant('may not be asked'),
          image: fc.constantFrom('app:v2', 'app:v1', 'mirror.example/app:v2'),
          digest: fc.constantFrom(RUNNING, NEW, ''),
          runtime: fc.constantFrom('containerd', ''),
          labels: fc.record({ revision: fc.constantFrom('abc1234', 'def5678', 'main') })
        },
        { requiredKeys: [] }
      ) as fc.Arbitrary<PodCase>
    ),
    asksPods: fc.boolean(),
    target: fc.record(
      {
        endpoint: fc.constant(null),
        versionMatch: fc.constantFrom('exact', 'semver', 'git-sha'),
        origin: fc.constantFrom('file', 'annotation')
      },
      { requiredKeys: [] }
    ) as fc.Arbitrary<NonNullable<Case['target']>>,
    rollout: fc.record(
      {
        state: fc.constantFrom(...ROLLOUT_STATES),
        held: fc.constantFrom('paused', 'partition', 'on_delete'),
        startedAt: fc.constant(MADE_AT),
        completedAt: fc.constantFrom(MADE_AT, MADE_AT + 120_000),
        running: fc.constantFrom(MIXTURE, TWO_DIGESTS)
      },
      { requiredKeys: ['state'] }
    ) as fc.Arbitrary<NonNullable<Case['rollout']>>,
    check: fc.constantFrom(DRIFTED, {}, null),
    labels: fc.record(
      { revision: fc.constantFrom('abc1234', 'def5678', 'main'), version: fc.constantFrom('v1', 'v2') },
      { requiredKeys: [] }
    ),
    manifest: fc.record(
      { tag: fc.constantFrom('v1', 'v2'), gitSha: fc.constantFrom('abc1234', 'def5678') },
      { requiredKeys: ['tag'] }
    ),
    label: fc.constantFrom('', '2', '1')
  },
  { requiredKeys: [] }
)

suite('diagnosis', () => {
  for (const [rule, given, expected] of [
    ['nobody', {}, 'none: Nobody is out of step: v2 is deployed and reported'],
    [
      'nobody, and what is declared agrees too',
      { label: '2', image: 'app:v2' },
      'none: Nobody is out of step: v2 is declared, deployed and reported'
    ],
    [
      'nobody, and no pod that was not asked for a witness',
      { target: { endpoint: null }, pods: { a: { says: 'v2 abc1234' }, b: { digest: NEW } } },
      'none: Nobody is out of step: v2 is deployed and reported by the pods that were asked'
    ],
    [
      'the endpoint, and no pod that was not asked for a witness',
      { fails: 'HTTP 503', pods: { a: { says: 'v2' }, b: { digest: NEW } } },
      'endpoint: No usable report: HTTP 503; at their own addresses the pods that were asked report v2, which is deployed'
    ],
    [
      'nobody, by the pods alone',
      { target: { endpoint: null }, pods: AGREEING },
      'none: Nobody is out of step: v2 is deployed and reported by the pods'
    ],
    [
      'nobody, and the image was built from the reported commit',
      { labels: { revision: 'ABC1234def' } },
      'none: Nobody is out of step: v2 is deployed and reported, and the image was built from the reported commit, abc1234'
    ],
    [
      'nobody, by the same commit in report, label and tag',
      { image: 'app:main-abc1234', says: 'main-abc1234 abc1234', labels: { revision: 'abc1234def' } },
      "none: Nobody is out of step: the report, the image's label and its tag name the same commit, abc1234"
    ],
    [
      'the route, where the pods report the tag',
      { says: 'v1 0ld1234', pods: AGREEING },
      'route: The public address reports v1, but the pods report v2, which is deployed: a cache answers, or the route leads elsewhere'
    ],
    [
      'the route, where a pod that was not asked runs the same image',
      { says: 'v1', pods: { ...AGREEING, c: {} } },
      'route: The public address reports v1, but the pods report v2, which is deployed: a cache answers, or the route leads elsewhere'
    ],
    [
      'the route, though a pod that never started has another image',
      { says: 'v1', pods: { ...AGREEING, c: { digest: '', runtime: '' } } },
      'route: The public address reports v1, but the pods report v2, which is deployed: a cache answers, or the route leads elsewhere'
    ],
    [
      'the route, where the address has another build of the same version',
      { says: 'v2 def5678', pods: AGREEING },
      'route: The public address reports v2 of commit def5678, but the pods report v2 of commit abc1234: a cache answers, or the route leads elsewhere'
    ],
    [
      'the route, where the tag names no version',
      { image: 'app:latest', says: 'v1', pods: { a: { says: 'v2', image: 'app:latest' } } },
      'route: The public address reports v1, but the pods report v2: a cache answers, or the route leads elsewhere'
    ],
    [
      'the route, where commits are compared',
      {
        image: 'app:sha-abc1234',
        target: { versionMatch: 'git-sha' },
        says: 'v2 def5678',
        pods: { a: { says: 'v2 abc1234', image: 'app:sha-abc1234' } }
      },
      'route: The public address reports commit def5678, but the pods report commit abc1234, which is deployed: a cache answers, or the route leads elsewhere'
    ],
    [
      'the build, where all pods report another version than their tag',
      { says: 'v1', pods: { a: { says: 'v1' }, b: { says: 'v1' } } },
      "build: All pods run the tag v2, but report v1: the image was built without its metadata, or with another's"
    ],
    [
      'the build, and the address is elsewhere as well',
      { says: 'v0', pods: { a: { says: 'v1' } } },
      "build: All pods run the tag v2, but report v1: the image was built without its metadata, or with another's; the public address reports v0, which no pod does"
    ],
    [
      'the build, though a webhook named another registry',
      { says: 'v1', pods: { a: { says: 'v1', image: 'mirror.example/app:v2' } } },
      "build: All pods run the tag v2, but report v1: the image was built without its metadata, or with another's"
    ],
    [
      'the build, where the image is labelled as it reports',
      { says: 'v1 abc1234', labels: { version: 'v1', revision: 'abc1234' } },
      "build: The public address reports v1, and the image that runs is labelled so, but its tag is v2: the image was built without its metadata, or with another's"
    ],
    [
      'the build, where its label has the commit that is reported and the tag another',
      {
        image: 'app:sha-def5678',
        target: { versionMatch: 'git-sha' },
        labels: { revision: 'abc1234' }
      },
      "build: The public address reports commit abc1234, and the image that runs is labelled so, but its tag is sha-def5678: the image was built without its metadata, or with another's"
    ],
    [
      'the rollout, with its beginning and what the old pods report',
      {
        says: 'v1',
        rollout: { state: 'STUCK', message: 'Rollout is stuck: 1 of 3 pods updated', startedAt: MADE_AT }
      },
      'rollout: Rollout is stuck: 1 of 3 pods updated; it began at 2026-11-03T03:04:05Z; the public address reports v1'
    ],
    [
      'the rollout, where pods differ while it goes on',
      { pods: { ...AGREEING, c: { says: 'v1', image: 'app:v1' } }, rollout: { state: 'ROLLING' } },
      'rollout: Rollout under way'
    ],
    [
      'the rollout, where its partition keeps old pods',
      {
        pods: { ...AGREEING, c: { image: 'app:v1' } },
        rollout: { state: 'MIXED', held: 'partition', running: MIXTURE }
      },
      'rollout: Old pods are kept on purpose by the partition'
    ],
    [
      'the rollout, where it is paused and pods are not watched',
      { says: 'v1', rollout: { state: 'STABLE', held: 'paused' } },
      'rollout: Old pods are kept on purpose: the rollout is paused; the public address reports v1'
    ],
    [
      'the rollout in its own words, where it goes on though it is paused',
      { says: 'v1', rollout: { state: 'ROLLING', held: 'paused' } },
      'rollout: Rollout under way; the public address reports v1'
    ],
    [
      'the rollout, where all pods are old and nobody deleted them',
      {
        says: 'v1',
        pods: { a: { says: 'v1', image: 'app:v1' } },
        rollout: { state: 'STABLE', held: 'on_delete' }
      },
      'rollout: Old pods stay until somebody deletes them (OnDelete); the public address reports v1'
    ],
    [
      'the pods, by what they report',
      { pods: { ...AGREEING, c: { says: 'v1' } }, rollout: { state: 'STABLE' } },
      'pods: 1 of 3 pods is out of step, and no rollout is under way: c, created at 2026-11-03T03:04:05Z, reports v1'
    ],
    [
      'nobody, where pods write one commit in two lengths',
      { pods: { a: { says: 'v2 abc1234' }, b: { says: 'v2 abc1234def' } } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'the pods, by their commits alone',
      {
        image: 'app:sha-abc1234',
        target: { endpoint: null, versionMatch: 'git-sha' },
        pods: {
          a: { says: ' abc1234', image: 'app:sha-abc1234' },
          b: { says: ' def5678', image: 'app:sha-abc1234' }
        }
      },
      'pods: 1 of 2 pods is out of step: b, created at 2026-11-03T03:04:05Z, reports commit def5678'
    ],
    [
      'the pods, by their silence',
      { pods: { ...AGREEING, c: { fails: 'no answer within 10 s' } } },
      'pods: 1 of 3 pods is out of step: c, created at 2026-11-03T03:04:05Z, gives no report (no answer within 10 s)'
    ],
    [
      'the pods, by their images alone, where none of them answers',
      {
        pods: { a: { fails: 'refused' }, b: {}, c: {}, d: { fails: 'refused' }, e: {}, f: {} },
        rollout: { state: 'MIXED', running: MIXTURE }
      },
      'pods: 4 of 6 pods are out of step, and no rollout is under way: c, created at 2026-11-03T03:04:05Z, runs app:v1; d, created at 2026-11-03T03:04:05Z, runs app:v1; e, created at 2026-11-03T03:04:05Z, runs app:v1; and 1 more'
    ],
    [
      'the pods, by the images that they run, though nobody asks them',
      {
        asksPods: false,
        pods: { a: {}, b: {}, c: {}, d: {}, e: {}, f: {} },
        rollout: { state: 'MIXED', running: MIXTURE }
      },
      'pods: 4 of 6 pods are out of step, and no rollout is under way: c, created at 2026-11-03T03:04:05Z, runs app:v1; d, created at 2026-11-03T03:04:05Z, runs app:v1; e, created at 2026-11-03T03:04:05Z, runs app:v1; and 1 more'
    ],
    [
      'the containers on a Docker host, by the images that they run',
      {
        asksPods: false,
        pods: { a: {}, b: { image: 'app:v1' } },
        target: ON_DOCKER,
        facts: { workload: seen(aWorkload({ kind: 'Container', name: 'app', image: 'app:v2' })) }
      },
      'pods: 1 of 2 pods is out of step, and no rollout is under way: b, created at 2026-11-03T03:04:05Z, runs app:v1'
    ],
    [
      'the containers on a Docker host, by the digests that Swarm writes behind one tag',
      {
        image: `app:v2@${NEW}`,
        asksPods: false,
        pods: { a: { image: `app:v2@${NEW}` }, b: { image: `app:v2@${RUNNING}` } },
        target: ON_DOCKER,
        facts: { workload: seen(aWorkload({ kind: 'Container', name: 'app', image: `app:v2@${NEW}` })) }
      },
      `pods: 1 of 2 pods is out of step, and no rollout is under way: b, created at 2026-11-03T03:04:05Z, runs app:v2@${RUNNING}`
    ],
    [
      'nobody on a Docker host, where the image of a container could not be read',
      {
        asksPods: false,
        pods: { a: {}, b: { image: '', digest: '' } },
        target: ON_DOCKER,
        facts: { workload: seen(aWorkload({ kind: 'Container', name: 'app', image: 'app:v2' })) }
      },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'nobody on a Docker host, where two digests of one image run',
      {
        asksPods: false,
        pods: { a: {}, b: { digest: NEW } },
        target: ON_DOCKER,
        facts: { workload: seen(aWorkload({ kind: 'Container', name: 'app', image: 'app:v2' })) }
      },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'the tag, where it was moved',
      { check: DRIFTED },
      'tag_moved: Pods run sha256:000000000000, but the tag v2 means sha256:bbbbbbbbbbbb now: the tag was moved after their image was pulled'
    ],
    [
      'the tag, where it names no version',
      { image: 'app:latest', check: DRIFTED },
      'tag_moved: Pods run sha256:000000000000, but the tag latest means sha256:bbbbbbbbbbbb now: the tag was moved after their image was pulled'
    ],
    [
      'the deployment, by the label',
      { label: '1' },
      'deployment: v2 is deployed and reported, but 1 (by the label app.kubernetes.io/version) is declared: somebody deployed by hand, or the declaration is old'
    ],
    [
      'the deployment, by the release manifest',
      { label: '2', manifest: { tag: 'v3' } },
      'deployment: v2 is deployed and reported, but v3 (by the release manifest) is declared: somebody deployed by hand, or the declaration is old'
    ],
    [
      'the deployment, by the declared commit, where the image is of the reported one',
      { manifest: { tag: 'v2', gitSha: 'def5678' }, labels: { revision: 'abc1234' } },
      'deployment: v2 is deployed and reported, but v2, commit def5678, (by the release manifest) is declared: somebody deployed by hand, or the declaration is old'
    ],
    [
      'the metadata, where the version is right and the commit is not that of the image',
      { labels: { revision: 'def5678' } },
      "metadata: v2 is right, but its commit is not: abc1234 is reported, and the image's label org.opencontainers.image.revision says def5678; a label that comes from the base image looks like this too"
    ],
    [
      'the metadata, by the labels that the runtime tells',
      { asksPods: false, pods: { a: { labels: { revision: 'def5678' } } } },
      "metadata: v2 is right, but its commit is not: abc1234 is reported, and the image's label org.opencontainers.image.revision says def5678; a label that comes from the base image looks like this too"
    ],
    [
      'the metadata, by what the pods report where nothing else is asked',
      { target: { endpoint: null }, pods: AGREEING, labels: { revision: 'def5678' } },
      "metadata: v2 is right, but its commit is not: abc1234 is reported, and the image's label org.opencontainers.image.revision says def5678; a label that comes from the base image looks like this too"
    ],
    [
      'the metadata, where no pod reports a commit',
      { target: { endpoint: null }, pods: { a: { says: 'v2' }, b: { says: 'v2' } } },
      'metadata: The report names no commit: the image was built without it, or the endpoint leaves it out'
    ],
    [
      'the metadata by the labels of what was checked, whatever an old pod runs beside it',
      { asksPods: false, pods: { a: {}, b: { image: 'app:v1', digest: NEW } }, labels: { revision: 'def5678' } },
      "metadata: v2 is right, but its commit is not: abc1234 is reported, and the image's label org.opencontainers.image.revision says def5678; a label that comes from the base image looks like this too"
    ],
    [
      'nobody, where two digests of one image run',
      { asksPods: false, pods: { a: {}, b: { digest: NEW } }, rollout: { state: 'MIXED', running: TWO_DIGESTS } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'the pods that report another version of the same commit',
      { pods: { ...AGREEING, c: { says: 'v1 abc1234' } } },
      'pods: 1 of 3 pods is out of step: c, created at 2026-11-03T03:04:05Z, reports v1, commit abc1234'
    ],
    [
      'the pods that report another commit of the same version',
      { pods: { ...AGREEING, c: { says: 'v2 def5678' } } },
      'pods: 1 of 3 pods is out of step: c, created at 2026-11-03T03:04:05Z, reports v2, commit def5678'
    ],
    [
      'the pods, where all that answer differ and one is silent',
      { pods: { a: { says: 'v1' }, b: { fails: 'no answer' } } },
      'pods: 2 of 2 pods are out of step: a, created at 2026-11-03T03:04:05Z, reports v1; b, created at 2026-11-03T03:04:05Z, gives no report (no answer)'
    ],
    [
      'nobody by labels, where the pods run images with different ones',
      { asksPods: false, pods: { a: { labels: { revision: 'def5678' } }, b: { labels: { revision: 'abc1234' } } } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'nobody by labels, where the runtime does not tell those of every pod',
      { asksPods: false, pods: { a: { labels: { revision: 'def5678' } }, b: {} } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'nobody by what the registry said of an image that runs no more',
      { asksPods: false, pods: { a: {}, b: { digest: NEW } }, labels: { revision: 'def5678' } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'nobody by what the registry said of another configuration',
      { asksPods: false, pods: { a: { digest: '', imageId: NEW } }, labels: { revision: 'def5678' } },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'the metadata by what the registry said of this configuration',
      { asksPods: false, pods: { a: { digest: '', imageId: RUNNING } }, labels: { revision: 'def5678' } },
      "metadata: v2 is right, but its commit is not: abc1234 is reported, and the image's label org.opencontainers.image.revision says def5678; a label that comes from the base image looks like this too"
    ],
    [
      'nobody by a tag that was moved, where the image is pinned by its digest',
      { image: `app:v2@${RUNNING}`, check: DRIFTED },
      'none: Nobody is out of step: v2 is deployed and reported'
    ],
    [
      'the metadata, where the tag names another commit',
      { image: 'app:v2-def5678', says: 'v2-def5678 abc1234' },
      'metadata: v2-def5678 is right, but its commit is not: abc1234 is reported, and the tag v2-def5678 names another'
    ],
    [
      'the metadata, where the commit is missing',
      { says: 'v2' },
      'metadata: The report names no commit: the image was built without it, or the endpoint leaves it out'
    ],
    [
      'the endpoint, with the reason',
      { fails: 'no answer within 10 s' },
      'endpoint: No usable report: no answer within 10 s'
    ],
    [
      'the endpoint, where no pod is ready',
      { fails: 'HTTP 503', facts: { workload: seen(aWorkload({ image: 'app:v2', status: NONE_READY })) } },
      'endpoint: No usable report: HTTP 503; no pod is ready'
    ],
    [
      'the endpoint, where no pod can be created',
      {
        fails: 'HTTP 503',
        facts: {
          workload: seen(aWorkload({ status: seen({ ...NONE_READY.value, failure: 'exceeded quota: q' }) }))
        }
      },
      'endpoint: No usable report: HTTP 503; no pod is ready; pods cannot be created: exceeded quota: q'
    ],
    [
      'the endpoint, where the workload is scaled to zero',
      { fails: 'HTTP 503', facts: { workload: seen(aWorkload({ image: 'app:v2', status: NONE_WANTED })) } },
      'endpoint: No usable report: HTTP 503; it is scaled to zero'
    ],
    [
      'the endpoint on a Docker host, where the container has ended',
      { fails: 'refused', facts: { workload: CONTAINER, pods: seen([]) } },
      'endpoint: No usable report: refused; no container of it runs'
    ],
    [
      'the endpoint on a Docker host, where the container restarts again and again',
      { fails: 'refused', facts: { workload: CONTAINER, pods: seen([RESTARTING]) } },
      'endpoint: No usable report: refused; no container of it is ready (shop-1: restarting)'
    ],
    [
      'the endpoint on a Docker host, where one container is ready',
      { fails: 'refused', facts: { workload: CONTAINER, pods: seen([RESTARTING, aPod()]) } },
      'endpoint: No usable report: refused'
    ],
    [
      'the endpoint, where the workload is not seen either',
      { fails: 'HTTP 503', facts: { workload: unseen('never_read', 'forbidden') } },
      'endpoint: No usable report: HTTP 503'
    ],
    [
      'the endpoint, and what is known beside it',
      { fails: 'HTTP 503', pods: AGREEING, rollout: { state: 'STUCK', message: 'Rollout is stuck' } },
      'endpoint: No usable report: HTTP 503; Rollout is stuck; at their own addresses the pods report v2, which is deployed'
    ]
  ] as const satisfies readonly (readonly [string, Case, string])[]) {
    test(`names ${rule}`, () => {
      const { culprit, message, missing } = diagnosisOf(given)
      assert.equal(`${culprit}: ${message}`, expected)
      assert.equal(missing, null)
    })
  }

  for (const [rule, given, fact, expected] of [
    [
      'what each pod reports, by the annotation and the variable',
      { says: 'v1', target: { origin: 'annotation' }, facts: { pods: NOT_READ } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: pods are not read: set WATCH_PODS=true and grant the rights; set the annotation version-guard.keybuzz.io/endpoint-scope: pods'
    ],
    [
      'what each pod reports, by no variable that the source does not take',
      { says: 'v1', asksPods: true, facts: { pods: NO_PODS_IN_FILE } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: fleet.yaml has no objects of kind Pod'
    ],
    [
      'what each pod reports, by the key of the targets file',
      { says: 'v1', asksPods: false, pods: { a: {} } },
      'pods',
      "The public address reports v1, but v2 is deployed; what each pod reports would decide: set endpointScope: pods in the target's entry of TARGETS_FILE"
    ],
    [
      'what each pod reports, though they cannot be read now',
      { says: 'v1', asksPods: true, facts: { pods: unseen('never_read', 'pods is forbidden') } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: pods is forbidden'
    ],
    [
      'what each pod reports, where a rollout is under way and changes no image',
      { says: 'v1', asksPods: false, pods: { a: {} }, rollout: { state: 'ROLLING' }, target: { origin: 'annotation' } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: set the annotation version-guard.keybuzz.io/endpoint-scope: pods'
    ],
    [
      'what each pod reports, where a rollout is paused and no old pod runs',
      {
        says: 'v1',
        asksPods: false,
        pods: { a: {} },
        rollout: { state: 'STABLE', held: 'paused' },
        target: { origin: 'annotation' }
      },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: set the annotation version-guard.keybuzz.io/endpoint-scope: pods'
    ],
    [
      'what each pod reports, where an old one runs and no rollout is under way',
      {
        says: 'v1',
        asksPods: false,
        pods: { a: { image: 'app:v1' } },
        rollout: { state: 'STABLE' },
        target: { origin: 'annotation' }
      },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: set the annotation version-guard.keybuzz.io/endpoint-scope: pods'
    ],
    [
      'what each pod reports, before one has answered',
      { says: 'v1', pods: { a: { isAsked: true } } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: they have not been asked yet'
    ],
    [
      'what each pod reports, though another commit was declared as well',
      { says: 'v1 abc1234', manifest: { tag: 'v2', gitSha: 'def5678' }, pods: { a: {} } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: no pod is ready to be asked'
    ],
    [
      'what each pod reports, though on a Docker host none has an address: no annotation would help',
      { says: 'v1', target: { origin: 'annotation' }, facts: { workload: CONTAINER, pods: seen([aPod({ ip: '' })]) } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: no pod that is ready has an address of its own: its network is that of the host, that of another container, or none'
    ],
    [
      'what each pod reports, where none is ready',
      { says: 'v1', pods: { a: {} } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: no pod is ready to be asked'
    ],
    [
      'what each pod reports, where none answers',
      { says: 'v1', pods: { a: { fails: 'connection refused' } }, target: { origin: 'annotation' } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: no pod gives a report at port 8080 (a: connection refused); set the annotations endpoint-port and endpoint-path, and let the guard reach the pods'
    ],
    [
      'what each pod reports, where ENDPOINT_ALLOW does not name their addresses',
      { says: 'v1', pods: { a: { refused: '10.1.0.1 may not be reached' } } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: a: 10.1.0.1 may not be reached'
    ],
    [
      'what each pod reports, where the address is right',
      { pods: { a: { fails: 'connection refused' } } },
      'pods',
      'Nobody can be named; what each pod reports would decide: no pod gives a report at port 8080 (a: connection refused); set endpointPort and endpointPath, and let the guard reach the pods'
    ],
    [
      'what the other pods report, where they run something else',
      { says: 'v1', pods: { a: { says: 'v2' }, b: { digest: NEW } } },
      'pods',
      'The public address reports v1, but v2 is deployed; what each pod reports would decide: only 1 of 2 pods gave a report, and the others run another image'
    ],
    [
      'what the other pods report, where the address has another build',
      { says: 'v2 def5678', pods: { a: { says: 'v2 abc1234' }, b: { digest: NEW } } },
      'pods',
      'The public address reports v2, commit def5678, but the pods that were asked report v2, commit abc1234; what each pod reports would decide: only 1 of 2 pods gave a report, and the others run another image'
    ],
    [
      'the next report, while nobody was asked',
      { says: null },
      'report',
      'Nobody can be named; the next report of the public address would decide: it has not been asked yet'
    ],
    [
      'the next report, where the last one is older than the end of the rollout',
      { says: 'v1', pods: AGREEING, rollout: ENDED },
      'report',
      'Nobody can be named; the next report of the public address would decide: it has not been asked since the rollout ended'
    ],
    [
      'nothing of the commit in a report that is older than the end of the rollout',
      { says: 'v2 def5678', pods: { a: {} }, labels: { revision: 'abc1234' }, rollout: ENDED },
      'pods',
      'Nobody can be named; what each pod reports would decide: no pod is ready to be asked'
    ],
    [
      'what is deployed, where the workload is not seen',
      { facts: { workload: unseen('not_found', 'Deployment shop not found in namespace dev') } },
      'deployed',
      'Nobody can be named; it is not known which version is deployed: Deployment shop not found in namespace dev'
    ],
    [
      'what is deployed, where no container on a Docker host runs',
      { says: 'v1 abc1234', facts: { workload: CONTAINER, pods: seen([]) } },
      'deployed',
      'Nobody can be named; it is not known which version is deployed: no container of it runs, so something else answers at the public address'
    ],
    [
      'what is deployed, where the tag names no version',
      { image: 'app:latest' },
      'deployed',
      'Nobody can be named; it is not known which version is deployed: the tag latest names no version: deploy one that does'
    ],
    [
      'what is deployed, where the tag holds no commit',
      { target: { versionMatch: 'git-sha' } },
      'deployed',
      'Nobody can be named; it is not known which version is deployed: the tag v2 holds no git SHA: deploy one that does'
    ],
    [
      'what is deployed, where there is a digest alone',
      { image: `app@${RUNNING}`, target: { endpoint: null }, pods: { a: { says: 'v2', image: `app@${RUNNING}` } } },
      'deployed',
      `Nobody can be named; it is not known which version is deployed: app@${RUNNING} has no tag: deploy one that names a version`
    ],
    [
      "the image's labels, by the variable and the annotation",
      { manifest: { tag: 'v2', gitSha: 'def5678' } },
      'image labels',
      'Commit abc1234 is reported, but def5678 is declared; the image\'s labels would decide: set IMAGE_UPDATES=opt-in and the annotation version-guard.keybuzz.io/image-updates: "true" on the workload'
    ],
    [
      "the image's labels, by the annotation alone",
      { manifest: { tag: 'v2', gitSha: 'def5678' }, facts: { images: [] } },
      'image labels',
      'Commit abc1234 is reported, but def5678 is declared; the image\'s labels would decide: set the annotation version-guard.keybuzz.io/image-updates: "true" on the workload'
    ],
    [
      "the image's labels, where the image has none",
      { manifest: { tag: 'v2', gitSha: 'def5678' }, labels: { revision: 'main' } },
      'image labels',
      "Commit abc1234 is reported, but def5678 is declared; the image's labels would decide: build the image with the label org.opencontainers.image.revision"
    ],
    [
      "the image's labels, where nobody knows which image runs",
      { manifest: { tag: 'v2', gitSha: 'def5678' }, check: {}, facts: { pods: NOT_READ } },
      'image labels',
      "Commit abc1234 is reported, but def5678 is declared; the image's labels would decide: pods are not read: set WATCH_PODS=true and grant the rights, so that the running digest is known"
    ],
    [
      "the image's labels, where the registry refuses them",
      {
        manifest: { tag: 'v2', gitSha: 'def5678' },
        asksPods: false,
        pods: { a: {} },
        check: { runningLabels: unseen('forbidden', 'ghcr.io/app: 403') }
      },
      'image labels',
      "Commit abc1234 is reported, but def5678 is declared; the image's labels would decide: ghcr.io/app: 403"
    ]
  ] as const satisfies readonly (readonly [string, Case, string, string])[]) {
    test(`asks for ${rule}`, () => {
      const { culprit, message, missing } = diagnosisOf(given)
      assert.equal(message, expected)
      assert.equal(culprit, 'unknown')
      assert.equal(missing?.fact, fact)
    })
  }

  test('proves by every pair of facts, and says which was not seen', () => {
    const nothing = {
      declared: 'unknown',
      address: 'agrees',
      pods: 'unknown',
      addressAndPods: 'unknown',
      digest: 'unknown',
      imageLabel: 'unknown',
      builtCommit: 'unknown',
      tagCommit: 'unknown',
      declaredCommit: 'unknown'
    }
    assert.deepEqual(diagnosisOf({}).proof, nothing)
    assert.deepEqual(diagnosisOf({ labels: { revision: null } }).proof, { ...nothing, digest: 'agrees' })
    const all: Case = {
      image: 'app:v2-abc1234',
      says: 'v2-abc1234 abc1234',
      pods: { a: { says: 'v2-abc1234 abc1234', image: 'app:v2-abc1234' } },
      labels: { revision: 'abc1234', version: 'v2-abc1234' },
      manifest: { tag: 'v2-abc1234', gitSha: 'abc1234' }
    }
    const agreeing = Object.fromEntries(Object.keys(nothing).map(pair => [pair, 'agrees']))
    assert.deepEqual(diagnosisOf(all).proof, agreeing)
    assert.deepEqual(diagnosisOf({ ...all, labels: { revision: 'abc1234', version: 'v1' } }).proof, {
      ...agreeing,
      imageLabel: 'differs'
    })
    const isNoCommit = diagnosisOf({ ...all, labels: { revision: 'rel-abc1234', version: 'v2-abc1234' } })
    assert.equal(isNoCommit.proof.builtCommit, 'unknown')
    for (const [pods, expected] of [
      [{ a: { says: 'v1' } }, 'differs'],
      [{ a: { says: 'v2' }, b: { says: 'v1' } }, 'differs'],
      [{ a: { says: 'v2' }, b: { image: 'app:v0', digest: NEW } }, 'agrees'],
      [{ a: { says: 'v2' }, b: { fails: 'no answer' } }, 'unknown']
    ] as const) {
      assert.equal(diagnosisOf({ pods }).proof.pods, expected)
    }
    assert.equal(diagnosisOf({ fails: 'no answer' }).proof.address, 'unknown')
  })

  for (const [rule, versionMatch, given, proof] of [
    [
      'a leading v under semver',
      'semver',
      { image: 'app:v2', says: 'v2 abc1234', pods: { a: { says: '2 abc1234' } }, labels: { version: '2' } },
      { addressAndPods: 'agrees', imageLabel: 'agrees' }
    ],
    [
      'no leading v where versions are compared as they are',
      'exact',
      { image: 'app:v2', says: 'v2 abc1234', pods: { a: { says: '2 abc1234' } }, labels: { version: '2' } },
      { addressAndPods: 'differs', imageLabel: 'differs' }
    ],
    [
      'the version where commits are compared',
      'git-sha',
      {
        image: 'app:main-abc1234',
        says: 'main abc1234',
        pods: { a: { says: '2 abc1234', image: 'app:main-abc1234' } }
      },
      { addressAndPods: 'agrees' }
    ],
    [
      'no other commit where commits are compared',
      'git-sha',
      {
        image: 'app:main-abc1234',
        says: 'main abc1234',
        pods: { a: { says: 'main def5678', image: 'app:main-abc1234' } }
      },
      { addressAndPods: 'differs' }
    ]
  ] as const satisfies readonly (readonly [string, string, Case, object])[]) {
    test(`overlooks ${rule}`, () => {
      const pairs = diagnosisOf({ ...given, target: { versionMatch } }).proof
      assert.deepEqual({ ...pairs, ...proof }, pairs)
    })
  }

  test('has the age of its oldest fact, and when the pods that are out of step were made', () => {
    const ageOf = (given: Case) => diagnosisAsOf(judgeCase(given))
    assert.equal(ageOf({}), MADE_AT + 60_000)
    assert.equal(ageOf({ labels: {}, check: { checkedAt: 7 } }), 7)
    assert.equal(ageOf({ says: null }), null)
    const refused = {
      tag: 'v2',
      releasedAt: null,
      runner: '',
      gitSha: null,
      readAt: 9,
      refusal: 'it is not of this service'
    }
    assert.equal(ageOf({ facts: { manifest: seen(refused) } }), 9)
    const { since, pods } = diagnosisOf({ pods: { a: { says: 'v2' }, b: { says: 'v2' }, c: { says: 'v1' } } })
    assert.deepEqual([since, pods], [MADE_AT, ['c']])
    assert.equal(diagnosisOf({ says: 'v1', rollout: { state: 'ROLLING', startedAt: 5 } }).since, 5)
    assert.equal(diagnosisOf({}).since, null)
  })

  test('names five pods at the most, and counts the others', () => {
    const names = ['c', 'd', 'e', 'f', 'g', 'h', 'i']
    const pods = { a: { says: 'v2' }, ...Object.fromEntries(names.map(name => [name, { says: 'v1' }])) }
    const diagnosis = diagnosisOf({ pods })
    assert.deepEqual(diagnosis.pods, ['c', 'd', 'e', 'f', 'g'])
    assert.match(diagnosis.message, /^7 of 8 pods are out of step: c, .*; g, [^;]*; and 2 more$/)
  })

  test('is absent for a service whose version is not judged', () => {
    const { report } = judgeOne({ target: aTarget({ endpoint: null }) })
    assert.equal(report.diagnosis, null)
  })

  test('names the containers without an endpoint that run another image on a Docker host', () => {
    const running = (...images: readonly string[]) => {
      const pods = images.map((image, index) => aPod({ name: `shop-${index + 1}`, containers: [{ image }] }))
      const workload = aWorkload({ kind: 'Container', image: 'shop:v2' })
      return judgeOne({
        target: aTarget({ endpoint: null, workload: { kind: 'Container', name: 'shop' } }),
        facts: { workload: seen(workload), pods: seen(pods) },
        guards: [createRolloutGuard(0)]
      }).report
    }
    const mixed = running('shop:v1', 'shop:v2')
    assert.equal(
      mixed.diagnosis?.message,
      '1 of 2 pods is out of step, and no rollout is under way: shop-1, created at 1970-01-01T00:00:00Z, runs shop:v1'
    )
    assert.deepEqual(severitiesOf(mixed), ['warning', 'warning'])
    assert.equal(running('shop:v2', 'shop:v2').diagnosis, null)
  })

  test('goes with the status of the version, names the fact that is missing, and is in words', () => {
    fc.assert(
      fc.property(anyCase, given => {
        const report = judgeCase(given)
        const status = versionOf(report)?.status
        const { diagnosis } = report
        assert.equal(diagnosis === null, status === undefined)
        if (diagnosis === null) return
        const { culprit, message, missing, pods } = diagnosis
        if (culprit === 'none') assert.equal(status, 'OK')
        if (status === 'MISMATCH' || status === 'ERROR' || status === 'WARNING') assert.notEqual(culprit, 'none')
        assert.equal(
          culprit === 'endpoint',
          given.fails !== undefined && report.endpoint !== null && given.says !== null
        )
        assert.equal(missing !== null, culprit === 'unknown')
        assert.ok(culprit === 'pods' || pods.length === 0)
        assert.doesNotMatch(message, /undefined|null|NaN|: ;|: $|; $| {2}/)
      }),
      { numRuns: 5_000, seed: 17 }
    )
  })
})
