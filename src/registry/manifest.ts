import { createHash } from 'node:crypto'
import { type ImageLabels, type ImageManifest, type IndexedImage, readImageLabels } from '../domain/image-registry.ts'
import { isJsonObject, listAt, parseJson, textAt, valueAt } from '../text/json.ts'

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
]
const IMAGE_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json'
]
// What an entry of an index may name as its `artifactType` and still be an image.
const CONFIG_TYPES: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json'
]

/**
 * The `Accept` header for manifests. Always ask for all four types: when one is missing, a registry may say that the image
 * does not exist, or convert it and give another digest.
 */
export const MANIFEST_TYPES = [...INDEX_TYPES, ...IMAGE_TYPES].join(', ')

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
// Indexes of Docker's official images have about forty entries, attestations included.
const MOST_IMAGES = 128

/** The digest; `null`: the value is not a digest that can be verified. */
export function readDigest(text: unknown): string | null {
  return typeof text === 'string' && DIGEST.test(text) ? text : null
}

/** Hashes bytes with the algorithm of another digest, or with SHA-256. */
export function digestOf(body: Uint8Array, like: string | null = null): string {
  const algorithm = like?.slice(0, like.indexOf(':')) ?? 'sha256'
  return `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`
}

/** Reads a manifest or an index; `null`: it is neither, or its type is not supported, such as Docker's schema 1. */
export function parseManifest(body: Uint8Array): ImageManifest | null {
  const manifest = parseJson(body)
  if (Array.isArray(valueAt(manifest, 'manifests')) && isOf(manifest, INDEX_TYPES)) {
    const images = listAt(manifest, 'manifests').flatMap(child => readChild(child) ?? [])
    return images.length > MOST_IMAGES ? null : { kind: 'index', images }
  }
  const config = readDigest(valueAt(manifest, 'config', 'digest'))
  return config !== null && isOf(manifest, IMAGE_TYPES) ? { kind: 'image', config } : null
}

// In OCI manifests the type is optional.
function isOf(manifest: unknown, types: readonly string[]): boolean {
  const mediaType = textAt(manifest, 'mediaType')
  return mediaType === '' || types.includes(mediaType)
}

// `null`: it is no image. BuildKit adds attestations to the index, for the platform unknown/unknown, and others add
// artefacts. What has an unknown type must be ignored, by the OCI image specification.
function readChild(child: unknown): IndexedImage | null {
  const digest = readDigest(valueAt(child, 'digest'))
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map(name => textAt(child, 'platform', name))
  const isAttestation = os === 'unknown' || valueAt(child, 'annotations', 'vnd.docker.reference.type') !== undefined
  const isImage =
    isOf(child, [...INDEX_TYPES, ...IMAGE_TYPES]) && ['', ...CONFIG_TYPES].includes(textAt(child, 'artifactType'))
  if (digest === null || isAttestation || !isImage) return null
  return { digest, platform: os && architecture ? [os, architecture, variant].filter(Boolean).join('/') : null }
}

/** Reads the labels from an image's configuration; `null`: it is not a configuration. */
export function parseLabels(body: Uint8Array): ImageLabels | null {
  const configuration = parseJson(body)
  if (!isJsonObject(configuration)) return null
  return readImageLabels(name => textAt(configuration, 'config', 'Labels', name))
}
