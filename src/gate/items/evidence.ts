import { counted } from '../../text/lines.ts'
import type { ItemResult } from '../item.ts'
import type { HttpFailure } from '../live/http-client.ts'
import type { AnswerFacts } from '../live/live-facts.ts'
import type { Asked } from '../live/prometheus-api.ts'
import { pass, skip } from './results.ts'

/** A PASS that does not depend on what a partial answer lacks; the partial answer is a reservation. */
export function passPartly(evidence: string, partial: readonly string[]): ItemResult {
  if (partial.length === 0) return pass(evidence)
  return { ...pass(evidence), warning: `Prometheus' answer is partial: ${partial.join('; ')}` }
}

/** What was asked and how long it took, to follow what came. */
export function source({ asked, ms }: Pick<Asked<unknown>, 'asked' | 'ms'>): string {
  return `(${asked}, ${inMs(ms)})`
}

/** Why something was not seen in Prometheus; empty: it was. */
export function whyUnseen({ asked, answer, ms }: Asked<unknown>): string {
  return answer.seen ? '' : `${asked}: ${answer.message}, ${inMs(ms)}`
}

/** That something was not seen in Prometheus, told in these words, and what a person should do about it. */
export function skipUnseen(asked: Asked<unknown>, words = whyUnseen(asked)): ItemResult {
  return skip(words, `Make Prometheus answer: ${asked.answer.seen ? '' : asked.answer.message}`)
}

/** That an answer is incomplete, and what completes it. */
export function skipPartial(asked: Asked<unknown>): ItemResult {
  const words = asked.partial.join('; ')
  return skip(
    `the answer is partial, so what is missing from it proves nothing: ${words} ${source(asked)}`,
    `Make Prometheus answer completely: ${words}`
  )
}

/** What one GET brought. */
export function describeGet(result: AnswerFacts | HttpFailure): string {
  if (!result.answered) return `GET ${result.url}: ${result.message}, ${inMs(result.ms)}`
  const { url, status, contentType, bytes, isTruncated, ms } = result
  const kind = contentType === '' ? 'no Content-Type' : contentType
  const size = isTruncated ? 'more bytes than the gate reads' : counted(bytes, 'byte')
  return `GET ${url}: ${status}, ${kind}, ${size}, ${inMs(ms)}`
}

/**
 * A SKIP for what is not the server's fault, such as a secret of the gate that cannot be read; `null`: the server was
 * asked.
 */
export function notAsked(result: HttpFailure): ItemResult | null {
  return result.reason === 'not_asked' ? skip(describeGet(result), `Let the gate ask: ${result.message}`) : null
}

/** That what was looked for may come after the part of an answer that is read. */
export function skipTruncated(what: string, path: string): ItemResult {
  return skip(`${what} is not in what the gate reads of it: the answer is larger`, `Make ${path} smaller`)
}

export function inMs(ms: number): string {
  return `${Math.round(ms)} ms`
}

/** `41 series`: a word that is its own plural. */
export function inSeries(count: number): string {
  return `${count.toLocaleString('en-US')} series`
}

/** A moment in seconds since the epoch, to the second: `2026-11-03T02:07:55Z`; `otherwise` if it is no time. */
export function timeOf(seconds: number, otherwise = String(seconds)): string {
  const isTime = Number.isFinite(seconds) && Math.abs(seconds) < 8e12
  return isTime ? new Date(Math.round(seconds) * 1000).toISOString().replace('.000', '') : otherwise
}

/** Clocks of machines that keep time differ by less; an age below minus this is no age. */
export const MOST_SKEW_SECONDS = 60

/** A time span in words: `4 s`, `3 m 10 s`, `2 h 5 m`; if it is no time, that it is unknown. */
export function inWords(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'an unknown time'
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} m${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`
  const minutes = Math.floor(whole / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} m`}`
}
