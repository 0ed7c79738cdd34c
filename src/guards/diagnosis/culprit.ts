import type { Culprit, Relation } from '../../domain/diagnosis.ts'

/** How the facts of one service relate to each other. */
export interface Relations {
  /**
   * The report of the public address against the deployed tag. `failed`: it gave none; `pending`: it was not asked yet, or
   * not since the last rollout ended; `none`: there is no address.
   */
  readonly address: Relation | 'failed' | 'pending' | 'none'
  /**
   * The reports of the pods, each asked at its own address, against the deployed tag. `agrees`: all pods report it, or
   * run the very image of one that does. `partly`: those that were asked report it. `differs`: all run the deployed
   * tag, and all report the same other version. `mixed`: some differ, from the tag or from each other. `failing`: some
   * give no report, the others agree. `alike`: all report the same, but the tag has nothing to compare it with.
   * `unknown`: none could be asked, or not all that may answer. `none`: nobody wants them to be asked.
   */
  readonly pods: Relation | 'partly' | 'mixed' | 'failing' | 'alike' | 'none'
  /** The report of the public address against the one that all pods give, if they do: version and commit. */
  readonly addressAndPods: Relation
  /**
   * `under_way`: also one that is stuck, or that is held on purpose while old pods run.
   * `same_image`: one is under way, and all pods run the deployed tag.
   */
  readonly rollout: 'under_way' | 'same_image' | 'at_rest' | 'unknown'
  /** What was declared against the deployed tag. */
  readonly declared: Relation
  /** The running digest against the one that the tag points to now. */
  readonly digest: Relation
  /** The version or the commit, whichever is compared with the tag, against the running image's label for it. */
  readonly imageLabel: Relation
  /** The reported commit against the running image's label for it. */
  readonly builtCommit: Relation
  /** The reported commit against the one that the deployed tag holds; where versions are compared by it, it never differs. */
  readonly tagCommit: Relation
  /** The reported commit against the declared one. */
  readonly declaredCommit: Relation
  /** Whether the report lacks a commit, and nothing else is wrong with it. */
  readonly lacksCommit: boolean
}

/** Who is out of step, as a person would reason it. Total; nothing is concluded from what is unknown. */
export function findCulprit(relations: Relations): Culprit {
  const { address, pods, rollout, digest, imageLabel, builtCommit } = relations
  const isMoved = digest === 'differs'
  if (address === 'failed') return 'endpoint'
  if (pods === 'mixed' || pods === 'failing') {
    if (rollout === 'under_way' || rollout === 'same_image') return 'rollout'
    // A moved tag explains two versions under one name, but not a pod that gives no report.
    return isMoved && pods === 'mixed' ? 'tag_moved' : 'pods'
  }
  if (pods === 'differs') return isMoved ? 'tag_moved' : 'build'
  if (address === 'differs') {
    if (pods === 'agrees') return 'route'
    // The image's own label says what is reported, and that is not what its tag says.
    if (imageLabel === 'agrees' && builtCommit !== 'differs') return isMoved ? 'tag_moved' : 'build'
    if (rollout === 'under_way') return 'rollout'
    return isMoved ? 'tag_moved' : 'unknown'
  }
  return findCulpritOfRight(relations)
}

/** Where no report contradicts the tag. */
function findCulpritOfRight(relations: Relations): Culprit {
  const { address, pods, addressAndPods, declared, digest } = relations
  const { builtCommit, tagCommit, declaredCommit, lacksCommit } = relations
  // Another build of the same version, or of a tag that names none.
  if (addressAndPods === 'differs' && (pods === 'agrees' || pods === 'alike')) return 'route'
  const isRight = address === 'agrees' || pods === 'agrees' || pods === 'partly'
  if (isRight && declared === 'differs') return 'deployment'
  if (digest === 'differs') return 'tag_moved'
  if (isRight && (builtCommit === 'differs' || tagCommit === 'differs')) return 'metadata'
  const isBuilt = builtCommit === 'agrees' || tagCommit === 'agrees'
  if (isRight && declaredCommit === 'differs' && isBuilt) return 'deployment'
  if (lacksCommit) return 'metadata'
  const isDisputed = addressAndPods === 'differs' || declaredCommit === 'differs'
  const isAllSeen = address !== 'pending' && address !== 'unknown' && pods !== 'unknown' && pods !== 'alike'
  return isRight && isAllSeen && !isDisputed ? 'none' : 'unknown'
}
