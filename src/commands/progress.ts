import type { WriteStream } from 'node:tty'
import { inPieces } from '../text/columns.ts'

export interface Progress {
  /** What is going on now; shown if it takes longer than two seconds. */
  readonly show: (text: string) => void
  /** Clears what is shown, so that other lines can follow. */
  readonly end: () => void
}

const QUIET_MS = 2_000
const CLEAR_LINE = '\r\u001b[K'

/** One line on a terminal that tells how far things are; nothing where nobody watches, and nothing for quick work. */
export function createProgress(stream: Pick<WriteStream, 'isTTY' | 'write'> & { readonly columns?: number }): Progress {
  let latest = ''
  let isShown = false
  if (!stream.isTTY) return { show: () => {}, end: () => {} }

  const draw = () => {
    isShown = true
    // A line that wraps could not be cleared.
    const room = (stream.columns || Number.POSITIVE_INFINITY) - ' …'.length - 1
    const [fitting = ''] = inPieces(latest, room)
    stream.write(`${CLEAR_LINE}${fitting} …`)
  }
  const timer = setTimeout(draw, QUIET_MS).unref()
  return {
    show: text => {
      latest = text
      if (isShown) draw()
    },
    end: () => {
      clearTimeout(timer)
      if (isShown) stream.write(CLEAR_LINE)
      isShown = false
    }
  }
}
