import type { ImageLabels, ImageManifest, PlatformImage, RegistryReason, TagList } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Reply } from './exchange.ts'
import { digestOf, MANIFEST_TYPES, parseLabels, parseManifest, readDigest } from './manifest.ts'
import {
  createRegistryAccess,
  type RegistryAccess,
  type RegistryAccessOptions,
  type RegistryRepository
} from './registry-access.ts'
import { type PageBounds, readTagPages } from './tag-pages.ts'

export interface RegistryClientOptions extends RegistryAccessOptions {
  /** How long a list of tags may be; absent: 200,000 tags. */
  readonly pageBounds?: PageBounds
}

/** Reads registries: GET and HEAD only. Nothing rejects; every failure is a reason with words for a person. */
export interface RegistryClient {
  listTags(repository: RegistryRepository): Promise<Observed<TagList, RegistryReason>>
  /** What a tag means now: the digest of its index, or of its only image. */
  digestOf(repository: RegistryRepository, tag: string): Promise<Observed<string, RegistryReason>>
  /** What a digest names; read once. */
  manifest(repository: RegistryRepository, digest: string): Promise<Observed<ImageManifest, RegistryReason>>
  /** Two or three requests, which may count as pulls; read once. */
  labels(repository: RegistryRepository, image: ImageWanted): Promise<Observed<ImageLabels, RegistryReason>>
  /** Ends every connection; what is asked then is unreachable. */
  close(): Promise<void>
}

interface ImageWanted {
  readonly digest: string
  /** `os/architecture[/variant]`, where the digest is of an index; `null`, or none such in it: its first image. */
  readonly platform: string | null
}

/** What was read by its digest stays true. */
interface Kept {
  readonly manifests: Map<string, ImageManifest>
  readonly labels: Map<string, ImageLabels>
}

type Result<Value> = Promise<Observed<Value, RegistryReason>>

const MOST_KEPT = 4000
const MANIFEST_BYTES = 4 * 1024 * 1024
const PAGE_BYTES = 16 * 1024 * 1024
const PAGE_BOUNDS: PageBounds = { pages: 2000, tags: 200_000, bytes: 64 * 1024 * 1024 }
// Amazon's registry refuses more. A registry that gives fewer at once links to the rest.
const PAGE_LENGTH = 1000
// Labels are a comfort: they leave the last pulls to whoever deploys.
const PULLS_TO_LEAVE = 10

/** Starts without knowing anything of any registry. Throws where `ca` cannot be read. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const access = createRegistryAccess(options)
  const kept = { manifests: new BoundedMap<ImageManifest>(MOST_KEPT), labels: new BoundedMap<ImageLabels>(MOST_KEPT) }
  const { pageBounds = PAGE_BOUNDS } = options
  return {
    listTags: repository => listTags(access, repository, pageBounds),
    digestOf: (repository, tag) => readTagDigest(access, repository, tag),
    manifest: (repository, digest) => readManifest({ ...access, ...kept }, repository, digest),
    labels: (repository, image) => readLabels({ ...access, ...kept }, repository, image),
    close: () => access.close()
  }
}

function listTags(access: RegistryAccess, repository: RegistryRepository, bounds: PageBounds): Result<TagList> {
  const first = access.urlOf(repository, `tags/list?n=${PAGE_LENGTH}`)
  const getPage = (url: URL) =>
    access.ask(repository, { method: 'GET', url, accept: 'application/json', mostBytes: PAGE_BYTES })
  const readPage = async (url: URL) => {
    const reply = await getPage(url)
    const isCountRefused = url.href === first.href && reply.seen && [400, 405].includes(reply.value.status)
    return access.success(repository, isCountRefused ? await getPage(access.urlOf(repository, 'tags/list')) : reply)
  }
  return readTagPages(first, readPage, bounds)
}

async function readTagDigest(access: RegistryAccess, repository: RegistryRepository, tag: string): Result<string> {
  const name = `${nameOf(repository)}:${tag}`
  const url = access.urlOf(repository, `manifests/${tag}`)
  const head = await access.ask(repository, { method: 'HEAD', url, accept: MANIFEST_TYPES, mostBytes: 0 })
  // Some registries know no HEAD, and some no such header: then the bytes themselves are hashed.
  if (!head.seen || ![400, 405, 501].includes(head.value.status)) {
    const reply = access.success(repository, head)
    if (!reply.seen) return reply
    if (isFirstSchema(reply.value)) return unseen('invalid', `${name} is of Docker's first schema, which is not read`)
    const digest = digestHeader(reply.value)
    if (digest !== null) return seen(digest)
  }
  const got = await getManifest(access, repository, tag)
  if (!got.seen) return got
  if (parseManifest(got.value.body) === null) return unseen('invalid', `${name} is no image`)
  const told = digestHeader(got.value)
  const digest = digestOf(got.value.body, told)
  return told === null || told === digest ? seen(digest) : unseen('invalid', `${name} is not what its digest says`)
}

async function readManifest(
  access: RegistryAccess & Kept,
  repository: RegistryRepository,
  digest: string
): Result<ImageManifest> {
  const name = `${nameOf(repository)}@${digest}`
  const kept = access.manifests.get(name)
  if (kept !== undefined) return seen(kept)
  if (readDigest(digest) === null) return unseen('invalid', `${name} has no digest that can be verified`)
  const got = await getManifest(access, repository, digest)
  if (!got.seen) return got
  if (digestOf(got.value.body, digest) !== digest) return unseen('invalid', `${name} is not what its digest says`)
  const manifest = parseManifest(got.value.body)
  if (manifest === null) return unseen('invalid', `${name} is no image`)
  access.manifests.set(name, manifest)
  return seen(manifest)
}

async function readLabels(
  access: RegistryAccess & Kept,
  repository: RegistryRepository,
  image: ImageWanted
): Result<ImageLabels> {
  const name = `${nameOf(repository)}@${image.digest}`
  const key = `${name} ${image.platform}`
  const kept = access.labels.get(key)
  if (kept !== undefined) return seen(kept)
  const left = access.pullsLeft(repository.registry)
  if (left !== null && left < PULLS_TO_LEAVE) {
    return unseen('rate_limited', `${name}: its labels are not read, for this address has only ${left} pulls left`)
  }
  const platformImage = await readPlatformImage(access, repository, image)
  if (!platformImage.seen) return platformImage
  const { config } = platformImage.value
  const url = access.urlOf(repository, `blobs/${config}`)
  const request = { method: 'GET', url, accept: '*/*', mostBytes: MANIFEST_BYTES } as const
  const got = access.success(repository, await access.ask(repository, request))
  if (!got.seen) return got
  const labels = digestOf(got.value.body, config) === config ? parseLabels(got.value.body) : null
  if (labels === null) return unseen('invalid', `${name}: its configuration is not what its digest says`)
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

async function getManifest(access: RegistryAccess, repository: RegistryRepository, reference: string): Result<Reply> {
  const url = access.urlOf(repository, `manifests/${reference}`)
  const request = { method: 'GET', url, accept: MANIFEST_TYPES, mostBytes: MANIFEST_BYTES } as const
  return access.success(repository, await access.ask(repository, request))
}

function nameOf({ registry, repository }: RegistryRepository): string {
  return `${registry}/${repository}`
}

function digestHeader({ headers }: Reply): string | null {
  return readDigest([headers['docker-content-digest'] ?? []].flat()[0])
}

function isFirstSchema({ headers }: Reply): boolean {
  return /docker\.distribution\.manifest\.v1\+/.test(String(headers['content-type']))
}
