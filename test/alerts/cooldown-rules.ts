import { BLIP, ESCALATING, LASTING } from './faulty-fleet.ts'

/** The cooldown of the time-scaled world, in seconds. */
export const COOLDOWN_S = 20

/** When Alertmanager is restarted, in seconds. */
export const ALERTMANAGER_RESTART_S = 50

/** One message as it arrived. */
export interface Message {
  /** Seconds since the clock started. */
  readonly at: number
  readonly services: readonly string[]
  readonly alerts: readonly string[]
}

/** What the messages of one run say against the cooldown; empty: it held. */
export function violations(messages: readonly Message[]): readonly string[] {
  const faults = messages
    .filter(({ services }) => services.length !== 1)
    .map(({ at, services }) => `${at.toFixed(1)} s: one message about ${services.join(', ')}`)
  const byService = Map.groupBy(messages, ({ services }) => services[0] ?? '')
  for (const [service, told] of byService) {
    for (const [from, to] of gaps(told)) {
      if (to - from < COOLDOWN_S && !isKnownException(service, from, to))
        faults.push(`${service}: told at ${from.toFixed(1)} s and ${to.toFixed(1)} s`)
    }
  }
  for (const service of LASTING) {
    const told = byService.get(service) ?? []
    const [first] = told
    if (first === undefined || first.at > 4) faults.push(`${service}: first told at ${first?.at.toFixed(1)} s`)
    if (told.length < 3) faults.push(`${service}: told ${told.length} times`)
    for (const [from, to] of gaps(told)) {
      if (to - from > COOLDOWN_S + 4)
        faults.push(`${service}: not told from ${from.toFixed(1)} s to ${to.toFixed(1)} s`)
    }
    for (const { at } of told.filter(message => message.at > 50 && message.at < 62)) {
      faults.push(`${service}: told at ${at.toFixed(1)} s, because Alertmanager was restarted`)
    }
  }
  const blips = byService.get(BLIP)?.length ?? 0
  if (blips !== 1) faults.push(`${BLIP}: told ${blips} times`)
  const second = byService.get(ESCALATING)?.[1]
  if (!second?.alerts.includes('KeyBuzzDebugEndpointDown'))
    faults.push(`${ESCALATING}: second message lacks the critical`)
  if (byService.has('healthy')) faults.push('healthy: told')
  return faults
}

// A restarted group has lost its phase: where a fault came or went meanwhile, one message too many can pass, which
// docs/alerting.md tells users. A fault that lasts has no such excuse.
function isKnownException(service: string, from: number, to: number): boolean {
  const spansRestart = from < ALERTMANAGER_RESTART_S && to > ALERTMANAGER_RESTART_S
  return spansRestart && service.startsWith('restless-')
}

function gaps(told: readonly Message[]): readonly (readonly [from: number, to: number])[] {
  return told.slice(1).map((message, index) => [told[index]?.at ?? 0, message.at])
}
