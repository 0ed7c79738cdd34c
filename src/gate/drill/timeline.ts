import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
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

/** Lines with the seconds since it began. A terminal gets colours, and one last line that counts down; others get plain lines. */
export function createDrillTimeline(
  stream: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>,
  monotonic: () => number
): DrillTimeline {
  const begin = monotonic()
  const isLive = stream.isTTY === true
  // It knows NO_COLOR, and terminals without colours.
  const painted = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream })
  const elapsed = () => `${((monotonic() - begin) / 1000).toFixed(1).padStart(SECONDS_WIDTH)} s`
  const print = (text: string) => stream.write(`${isLive ? CLEAR_LINE : ''}${text}\n`)
  const line = (mark: string, text: string) => print(`${painted('dim', elapsed())}  ${mark} ${text}`)
  return {
    say: text => line(' ', text),
    came: text => line(painted('green', '✔'), text),
    missed: text => line(painted('red', '✘'), text),
    command: (heading, command) => {
      line(' ', painted('bold', heading))
      // Whole and without blank lines of our own, for people copy it: a blank line after a backslash would end the
      // command there, and a here-document ends only at the start of a line. A tab is a part of it; nothing else may
      // act on the terminal.
      const indent = command.includes('<<') ? '' : '    '
      const lines = command.trim().split(/\r?\n/)
      const told = lines.map(part => (part === '' ? '' : `${indent}${part.replace(/(?!\t)\p{Cc}/gu, '\ufffd')}`))
      print(`\n${told.join('\n')}\n`)
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
