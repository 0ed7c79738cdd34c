import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { startService } from './services.ts'
import type { Lifetime } from './stage.ts'

export interface LabelledRegistry {
  /** Host and port. */
  readonly host: string
  /** The tags of every repository, or by its name those of a repository with tags of its own. */
  readonly tags: Map<string, readonly string[]>
  /** Method and path of each request. */
  readonly asked: string[]
  /** What was sent, in bytes without headers. */
  bytesSent(): number
}

const DEFAULT = ''

/** A registry on a socket where every tag is an image whose labels name its source; ended with the test or the stage. */
export async function startLabelledRegistry(life: Lifetime, tags: readonly string[]): Promise<LabelledRegistry> {
  const known = new Map([[DEFAULT, tags]])
  const asked: string[] = []
  let sent = 0
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const configOf = (name: string) =>
    JSON.stringify({ config: { Labels: { 'org.opencontainers.image.source': `https://github.com/${name}` } } })
  const manifestOf = (name: string, tag: string) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { digest: digestOf(configOf(name)) },
      annotations: { tag }
    })
  const answer: RequestListener = (request, response) => {
    const { method = '', url = '' } = request
    asked.push(`${method} ${url}`)
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^?]+)/.exec(url) ?? []
    const tagsOf = known.get(name) ?? tags
    let body = ''
    if (kind === 'tags') body = JSON.stringify({ name, tags: tagsOf })
    if (kind === 'blobs') body = configOf(name)
    if (kind === 'manifests') {
      const tag = tagsOf.find(one => [one, digestOf(manifestOf(name, one))].includes(reference))
      if (tag === undefined) response.statusCode = 404
      else {
        body = manifestOf(name, tag)
        response.setHeader('docker-content-digest', digestOf(body))
      }
    }
    if (method === 'HEAD') return void response.end()
    sent += body.length
    response.end(body)
  }
  const host = new URL(await startService(life, answer)).host
  return { host, tags: known, asked, bytesSent: () => sent }
}
