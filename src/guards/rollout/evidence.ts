import { seen, unseen } from '../../domain/observation.ts'
import type { PodsUnseen } from '../../domain/ports.ts'
import type { RolloutEvidence } from '../../domain/rollout.ts'
import { chooseContainer } from '../deployed-image.ts'
import { describeAwaited, findAwaitedPods } from './awaited.ts'
import { timesOf } from './begin-and-end.ts'
import { remember } from './memory.ts'
import { countImages } from './running-images.ts'
import type { RolloutFacts, Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'
import { findWayBack } from './way-back.ts'

/** Before anything is known of a workload. */
export const NOTHING_SEEN: RolloutEvidence = {
  templateId: '',
  uid: '',
  awaited: '',
  stuckAt: null,
  held: null,
  startedAt: null,
  completedAt: null,
  awaitedPods: [],
  running: unseen('never_read', 'the workload was never seen'),
  wayBack: {
    revision: null,
    imageTag: '',
    proof: 'never_read',
    managedBy: { manager: '', release: '', releaseNamespace: '' },
    pods: [],
    command: '',
    note: ''
  },
  unreadRevisions: [],
  memory: {
    isNew: false,
    firstSeenAt: 0,
    movedAt: 0,
    best: { desired: 0, updated: 0, ready: 0 },
    partition: 0,
    resumedAt: null,
    isObserved: false,
    phase: 'unknown',
    toldEndAt: null,
    endBeforeAt: null,
    goodTemplates: []
  }
}

interface Judged {
  readonly scene: Scene
  readonly facts: RolloutFacts
  readonly verdict: Verdict
}

/** All that a verdict rests on and a person needs. */
export function collectEvidence({ scene, facts, verdict }: Judged): RolloutEvidence {
  const { workload, now } = scene
  const own = chooseContainer(scene.target, workload)
  const container = own?.name ?? ''
  // Of native sidecars, only the service's own counts.
  const template =
    own === undefined || workload.containers.includes(own) ? workload.containers : [...workload.containers, own]
  const pods = facts.pods.seen ? facts.pods.value.filter(({ terminatesAt }) => terminatesAt === null) : []
  const isStuck = !verdict.hasEnded && verdict.stuckAt <= now
  const isComplete = verdict.hasEnded && verdict.isComplete
  const mixable = isComplete && scene.pods !== null ? scene.pods.updated : pods
  const images = countImages(pods, template, container)
  const { startedAt, completedAt } = timesOf(scene, isComplete)
  const hasJustEnded = completedAt !== null && now - completedAt < LATELY_MS
  const running = { ...images, mixture: countImages(mixable, template, container).mixture }
  return {
    templateId: workload.templateId,
    uid: workload.uid ?? '',
    awaited: verdict.hasEnded ? '' : describeAwaited(scene),
    stuckAt: verdict.hasEnded || isStuck || verdict.stuckAt === Number.POSITIVE_INFINITY ? null : verdict.stuckAt,
    held: verdict.held,
    startedAt,
    completedAt,
    awaitedPods: verdict.hasEnded ? [] : findAwaitedPods(scene, container),
    running: facts.pods.seen ? seen(running) : facts.pods,
    wayBack: findWayBack({
      scene,
      pods,
      unseen: whyUnseen(scene, facts),
      isUnderWay: !verdict.hasEnded,
      container,
      helm: facts.helm?.seen ? facts.helm.value : null
    }),
    unreadRevisions: unreadRevisions(scene, !verdict.hasEnded || running.mixture !== null || hasJustEnded),
    memory: remember(scene, {
      phase: isComplete ? 'ended' : verdict.hasEnded ? scene.memory.phase : 'rolling',
      isGood: isComplete && scene.status.ready > 0,
      isResumed: scene.wasAtRest && !verdict.hasEnded && verdict.held === null
    })
  }
}

// If no pod is ready, no revision serves; that is known without seeing the pods.
function whyUnseen({ status }: Scene, { pods, revisions }: RolloutFacts): PodsUnseen | null {
  if (!revisions.seen) return revisions.reason
  return pods.seen || status.ready === 0 ? null : pods.reason
}

// For this long after a rollout has ended, KeyBuzzReleaseUnhealthy may need the way back.
const LATELY_MS = 3_600_000

/** When the templates of a rollout that has ended are no longer asked for, ms since the epoch; Infinity: none are. */
export function endOfReading({ completedAt, unreadRevisions }: RolloutEvidence, now: number): number {
  const end = (completedAt ?? Number.NEGATIVE_INFINITY) + LATELY_MS
  return unreadRevisions.length > 0 && now < end ? end : Number.POSITIVE_INFINITY
}

// A history may be kept as long as somebody likes.
const MOST_UNREAD = 20

/** Which templates would tell more; if nobody needs a way back, only the one that tells which revision is current. */
function unreadRevisions({ revisions, current, workload, status }: Scene, mayBeLeft: boolean): readonly string[] {
  if (!mayBeLeft && (current !== 'unknown' || status.desired === 0)) return []
  const unread = (revisions ?? []).filter(({ template }) => template === null).sort((a, b) => b.number - a.number)
  const isNewestEnough = !mayBeLeft && workload.kind === 'Deployment'
  return unread.slice(0, isNewestEnough ? 1 : MOST_UNREAD).map(({ name }) => name)
}
