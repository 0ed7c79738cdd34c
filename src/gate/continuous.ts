import type { GateReport, GateStanding } from '../domain/gate.ts'
import { shown } from '../domain/text.ts'
import type { LastGood } from '../files/last-good.ts'
import type { GateConfig } from './gate-config.ts'

export interface ContinuousParts {
  /** The gate's file; its first version is good. */
  readonly file: Pick<LastGood<GateConfig>, 'current' | 'mistakes' | 'close'>
  /** Looks and judges once, without drills; every request ends when the signal is aborted. */
  look(config: GateConfig, signal: AbortSignal): Promise<GateReport>
  readonly intervalMs: number
  /** The longest that a run may take; one that was cut short says nothing about the service. */
  readonly limitMs: number
  /** Aborted when the process stops. */
  readonly signal: AbortSignal
  /** Called after each run that ended, with the report of the run before. */
  onReport(report: GateReport, before: GateReport | null): void
  /** Called when a run could not end; the last report stays, and grows old. */
  onFailure(cause: unknown): void
}

export interface ContinuousGate {
  standing(): GateStanding
  /** Whether its file is in use as it is now. */
  ok(): boolean
  /** Runs once. The caller lets no two runs overlap. Never rejects. */
  run(): Promise<void>
  close(): void
}

/** The gate's last report, and one more run of it whenever the caller wants one. */
export function createContinuousGate(parts: ContinuousParts): ContinuousGate {
  const { file, look, intervalMs, limitMs, signal } = parts
  let last: { readonly report: GateReport; readonly owner: string } | null = null

  const configNow = () => {
    const config = file.current()
    if (config === undefined) throw new TypeError('the gate was never configured')
    return config
  }
  const lastOf = (config: GateConfig) => (last?.owner === ownerOf(config) ? last.report : null)

  async function run(): Promise<void> {
    const config = configNow()
    const limit = AbortSignal.timeout(limitMs)
    const report = await look(config, AbortSignal.any([signal, limit]))
    if (signal.aborted) return
    if (limit.aborted) throw new Error(`The gate did not end within ${limitMs / 1000} s`)
    const before = lastOf(config)
    last = { report, owner: ownerOf(config) }
    parts.onReport(report, before)
  }

  return {
    standing: () => {
      const config = configNow()
      const { name, namespace } = config.service
      return {
        service: name,
        namespace,
        // What was found about another service says nothing about this one.
        report: lastOf(config),
        refusals: file.mistakes().map(({ message }) => shown(message)),
        intervalMs
      }
    },
    ok: () => file.mistakes().length === 0,
    run: () =>
      run().catch((cause: unknown) => {
        if (!signal.aborted) parts.onFailure(cause)
      }),
    close: () => file.close()
  }
}

function ownerOf({ service: { name, namespace } }: GateConfig): string {
  return `${namespace ?? ''}/${name}`
}
