import { type GateStanding, isTooOld } from '../domain/gate.ts'

/** The answer of `/api/v1/gate`, key for key. `report`: null until the first run has ended; `old`: out of date. */
export function renderGateJson(standing: GateStanding, now: number) {
  const { service, namespace, report, refusals, intervalMs } = standing
  return { service, namespace, intervalSeconds: intervalMs / 1000, refusals, old: isTooOld(standing, now), report }
}
