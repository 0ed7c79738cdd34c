// npm run drill -- DRILL: breaks one thing on purpose and shows what follows, until it is fixed.
import { join } from 'node:path'
import { INSTALLED } from '../../test/support/alertmanager.ts'
import { ROOT } from '../../test/support/files.ts'
import { StepMissing } from './await-step.ts'
import { readCommandLine, USAGE } from './command-line.ts'
import type { Drill } from './drills.ts'
import { withParts } from './parts.ts'
import { runDrill } from './run-drill.ts'
import { createTimeline } from './timeline.ts'

const SHIPPED = join(ROOT, 'alerts')
const LONGEST_MS = 115_000
const EXIT = { passed: 0, failed: 1, usage: 64, unavailable: 69, interrupted: 130 } as const

const print = (line: string) => process.stdout.write(`${line}\n`)
const complain = (line: string) => process.stderr.write(`${line}\n`)

const commandLine = readCommandLine(process.argv.slice(2))
if (commandLine.kind === 'help') {
  print(USAGE)
} else if (commandLine.kind === 'wrong') {
  complain(`${commandLine.mistake}\n\n${USAGE}`)
  process.exitCode = EXIT.usage
} else {
  process.exitCode = await drill(commandLine.drill, commandLine.alerts ?? SHIPPED)
}

async function drill(chosen: Drill, alerts: string): Promise<number> {
  if (INSTALLED.missing !== undefined) {
    complain(INSTALLED.missing)
    return EXIT.unavailable
  }
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort())
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LONGEST_MS)])
  const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined
  const timeline = createTimeline({ print, colour, now: () => performance.now() })

  timeline.say(`drill ${chosen.name}: starting a fleet, the guard, Prometheus and Alertmanager; a minute is a second`)
  try {
    await withParts({ alerts, source: chosen.source ?? 'file', signal }, parts =>
      runDrill(chosen, parts, { timeline, signal })
    )
    timeline.say('passed')
    return EXIT.passed
  } catch (error) {
    if (interrupted.signal.aborted) {
      timeline.say('interrupted; everything is stopped')
      return EXIT.interrupted
    }
    complain(`\nDrill ${chosen.name} failed. ${explain(error)}`)
    return EXIT.failed
  }
}

function explain(error: unknown): string {
  if (error instanceof StepMissing) return error.message
  if (error instanceof Error && error.name === 'AbortError') return `It did not end within ${LONGEST_MS / 1000} s.`
  return error instanceof Error ? error.message : String(error)
}
