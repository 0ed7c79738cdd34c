import type { ImageLabels, ImageManifest, PlatformImage, RegistryReason, TagList } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import type { Reply } from './ask-registry.ts'
import { BoundedMap } from './bounded-map.ts'
import { digestOf, MANIFEST_TYPES, parseLabels, parseManifest, readDigest } from './manifest.ts'
import {
  createRegistryAccess,
  type RegistryAccess,
  type RegistryAccessOptions,
  type RegistryRepository
} from './registry-access.ts'
import { firstValue } from './response-headers.ts'
import { type PageBounds, readTagPages } from './tag-pages.ts'
import { fingerprintOf } from './tokens.ts'

export interface RegistryClientOptions extends RegistryAccessOptions {
  /** Limits for one list of tags; absent: 200,000 tags, ten minutes. */
  readonly pageBounds?: PageBounds
}

/** Reads registries with GET and HEAD only. Never rejects: a failure is a reason with words for a person. */
export interface RegistryClient {
  listTags(repository: RegistryRepository): Promise<Observed<TagList, RegistryReason>>
  /** The digest that a tag points to now, of an index or of an image. */
  digestOf(repository: RegistryRepository, tag: string): Promise<Observed<string, RegistryReason>>
  /** The manifest with a digest. Cached. */
  manifest(repository: RegistryRepository, digest: string): Promise<Observed<ImageManifest, RegistryReason>>
  /** The labels of an image. Takes two or three requests, which may count as pulls. Cached. */
  labels(repository: RegistryRepository, image: ImageWanted): Promise<Observed<ImageLabels, RegistryReason>>
  /** Ends all connections. Later requests are `unreachable`. */
  close(): Promise<void>
}

interface ImageWanted {
  readonly digest: string
  /** `os/architecture[/variant]`, to choose from an index. `null`, or not in the index: its first image. */
  readonly platform: string | null
}

/** Content with a digest never changes. What was read with a credential is kept only for requests that have it. */
interface Kept {
  readonly manifests: Map<string, ImageManifest>
  readonly labels: Map<string, ImageLabels>
}

type Result<Value> = Promise<Observed<Value, RegistryReason>>

const MOST_KEPT = 2000
const MANIFEST_BYTES = 4 * 1024 * 1024
const PAGE_BYTES = 16 * 1024 * 1024
const PAGE_BOUNDS: PageBounds = { pages: 2000, tags: 200_000, bytes: 64 * 1024 * 1024, ms: 600_000 }
// Amazon's registry refuses more than this. Registries with smaller pages link to the rest.
const PAGE_LENGTH = 1000
// Labels are nice to have: leave the last pulls to deployments.
const PULLS_TO_LEAVE = 10

/** Starts without knowing anything of any registry. Throws if `ca` cannot be read. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const access = {
    ...createRegistryAccess(options),
    manifests: new BoundedMap<ImageManifest>(MOST_KEPT),
    labels: new BoundedMap<ImageLabels>(MOST_KEPT)
  }
  const { pageBounds = PAGE_BOUNDS } = options
  // The grammar of image references allows hosts that no URL can have: `registry:99999`, `1.2.3.999`.
  const whereAddressIsValid = async <Value>(
    repository: RegistryRepository,
    read: () => Result<Value>
  ): Result<Value> =>
    URL.canParse(`https://${repository.registry}/`)
      ? read()
      : unseen('invalid', `${nameOf(repository)}: the registry has no valid address`)
  return {
    listTags: repository => whereAddressIsValid(repository, () => listTags(access, repository, pageBounds)),
    digestOf: (repository, tag) => whereAddressIsValid(repository, () => readTagDigest(access, repository, tag)),
    manifest: (repository, digest) => whereAddressIsValid(repository, () => readManifest(access, repository, digest)),
    labels: (repository, image) => whereAddressIsValid(repository, () => readLabels(access, repository, image)),
    close: () => access.close()
  }
}

function listTags(access: RegistryAccess, repository: RegistryRepository, bounds: PageBounds): Result<TagList> {
  const first = access.urlOf(repository, `tags/list?n=${PAGE_LENGTH}`)
  const getPage = (url: URL) =>
    access.ask(repository, { method: 'GET', url, accept: 'application/json', mostBytes: PAGE_BYTES })
  const readPage = async (url: URL) => {
    const reply = await getPage(url)
    if (url.href !== first.href) return access.success(repository, reply, "'s next page of tags")
    const isCountRefused = reply.seen && [400, 405].includes(reply.value.status)
    return access.success(repository, isCountRefused ? await getPage(access.urlOf(repository, 'tags/list')) : reply)
  }
  return readTagPages(first, readPage, bounds)
}

async function readTagDigest(access: RegistryAccess, repository: RegistryRepository, tag: string): Result<string> {
  const name = `${nameOf(repository)}:${tag}`
  const url = access.urlOf(repository, `manifests/${tag}`)
  const head = await access.ask(repository, { method: 'HEAD', url, accept: MANIFEST_TYPES, mostBytes: 0 })
  // Some registries do not support HEAD, and some do not send the header: then hash the bytes.
  if (!head.seen || ![400, 405, 501].includes(head.value.status)) {
    const reply = access.success(repository, head, `:${tag}`)
    if (!reply.seen) return reply
    if (isFirstSchema(reply.value)) return unseen('invalid', `${name} is a schema 1 image, which is not supported`)
    const digest = digestHeader(reply.value)
    if (digest !== null) return seen(digest)
  }
  const got = await getManifest(access, repository, `:${tag}`)
  if (!got.seen) return got
  if (parseManifest(got.value.body) === null) return unseen('invalid', `${name} is not an image`)
  const told = digestHeader(got.value)
  const digest = digestOf(got.value.body, told)
  return told === null || told === digest ? seen(digest) : unseen('invalid', `${name} does not match its digest`)
}

async function readManifest(
  access: RegistryAccess & Kept,
  repository: RegistryRepository,
  digest: string
): Result<ImageManifest> {
  const name = `${nameOf(repository)}@${digest}`
  const key = `${name} ${fingerprintOf(repository.credential)}`
  const kept = access.manifests.get(key)
  if (kept !== undefined) return seen(kept)
  if (readDigest(digest) === null) return unseen('invalid', `${name} is not a valid digest`)
  // The refusal would also hold up the digests of tags, which cost no pulls.
  if (access.pullsLeft(repository) === 0) return unseen('rate_limited', `${name} is not read while no pulls are left`)
  const got = await getManifest(access, repository, `@${digest}`)
  if (!got.seen) return got
  if (digestOf(got.value.body, digest) !== digest) return unseen('invalid', `${name} does not match its digest`)
  const manifest = parseManifest(got.value.body)
  if (manifest === null) return unseen('invalid', `${name} is not an image`)
  access.manifests.set(key, manifest)
  return seen(manifest)
}

async function readLabels(
  access: RegistryAccess & Kept,
  repository: RegistryRepository,
  image: ImageWanted
): Result<ImageLabels> {
  const name = `${nameOf(repository)}@${image.digest}`
  const key = `${name} ${image.platform} ${fingerprintOf(repository.credential)}`
  const kept = access.labels.get(key)
  if (kept !== undefined) return seen(kept)
  const left = access.pullsLeft(repository)
  if (left !== null && left < PULLS_TO_LEAVE) {
    return unseen('rate_limited', `${name}: labels are not read while only ${left} pulls are left`)
  }
  const platformImage = await readPlatformImage(access, repository, image)
  if (!platformImage.seen) return platformImage
  const { config } = platformImage.value
  const url = access.urlOf(repository, `blobs/${config}`)
  const request = { method: 'GET', url, accept: '*/*', mostBytes: MANIFEST_BYTES } as const
  const got = access.success(repository, await access.ask(repository, request), `@${config}`)
  if (!got.seen) return got
  const labels = digestOf(got.value.body, config) === config ? parseLabels(got.value.body) : null
  if (labels === null) return unseen('invalid', `${name}: its configuration does not match its digest`)
  access.labels.set(key, labels)
  return seen(labels)
}

async function readPlatformImage(
  access: RegistryAccess & Kept,
  repository: RegistryRepository,
  { digest, platform }: ImageWanted
): Result<PlatformImage> {
  const manifest = await readManifest(access, repository, digest)
  if (!manifest.seen) return manifest
  if (manifest.value.kind === 'image') return seen(manifest.value)
  const { images } = manifest.value
  const isWanted = (its: string | null) => its === platform || its?.startsWith(`${platform}/`) === true
  const child = images.find(image => isWanted(image.platform)) ?? images[0]
  const image = child && (await readManifest(access, repository, child.digest))
  if (image?.seen === false) return image
  return image?.value.kind === 'image'
    ? seen(image.value)
    : unseen('invalid', `${nameOf(repository)}@${digest} holds no image`)
}

/** `what`: `:1.0` or `@sha256:…`. */
async function getManifest(access: RegistryAccess, repository: RegistryRepository, what: string): Result<Reply> {
  const url = access.urlOf(repository, `manifests/${what.slice(1)}`)
  const request = { method: 'GET', url, accept: MANIFEST_TYPES, mostBytes: MANIFEST_BYTES } as const
  return access.success(repository, await access.ask(repository, request), what)
}

function nameOf({ registry, repository }: RegistryRepository): string {
  return `${registry}/${repository}`
}

function digestHeader({ headers }: Reply): string | null {
  return readDigest(firstValue(headers['docker-content-digest']))
}

function isFirstSchema({ headers }: Reply): boolean {
  return /docker\.distribution\.manifest\.v1\+/.test(String(headers['content-type']))
}
