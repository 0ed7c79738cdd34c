import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

/** The addresses of a name, of both families, after this many earlier questions for it; `null`: no answer. */
export type Names = Readonly<Record<string, (timesAsked: number) => readonly string[] | null>>

const TYPES: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 }

/**
 * A name server for UDP on port 53 of a loopback address, ended with the test; needs root. Its answers have a TTL of 0; a
 * name that it does not know does not exist. Source: RFC 1035 section 4.
 */
export async function startNameServer(t: TestContext, address: string, names: Names): Promise<void> {
  const asked = new Map<string, number>()
  const server = createSocket('udp4')
  server.on('message', (query, { port, address: from }) => {
    const { name, type, end } = readQuestion(query)
    const key = `${name} ${type}`
    const times = asked.get(key) ?? 0
    asked.set(key, times + 1)
    const found = names[name]?.(times)
    if (found === null) return
    const records = (found ?? [])
      .filter(one => (one.includes(':') ? 6 : 4) === TYPES[type])
      .map(one => Buffer.concat([Buffer.from([0xc0, 12]), uint16(type, 1, 0, 0), withLength(bytesOf(one))]))
    const header = Buffer.concat([query.subarray(0, 2), uint16(found ? 0x8180 : 0x8183, 1, records.length, 0, 0)])
    server.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, from)
  })
  server.bind(53, address)
  await once(server, 'listening')
  t.after(() => server.close())
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  while (query[at]) {
    const length = query.readUInt8(at)
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const zeros = Array(8 - groups(head).length - groups(tail).length).fill(0)
  return uint16(...groups(head), ...zeros, ...groups(tail))
}

function uint16(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(2 * numbers.length)
  for (const [index, number] of numbers.entries()) buffer.writeUInt16BE(number, 2 * index)
  return buffer
}

function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([uint16(bytes.length), bytes])
}
