import { isIPv6 } from 'node:net'
import type { PodEndpoint, PodReport } from '../domain/pod-reports.ts'
import type { WorkloadSnapshot } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import { type ProbedTarget, type Question, questionKey, type Target } from '../domain/target.ts'
import type { Pod, WorkloadRef } from '../domain/workload.ts'
import { compareText } from '../text/lines.ts'
import type { TargetSelection } from './targets.ts'

const MOST_PODS = 20

/** One pod of a target, and what it is asked. */
export interface PodQuestion {
  readonly pod: Pod
  readonly question: ProbedTarget
}

/**
 * The questions to a target's pods that are ready and not being deleted, at most twenty. Revisions take turns, so that
 * the few pods of one are not lost among the many of another. Always the same pods as long as none comes or goes.
 * Empty: the target is not asked pod by pod.
 *
 * Whoever named the target, whoever writes a pod's status chooses the address in it: it is limited like an address from
 * an annotation, and no secret header is sent to it.
 */
export function podQuestions(target: Target, pods: readonly Pod[]): readonly PodQuestion[] {
  const { podEndpoint, headers: _, ...rest } = target
  if (podEndpoint === undefined) return NONE
  return samplePods(pods).map(pod => {
    const { name, createdAt, ip, isOnHostNetwork } = pod
    const asked = { name, createdAt, ip, isOnHostNetwork }
    return { pod, question: { ...rest, endpoint: addressOf(ip, podEndpoint), origin: 'annotation', pod: asked } }
  })
}

// One for all, so that a service that is not asked pod by pod costs nothing.
const NONE: readonly never[] = []

/** Each pod that is asked, with the last answer if it was to the question that is asked now. */
export function podReports(
  target: Target,
  pods: readonly Pod[],
  observations: ReadonlyMap<string, Observation>
): readonly PodReport[] {
  if (target.podEndpoint === undefined || pods.length === 0) return NONE
  return podQuestions(target, pods).map(({ pod, question }) => {
    const last = observations.get(questionKey(question))
    const isOfThisPod = last?.target.endpoint === question.endpoint && last.target.pod?.createdAt === pod.createdAt
    return { pod, observation: isOfThisPod ? last : null }
  })
}

/** A selection's questions, and the pods that they go to. */
interface Listed {
  readonly selection: Selection
  /** Places of the targets that are asked pod by pod. */
  readonly places: readonly number[]
  readonly pods: readonly (readonly Pod[])[]
  readonly questions: readonly Question[]
}

type Selection = Pick<TargetSelection, 'targets' | 'refs'>

/** Lists what the targets of a selection are asked; the same array as long as neither they nor their pods change. */
export function createQuestionList() {
  let last: Listed | undefined
  return (selection: Selection, find: WorkloadSnapshot['find']): readonly Question[] => {
    const { targets, refs } = selection
    const places = last?.selection === selection ? last.places : placesOf(targets)
    if (places.length === 0) {
      last = { selection, places, pods: [], questions: targets }
      return targets
    }
    const pods = places.map(place => {
      const known = find(refs[place] as WorkloadRef)
      return known.seen && known.value.pods.seen ? known.value.pods.value : NONE
    })
    const before = last
    const isSame = before?.selection === selection && pods.every((list, index) => list === before.pods[index])
    if (isSame) return before.questions
    const ofPods = places.flatMap((place, index) => podQuestions(targets[place] as Target, pods[index] ?? NONE))
    last = { selection, places, pods, questions: [...targets, ...ofPods.map(({ question }) => question)] }
    return last.questions
  }
}

function placesOf(targets: readonly Target[]): readonly number[] {
  return targets.flatMap(({ podEndpoint }, place) => (podEndpoint === undefined ? [] : [place]))
}

function samplePods(pods: readonly Pod[]): readonly Pod[] {
  const askable = pods.filter(({ isReady, terminatesAt, ip }) => isReady && terminatesAt === null && ip !== '')
  if (askable.length <= MOST_PODS) return askable
  const byName = askable.toSorted((a, b) => compareText(a.name, b.name))
  const turns = [...Map.groupBy(byName, ({ revision }) => revision).values()].flatMap(ofOne =>
    ofOne.map((pod, turn) => ({ pod, turn }))
  )
  return turns
    .sort((a, b) => a.turn - b.turn)
    .slice(0, MOST_PODS)
    .map(({ pod }) => pod)
}

function addressOf(ip: string, { scheme, port, path }: PodEndpoint): string {
  return `${scheme}://${isIPv6(ip) ? `[${ip}]` : ip}:${port}${path}`
}
