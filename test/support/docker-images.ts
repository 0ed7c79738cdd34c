import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Lifetime } from './stage.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** A registry on this machine that an engine can pull from, with images that do nothing for ever. */
export interface ImageRegistry {
  /** Stands before a repository's name. */
  readonly host: string
  /** Puts an image under a tag, with this label, so that each text makes another image. Gives the tag's digest. */
  publish(repository: string, tag: string, image: { readonly label: string; readonly isIndex?: boolean }): string
}

/** The bytes of a Linux program for x86-64 that waits for ever: pause(2), again and again. */
function waitingProgram(): Buffer {
  const code = Buffer.from('b8220000000f05ebf7', 'hex')
  const header = Buffer.alloc(120)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(0x400078n, 24)
  header.writeBigUInt64LE(64n, 32)
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(1, 56)
  header.writeUInt32LE(1, 64)
  header.writeUInt32LE(5, 68)
  header.writeBigUInt64LE(0x400000n, 80)
  header.writeBigUInt64LE(0x400000n, 88)
  header.writeBigUInt64LE(BigInt(120 + code.length), 96)
  header.writeBigUInt64LE(BigInt(120 + code.length), 104)
  header.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat([header, code])
}

/** A root filesystem with that program as `/app`, as a tar. */
export function rootFilesystem(): Buffer {
  const program = waitingProgram()
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write('app')
  header.write(octal(0o755, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(program.length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write(' '.repeat(8), 148)
  header.write('0ustar\x0000', 156, 'latin1')
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7
    ),
    148
  )
  const padding = Buffer.alloc(512 - (program.length % 512) + 1024)
  return Buffer.concat([header, program, padding])
}

export async function startImageRegistry(life: Lifetime): Promise<ImageRegistry> {
  const blobs = new Map<string, { readonly bytes: Buffer; readonly type: string }>()
  const tags = new Map<string, string>()
  const server = createServer(({ method, url = '' }, response) => {
    const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? []
    const digest = kind === 'manifests' ? (tags.get(`${repository}:${reference}`) ?? reference) : reference
    const blob = blobs.get(digest)
    if (blob === undefined) return void response.writeHead(url === '/v2/' ? 200 : 404).end('{}')
    const { bytes, type } = blob
    response.writeHead(200, {
      'Content-Type': type,
      'Content-Length': bytes.length,
      'Docker-Content-Digest': digest
    })
    response.end(method === 'HEAD' ? undefined : bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  life.after(() => {
    server.close()
    server.closeAllConnections()
  })

  const store = (content: Buffer | object, type: string) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    blobs.set(digest, { bytes, type })
    return { mediaType: type, digest, size: bytes.length }
  }
  const layer = store(rootFilesystem(), LAYER)
  const storeImage = (architecture: string, label: string) => {
    const config = {
      architecture,
      os: 'linux',
      config: { Entrypoint: ['/app'], Labels: { build: label } },
      rootfs: { type: 'layers', diff_ids: [layer.digest] }
    }
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: store(config, CONFIG), layers: [layer] }
    return { ...store(manifest, MANIFEST), platform: { os: 'linux', architecture } }
  }

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish: (repository, tag, { label, isIndex = false }) => {
      const image = storeImage('amd64', label)
      const manifests = [image, storeImage('arm64', label)]
      const { digest } = isIndex ? store({ schemaVersion: 2, mediaType: INDEX, manifests }, INDEX) : image
      tags.set(`${repository}:${tag}`, digest)
      return digest
    }
  }
}
