import { createHash } from 'node:crypto'
import type { ImageLabels, ImageManifest, IndexedImage } from '../domain/image-registry.ts'

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
]
const IMAGE_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json'
]

/**
 * What is asked for, always all four: of a type that is left out, a registry says that it is not there, or converts it and
 * gives another digest.
 */
export const MANIFEST_TYPES = [...INDEX_TYPES, ...IMAGE_TYPES].join(', ')

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
// An index of Docker's official images has some forty entries, attestations among them.
const MOST_IMAGES = 256
const LONGEST_LABEL = 1024

type Members = Readonly<Record<string, unknown>>

/** `null`: the text is no digest that can be verified. */
export function readDigest(text: unknown): string | null {
  return typeof text === 'string' && DIGEST.test(text) ? text : null
}

/** The digest of bytes, in the algorithm of another digest, of SHA-256 where there is none. */
export function digestOf(body: Uint8Array, like: string | null = null): string {
  const algorithm = like?.slice(0, like.indexOf(':')) ?? 'sha256'
  return `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`
}

/** Reads a manifest or an index; `null`: it is neither, such as one of Docker's first schema. */
export function parseManifest(body: Uint8Array): ImageManifest | null {
  const { mediaType, manifests, config } = membersOf(parseJson(body))
  if (Array.isArray(manifests) && isOf(mediaType, INDEX_TYPES)) {
    const images = manifests.map(membersOf).flatMap(child => readChild(child) ?? [])
    return images.length > MOST_IMAGES ? null : { kind: 'index', images }
  }
  const digest = readDigest(membersOf(config).digest)
  return digest !== null && isOf(mediaType, IMAGE_TYPES) ? { kind: 'image', config: digest } : null
}

// OCI's own manifests need not name their type.
function isOf(mediaType: unknown, types: readonly string[]): boolean {
  return mediaType === undefined || types.includes(String(mediaType))
}

// BuildKit puts what attests an image beside it, for no platform.
function readChild({ digest: text, platform, annotations }: Members): IndexedImage | null {
  const digest = readDigest(text)
  const { os, architecture, variant } = membersOf(platform)
  const isAttestation = membersOf(annotations)['vnd.docker.reference.type'] !== undefined || os === 'unknown'
  if (digest === null || isAttestation) return null
  const named = [os, architecture, variant].filter(part => typeof part === 'string' && part !== '')
  return { digest, platform: named.length < 2 ? null : named.join('/') }
}

/** The labels of an image that tell where it comes from, out of its configuration; `null`: it is none. */
export function parseLabels(body: Uint8Array): ImageLabels | null {
  const configuration = parseJson(body)
  if (typeof configuration !== 'object' || configuration === null) return null
  const labels = membersOf(membersOf(membersOf(configuration).config).Labels)
  const label = (name: string): string | null => {
    const value = labels[`org.opencontainers.image.${name}`]
    return typeof value === 'string' && value !== '' && value.length <= LONGEST_LABEL ? value : null
  }
  return { source: label('source'), revision: label('revision'), version: label('version'), url: label('url') }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return null
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
