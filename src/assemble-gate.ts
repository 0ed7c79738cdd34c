import { oneAtATime } from './check/one-at-a-time.ts'
import { type Config, ConfigError } from './config/config.ts'
import type { GateReport, GateStanding } from './domain/gate.ts'
import { followLastGood } from './files/last-good.ts'
import { readGateFile } from './gate/config/gate-file.ts'
import { createContinuousGate } from './gate/continuous.ts'
import type { GateConfig } from './gate/gate-config.ts'
import { runGate } from './gate/run-gate.ts'

export interface GateSurroundings {
  /** Our own version. */
  readonly version: string
  /** Aborted when the process stops. */
  readonly signal: AbortSignal
  /** Called once for each version of the file that is refused: a line for each mistake; none once it is good again. */
  readonly onRefused: (mistakes: readonly string[]) => void
  readonly onReport: (report: GateReport, before: GateReport | null) => void
  /** Called when a run could not end; the last report stays, and grows old. */
  readonly onFailure: (cause: unknown) => void
}

export interface GateParts {
  standing(): GateStanding
  /** Whether the current version of the file is in use. */
  ok(): boolean
  /** One more run, after the one that is under way. */
  run(): Promise<void>
  /** Resolves when no run is under way. */
  settled(): Promise<void>
  close(): void
}

// Requests have limits of their own; this one is for their sum.
const LIMIT_MS = 120_000

/**
 * The gate that runs again and again. It is apart from the rest, to be loaded only where somebody asks for it. Throws a
 * `ConfigError` if its file is not good.
 */
export function assembleGate(
  { file: path, intervalMs }: NonNullable<Config['gate']>,
  { proxies }: Pick<Config, 'proxies'>,
  surroundings: GateSurroundings
): GateParts {
  const { version, signal, onRefused, onReport, onFailure } = surroundings
  let isReadingAgain = false
  const file = followLastGood<GateConfig>(path, {
    read: () => ({ result: readGateFile(path), files: [path] }),
    onChange: () => {
      // Within a run there is no need for another.
      if (!isReadingAgain) void runs.run()
    },
    onRefused: mistakes => onRefused(mistakes.map(({ message }) => message))
  })
  if (file.current() === undefined) {
    file.close()
    throw new ConfigError(file.mistakes())
  }
  const gate = createContinuousGate({
    file,
    look: (config, limited) => runGate(config, { version, proxies, signal: limited, drills: new Map() }),
    intervalMs,
    limitMs: LIMIT_MS,
    signal,
    onReport,
    onFailure
  })
  const runs = oneAtATime(async () => {
    // A secret that it names may have come since.
    isReadingAgain = true
    if (!gate.ok()) file.readAgain()
    isReadingAgain = false
    if (!signal.aborted) await gate.run()
  })
  return { standing: gate.standing, ok: gate.ok, run: runs.run, settled: runs.settled, close: gate.close }
}
