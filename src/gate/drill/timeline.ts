import type { WriteStream } from 'node:tty'
import { formatDuration } from '../../text/durations.ts'

/** What a person sees of a drill. */
export interface DrillTimeline {
  say(text: string): void
  /** What happened that was awaited. */
  came(text: string): void
  /** What did not happen in its time. */
  missed(text: string): void
  /** A command for the person to run, under a heading. */
  command(heading: string, command: string): void
  /** What is awaited next, and how much time is left for it. */
  waiting(text: string, leftMs: number): void
  /** Clears what is shown, so that other lines can follow. */
  end(): void
}

const SECONDS_WIDTH = 7
const CLEAR_LINE = '\r\u001b[K'
const GREEN = 32
const RED = 31
const BOLD = 1
const DIM = 2

/** Lines with the seconds since it began. A terminal gets colours, and one last line that counts down; others get plain lines. */
export function createDrillTimeline(
  stream: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>,
  monotonic: () => number
): DrillTimeline {
  const begin = monotonic()
  const isLive = stream.isTTY === true
  const painted = (code: number, text: string) => (isLive ? `\u001b[${code}m${text}\u001b[0m` : text)
  const elapsed = () => `${((monotonic() - begin) / 1000).toFixed(1).padStart(SECONDS_WIDTH)} s`
  const print = (text: string) => stream.write(`${isLive ? CLEAR_LINE : ''}${text}\n`)
  const line = (mark: string, text: string) => print(`${painted(DIM, elapsed())}  ${mark} ${text}`)
  return {
    say: text => line(' ', text),
    came: text => line(painted(GREEN, '✔'), text),
    missed: text => line(painted(RED, '✘'), text),
    command: (heading, command) => {
      line(' ', painted(BOLD, heading))
      // Whole, for it is to be copied; nothing in it may act on the terminal.
      for (const part of command.trim().split('\n')) print(`\n    ${part.replace(/\p{Cc}/gu, '\ufffd')}`)
      print('')
    },
    waiting: (text, leftMs) => {
      if (!isLive) return
      const left = formatDuration(Math.max(0, Math.ceil(leftMs / 1000)) * 1000)
      const status = `${elapsed()}  … ${left} left: ${text}`
      stream.write(`${CLEAR_LINE}${status.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`)
    },
    end: () => {
      if (isLive) stream.write(CLEAR_LINE)
    }
  }
}
