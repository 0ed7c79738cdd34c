import { COOLDOWN_S } from '../support/scaled.ts'
import { BLIP, ESCALATES_AT_S, ESCALATING, LASTING } from './faulty-fleet.ts'

/** When Alertmanager is restarted, in seconds. */
export const ALERTMANAGER_RESTART_S = 50

const FIRST_WITHIN_S = 4

/** One message as it arrived. */
export interface Message {
  /** Seconds since the clock started, like all times here. */
  readonly at: number
  readonly services: readonly string[]
  readonly alerts: readonly ToldAlert[]
}

interface ToldAlert {
  readonly severity: string
  readonly began: number
}

/** What is promised: one message of a service in a cooldown, or one of each of its severities. */
export type Promised = 'one' | 'one of each severity'

/** What the messages so far say against the cooldown, whatever else may come. */
export function violationsSoFar(messages: readonly Message[], promised: Promised = 'one'): readonly string[] {
  const faults = messages
    .filter(({ services }) => services.length !== 1)
    .map(({ at, services }) => `${seconds(at)}: one message about ${services.join(', ')}`)
  for (const [group, told] of grouped(messages, promised)) {
    for (const pair of neighbours(told)) {
      const [from, to] = pair
      if (to.at - from.at < COOLDOWN_S && !isKnownException(pair))
        faults.push(`${group}: told at ${seconds(from.at)} and ${seconds(to.at)}`)
    }
  }
  for (const service of LASTING) {
    const told = ofService(messages, service)
    const [first] = told
    if (first !== undefined && first.at > FIRST_WITHIN_S) faults.push(`${service}: first told at ${seconds(first.at)}`)
    for (const [from, to] of neighbours(told)) {
      if (to.at - from.at > COOLDOWN_S + 4)
        faults.push(`${service}: not told from ${seconds(from.at)} to ${seconds(to.at)}`)
    }
    for (const { at } of told.filter(message => message.at > 50 && message.at < 62)) {
      faults.push(`${service}: told at ${seconds(at)}, because Alertmanager was restarted`)
    }
  }
  const blips = ofService(messages, BLIP).length
  if (blips > 1) faults.push(`${BLIP}: told ${blips} times`)
  if (ofService(messages, 'healthy').length > 0) faults.push('healthy: told')
  return faults
}

/** What the messages of a whole run say against the cooldown; empty: it held. */
export function violations(messages: readonly Message[], promised: Promised = 'one'): readonly string[] {
  const faults = [...violationsSoFar(messages, promised)]
  for (const service of LASTING) {
    const { length } = ofService(messages, service)
    if (length < 3) faults.push(`${service}: told ${length} times`)
  }
  if (ofService(messages, BLIP).length === 0) faults.push(`${BLIP}: told 0 times`)
  const second = ofService(messages, ESCALATING)[1]
  if (!second?.alerts.some(({ severity }) => severity === 'critical'))
    faults.push(`${ESCALATING}: second message lacks the critical`)
  else if (promised === 'one of each severity' && second.at > ESCALATES_AT_S + FIRST_WITHIN_S)
    faults.push(`${ESCALATING}: critical told at ${seconds(second.at)} only`)
  return faults
}

// A restarted group has lost its phase; then only the record of its last message protects. A fault that began after that
// message is news, as docs/alerting.md says and test/alerts/restart.e2e.ts shows. A fault that lasts has no such excuse.
function isKnownException([from, to]: readonly [Message, Message]): boolean {
  const isFirstAfterRestart = from.at < ALERTMANAGER_RESTART_S && to.at > ALERTMANAGER_RESTART_S
  return isFirstAfterRestart && to.alerts.some(({ began }) => began > from.at)
}

function grouped(messages: readonly Message[], promised: Promised): ReadonlyMap<string, readonly Message[]> {
  return Map.groupBy(messages, ({ services: [service = ''], alerts: [alert] }) =>
    promised === 'one' ? service : `${service}, ${alert?.severity}`
  )
}

function ofService(messages: readonly Message[], service: string): readonly Message[] {
  return messages.filter(({ services }) => services[0] === service)
}

function neighbours(told: readonly Message[]): readonly (readonly [Message, Message])[] {
  return told.slice(1).flatMap((message, index) => {
    const before = told[index]
    return before === undefined ? [] : [[before, message] as const]
  })
}

function seconds(at: number): string {
  return `${at.toFixed(1)} s`
}
