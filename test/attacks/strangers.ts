import { connect as connectPlain, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

export interface Strangers {
  /** How many connections are open at this moment. */
  open(): number
  /** How many connections the guard has ended so far. */
  ended(): number
  /** The status line of each answer that came. */
  readonly answers: readonly string[]
}

export interface StrangersOptions {
  readonly count: number
  /** What each of them sends once it is connected. */
  readonly sends?: string
  /** Where they are; they take turns. Absent: 127.0.0.1. */
  readonly addresses?: readonly string[]
}

// A client that was cut off, was refused or has left comes back, until the test ends.
const AGAIN_MS = 500
const POKE_MS = 250
// Longer than the guard bears with a client that does not read.
const LEAVES_AFTER_MS = 8_000

/** Clients of a guard that hold their connections, read only the beginning of an answer, and come back. */
export function strangersAt(t: TestContext, url: string, options: StrangersOptions): Strangers {
  const { count, sends, addresses = ['127.0.0.1'] } = options
  const { port, protocol } = new URL(url)
  const sockets = new Set<Socket>()
  const answers: string[] = []
  // Those that left by themselves: refused, or tired of it.
  const left = new WeakSet<Socket>()
  let ended = 0
  let isOver = false

  function open(localAddress: string | undefined): Socket {
    const where = { port: Number(port), host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) }
    const socket = protocol === 'https:' ? connectTls({ ...where, rejectUnauthorized: false }) : connectPlain(where)
    socket.on('error', () => {})
    if (sends === undefined) return socket.resume()
    socket.write(sends)
    socket.once('data', chunk => {
      const answer = `${chunk}`.split('\r\n', 1)[0] ?? ''
      answers.push(answer)
      const leave = () => {
        left.add(socket)
        socket.destroy()
      }
      if (!answer.endsWith(' OK')) return leave()
      socket.pause()
      setTimeout(leave, LEAVES_AFTER_MS).unref()
      // A client that does not read sees the end of its connection only when it writes. Between requests, this is nothing.
      const poking = setInterval(() => socket.write('\r\n'), POKE_MS)
      socket.once('close', () => clearInterval(poking))
    })
    return socket
  }

  async function comeAgain(localAddress: string | undefined): Promise<void> {
    while (!isOver) {
      const socket = open(localAddress)
      sockets.add(socket)
      await new Promise(resolve => socket.once('close', resolve))
      sockets.delete(socket)
      if (!isOver && !left.has(socket)) ended += 1
      await wait(AGAIN_MS)
    }
  }

  for (let number = 0; number < count; number += 1) void comeAgain(addresses[number % addresses.length])
  t.after(() => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  })
  return { open: () => [...sockets].filter(socket => !socket.connecting).length, ended: () => ended, answers }
}
