import type { DetailedPeerCertificate } from 'node:tls'
import type { Hop, TlsFacts } from '../domain/probe-trace.ts'
import { shown } from '../domain/text.ts'
import type { Head, Reply } from './reply.ts'
import { namesOf } from './tls-failure.ts'

/** Picks the headers of an answer to show: names and values by turns. Equal ones share one list. */
export type HeaderReader = (headers: Head['headers']) => readonly string[]

// They tell who answered, and whether it was a cache. Never one that could carry a secret.
const TELLING_HEADERS = [
  'content-type',
  'cache-control',
  'via',
  'x-cache',
  'x-cache-status',
  'cf-cache-status',
  'x-served-by',
  'server',
  'retry-after'
]
// Thousands of services answer with the same few; the limit is for those that answer with others each time.
const MOST_KEPT = 1_000
const LONGEST_KEPT = 1_024

/** Starts without any. */
export function createHeaderReader(): HeaderReader {
  const kept = new Map<string, readonly string[]>()
  return headers => {
    // Runs with each probe: a known list is found without building one.
    let key = ''
    for (const name of TELLING_HEADERS) {
      const value = headers[name]
      if (value !== undefined) key += `${name}:${value}\n`
    }
    if (key === '') return NO_HEADERS
    const same = kept.get(key)
    if (same !== undefined) return same
    const telling = TELLING_HEADERS.flatMap(name => {
      const value = headers[name]
      return value === undefined ? [] : [name, shown(Array.isArray(value) ? value.join(', ') : value)]
    })
    if (key.length > LONGEST_KEPT) return telling
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    kept.set(key, telling)
    return telling
  }
}

const NO_HEADERS: readonly string[] = []

/** What is kept of one request; `headers`: without secrets, `null` where none may be shown or none came. */
export function traceHop(
  { connection, link, statusCode, headMs, wholeMs }: Reply,
  { address, headers, read }: { address: string | null; headers: Head['headers'] | null; read: HeaderReader }
): Hop {
  return {
    address,
    connection,
    link,
    status: statusCode,
    headers: headers === null ? NO_HEADERS : read(headers),
    ageSeconds: headers === null ? null : readAge(headers.age),
    serverTime: headers === null ? null : readTime(headers.date),
    headMs: headMs === null ? null : Math.round(headMs),
    wholeMs: Math.round(wholeMs)
  }
}

/** What a person should know about a server's certificate, which may be strange or hostile. */
export function describeTls(version: string | null, certificate: Partial<DetailedPeerCertificate>): TlsFacts {
  const { subject, issuer, valid_to } = certificate
  return {
    version: version ?? '',
    subject: shown(firstOf(subject?.CN) || (namesOf(certificate)?.[0] ?? '')),
    issuer: shown([firstOf(issuer?.O), firstOf(issuer?.CN)].filter(name => name !== '').join(' ')),
    validUntil: readTime(valid_to)
  }
}

// A name may have several values of a kind, whatever Node's types say.
function firstOf(name: string | readonly string[] | undefined): string {
  return (typeof name === 'string' ? name : name?.[0]) ?? ''
}

// RFC 9111 section 5.1: a number of seconds.
function readAge(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null
}

function readTime(value: string | string[] | undefined): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
