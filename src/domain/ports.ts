import type { ImageLabels, ImageManifest, RegistryReason, TagList } from './image-registry.ts'
import { type Observed, unseen } from './observation.ts'
import type { Probe, ProbeReason } from './probe.ts'
import type { ProbedTarget, Target } from './target.ts'
import type { Pod, Revision, Workload, WorkloadRef } from './workload.ts'

/** Milliseconds since the epoch. */
export type Clock = () => number

/** Kinds of facts that the guards may have to do without; only the first is needed. */
export type FactKind = 'workloads' | 'pods' | 'revisions' | 'nodes' | 'images' | 'manifest' | 'helm' | 'objects'

/** Why a workload cannot be shown: looked for and not there, there but unreadable, or never looked. */
export type WorkloadUnseen = 'not_found' | 'unreadable' | 'never_read'

/** Why pods or revisions cannot be shown: nobody asked for them, or they could not be read. */
export type PodsUnseen = 'not_watched' | 'never_read'

/** What a source knows at one moment; immutable. */
export interface WorkloadSnapshot {
  /**
   * An unchanged one is the same object as in the previous snapshot, and at the same place as long as none comes or
   * goes.
   */
  readonly known: readonly KnownWorkload[]
  /** What could not be read though the rest could, one line each, bounded; empty: everything was read. */
  readonly warnings: readonly string[]
  /** `never_read` carries the cause and the cure, `not_found` where it looked, `unreadable` what was wrong and where. */
  find(ref: WorkloadRef): Observed<KnownWorkload, WorkloadUnseen>
}

/** A source's snapshot before it has read anything; `message` says why. */
export function nothingRead(message: string): WorkloadSnapshot {
  return { known: [], warnings: [], find: () => unseen('never_read', message) }
}

/** A workload with what belongs to it. */
export interface KnownWorkload {
  readonly workload: Workload
  readonly pods: Observed<readonly Pod[], PodsUnseen>
  readonly revisions: Observed<readonly Revision[], PodsUnseen>
}

/** What is known of a service's workload, and of what belongs to it. */
export interface WorkloadFacts extends Omit<KnownWorkload, 'workload'> {
  readonly workload: Observed<Workload, WorkloadUnseen>
}

/** One thing that cannot be seen. */
export interface SourceProblem {
  /** What, why, and its cure. */
  readonly message: string
  readonly withholds: FactKind
}

/** How well a source sees; exported and shown beside what it saw. */
export interface SourceHealth {
  /** False: the workloads that `snapshot` gives are old, or incomplete. An optional right that is missing changes nothing here. */
  readonly up: boolean
  /** When all workloads that are watched were last known to be true, ms since the epoch; `null`: never. */
  readonly lastSyncAt: number | null
  readonly problems: readonly SourceProblem[]
}

/**
 * Where workloads come from. Reads only. `file`, `kubernetes` and `docker` keep the same contract and share a test suite.
 *
 * What was once read stays until it is known to be gone: an outage never empties a snapshot.
 */
export interface WorkloadSource {
  /** Reads everything once, without watching. Never rejects: what could not be read shows in `health`. */
  read(signal: AbortSignal): Promise<void>
  /**
   * Reads, then follows until `close`; `onChange` is called after each change of `snapshot` or `health`.
   * Resolves when the first read has ended, well or not.
   */
  follow(onChange: () => void): Promise<void>
  snapshot(): WorkloadSnapshot
  /**
   * Reads the templates of these revisions of a workload, as far as they are not known yet; the next `snapshot` has them.
   * Never rejects: what could not be read shows in `health`.
   */
  readTemplates(ref: WorkloadRef, names: readonly string[]): Promise<void>
  health(): SourceHealth
  close(): Promise<void>
}

/**
 * Where a kind of facts that has a clock of its own comes from, such as what a registry says of a service's images.
 * Reads only. What was once read stays, with its age, until something newer is known.
 */
export interface FactSource<Fact> {
  /**
   * What is known of this service now, at once: the same object as before where nothing changed. Asked for each service
   * that is judged, so a source learns from it which services there are and what they run.
   */
  of(target: Target, workload: WorkloadFacts): Fact
  /** A different value, by identity, whenever `of` may answer the same arguments differently. */
  version(): unknown
  /** Called when the set of services changes: what is known of the ones that left is dropped. */
  forgetAllBut(targets: readonly Target[]): void
  /**
   * Reads, once and without following, everything that `of` was asked for. Never rejects: what failed shows in the
   * facts.
   */
  read(signal: AbortSignal): Promise<void>
  /**
   * Reads, then follows until `close`; `onChange` is called after each change of `version` or `health`.
   * Resolves when the first read has begun: nobody waits for a slow clock.
   */
  follow(onChange: () => void): Promise<void>
  /** A problem withholds this kind of facts and no other; it says nothing of the workloads' source. */
  health(): { readonly problems: readonly SourceProblem[] }
  close(): Promise<void>
}

/** One read of a target's debug endpoint; `timeoutMs` from connect to last byte, redirects included. Never rejects. */
export type ProbeEndpoint = (target: ProbedTarget, timeoutMs: number) => Promise<Probe<ProbeReason>>

/** A repository in a registry: `docker.io` and `library/nginx`. */
export interface ImageRepository {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
  /** Whose credentials may read it; absent: only those that are for everybody. */
  readonly pullSecrets?: PullSecrets
}

/** Secrets that the pods of a workload pull images with. */
interface PullSecrets {
  readonly namespace: string
  readonly names: readonly string[]
}

/**
 * Reads the docker config in a Secret, as text. `invalid`: the Secret is not one for registries. Never rejects, and no
 * message quotes the Secret.
 */
export type ReadPullSecret = (
  namespace: string,
  name: string
) => Promise<Observed<string, 'not_found' | 'forbidden' | 'invalid' | 'unreachable'>>

/** Reads registries. Never writes, never pulls a layer, never rejects: a failure is a reason with words for a person. */
export interface ImageRegistry {
  listTags(repository: ImageRepository): Promise<Observed<TagList, RegistryReason>>
  /** The digest that a tag points to now, of an index or of an image. */
  digestOf(repository: ImageRepository, tag: string): Promise<Observed<string, RegistryReason>>
  /** The manifest with a digest. */
  manifest(repository: ImageRepository, digest: string): Promise<Observed<ImageManifest, RegistryReason>>
  /** The first time takes two or three requests, which may count as pulls; from then on they are known. */
  labels(repository: ImageRepository, image: ImageContent): Promise<Observed<ImageLabels, RegistryReason>>
}

/** One image by its content. */
interface ImageContent {
  readonly digest: string
  /** `os/architecture[/variant]`, to choose from an index. `null`, or not in the index: its first image. */
  readonly platform: string | null
}
