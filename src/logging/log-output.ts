import { fstatSync } from 'node:fs'
import type { WriteStream } from 'node:tty'
import { type DestinationStream, pino } from 'pino'

export interface LogOutput extends DestinationStream {
  /** Resolves when what was written has gone out, or will not. */
  flush(): Promise<void>
}

// What waits for a reader that does not read, such as a stopped pager; beyond that, lines are lost, and the loss is
// reported. More than the lines of one report for 20,000 services: they come in one turn of the event loop, in which
// nobody can read.
const WAITING_CHARACTERS = 8 * 1024 * 1024
const FLUSH_MS = 500

/**
 * Where the log goes. Neither a full disk nor a pipe that is closed or that nobody reads stops the guard: lines are
 * lost then, and `complain` is told once.
 */
export function createLogOutput(stdout: WriteStream & { fd: 1 }, complain: (line: string) => void): LogOutput {
  const stats = fstatSync(stdout.fd)
  return stats.isFIFO() || stats.isSocket() ? toPipe(stdout, complain) : toFile(stdout.fd, complain)
}

function toFile(fd: number, complain: (line: string) => void): LogOutput {
  const file = pino.destination({ dest: fd, sync: true })
  file.once('error', error => complain(`cannot write the log to standard output: ${error.message}`))
  file.on('error', () => {})
  return { write: line => void file.write(line), flush: async () => {} }
}

// Unlike pino's destination, Node's own stream does not wait for the reader of a pipe.
function toPipe(pipe: WriteStream, complain: (line: string) => void): LogOutput {
  let lost = 0
  let isClosed = false
  pipe.on('error', () => {
    isClosed = true
  })
  pipe.on('drain', () => {
    if (lost > 0) complain(`nobody read the log from standard output for a while: ${lost} lines are lost`)
    lost = 0
  })
  return {
    write: line => {
      if (isClosed) return
      if (pipe.writableLength > WAITING_CHARACTERS) lost += 1
      else pipe.write(line)
    },
    flush: () =>
      new Promise(resolve => {
        setTimeout(resolve, FLUSH_MS).unref()
        if (isClosed) resolve()
        else pipe.write('', () => resolve())
      })
  }
}
