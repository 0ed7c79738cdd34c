import { type Child, type Command, startServer } from '../support/child.ts'

export interface LinkedServer extends Command {
  /** Gets both outputs, and goes on where an earlier run of the program ended. */
  readonly logFile: string
  /** Says whether it serves; a rejection means the same as `false`. */
  readonly isReady: () => Promise<boolean>
}

const READY_WITHIN_MS = 60_000

/**
 * util-linux's, through which the kernel ends a server together with this process, however that ends: a test runner
 * that ran out of patience kills its test files, and an 'exit' listener would not get to know.
 */
const LAUNCHER = 'setpriv'

/** Starts a server that ends with this process; resolves when it is ready, rejects with the end of its log. */
export function startLinked({ program, args, isReady, ...rest }: LinkedServer): Promise<Child> {
  const command = { ...rest, program: LAUNCHER, args: ['--pdeathsig', 'KILL', '--', program, ...args] }
  return startServer(command, isReady, { withinMs: READY_WITHIN_MS })
}
