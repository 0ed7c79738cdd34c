export interface Timeline {
  /** Something that the drill does or awaits next. */
  say(text: string): void
  /** A step that happened. */
  came(name: string, text: string): void
  /** A step that did not happen. */
  missed(name: string, text: string): void
  /** A text of several lines, as it was received. */
  quote(text: string): void
}

export interface TimelineOutput {
  print(line: string): void
  readonly colour: boolean
  /** Milliseconds on any clock that never goes back. */
  now(): number
}

const SECONDS_WIDTH = 6
const NAME_WIDTH = 22
const GREEN = 32
const RED = 31
const DIM = 2

/** Lines for people, each with the seconds since the timeline began. */
export function createTimeline({ print, colour, now }: TimelineOutput): Timeline {
  const begin = now()
  const painted = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (mark: string, text: string) => {
    const seconds = ((now() - begin) / 1000).toFixed(1).padStart(SECONDS_WIDTH)
    print(`${painted(DIM, `${seconds} s`)}  ${mark} ${text}`)
  }
  return {
    say: text => line(' ', text),
    came: (name, text) => line(painted(GREEN, '✔'), `${name.padEnd(NAME_WIDTH)}  ${text}`),
    missed: (name, text) => line(painted(RED, '✘'), `${name.padEnd(NAME_WIDTH)}  ${text}`),
    quote: text => {
      for (const quoted of text.trim().split('\n')) print(`${' '.repeat(SECONDS_WIDTH + 6)}│ ${quoted}`)
    }
  }
}
