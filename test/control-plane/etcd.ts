import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../support/address.ts'
import type { Child } from '../support/child.ts'
import { startLinked } from './linked-server.ts'

/** What the API server keeps its compactions in; see compactRevKey in its storage/etcd3/compact.go. */
const COMPACTION_KEY = 'compact_rev_key'

export interface Etcd {
  readonly url: string
  /** Forgets everything; resource versions begin at 1 again. */
  empty(): Promise<void>
  /** Forgets every revision up to now, so that nobody can ask for what was then. */
  compact(): Promise<void>
  close(): Promise<void>
}

/** Starts an etcd of one member that keeps its data in `folder`, answers on loopback and trusts everybody there. */
export async function startEtcd(program: string, folder: string): Promise<Etcd> {
  const url = `http://127.0.0.1:${await freePort()}`
  const data = join(folder, 'etcd')
  const args = [
    `--data-dir=${data}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    // Nobody ever calls a single member as a peer: any port will do.
    '--listen-peer-urls=http://127.0.0.1:0',
    // The data need to survive a test, not a power cut.
    '--unsafe-no-fsync',
    '--log-level=warn'
  ]
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/health`)).ok
  const start = (): Promise<Child> => startLinked({ program, args, logFile: join(folder, 'etcd.log'), isReady })
  let child = await start()

  const put = (key: string, value: string): Promise<string> =>
    call(`${url}/v3/kv/put`, { key: base64(key), value: base64(value) })

  return {
    url,
    empty: async () => {
      await child.kill()
      await rm(data, { recursive: true })
      child = await start()
    },
    compact: async () => {
      // A write first: the newest revision survives a compaction, and no client can have seen this one.
      const revision = await put(COMPACTION_KEY, '0')
      // As the API server's own compactor does, so that it also drops what it had kept of older revisions.
      await put(COMPACTION_KEY, revision)
      await call(`${url}/v3/kv/compaction`, { revision, physical: true })
    },
    close: () => child.kill()
  }
}

/** Calls etcd's JSON gateway and answers the store's revision. */
async function call(url: string, body: object): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`etcd answered ${response.status}: ${text}`)
  const { header } = JSON.parse(text) as { header: { revision: string } }
  return header.revision
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
