import { parse } from 'yaml'

/** The times of the shipped files, in a shorter world: for drills and for tests on real servers. */
export interface AlertTimes {
  readonly pending: string
  readonly keepFiring: string
  /** In place of the 15 minutes after which a rollout is stuck. */
  readonly stuckAfter: string
  readonly groupWait: string
  readonly groupInterval: string
  readonly repeatInterval: string
}

interface Group {
  readonly rules: readonly Rule[]
}

interface Rule {
  readonly expr: string
}

/** The shipped rules with these times and otherwise as they are; JSON, which is YAML. */
export function scaledRules(rules: string, times: AlertTimes): string {
  const groups: readonly Group[] = parse(rules).groups
  const scaled = groups.map(group => ({
    ...group,
    interval: '500ms',
    rules: group.rules.map(rule => ({
      ...rule,
      expr: rule.expr
        .replace('[15m:1m]', `[${times.stuckAfter}:500ms]`)
        .replace('offset 15m', `offset ${times.stuckAfter}`),
      for: times.pending,
      keep_firing_for: times.keepFiring
    }))
  }))
  return JSON.stringify({ groups: scaled })
}

/** The shipped route with these times, and everything delivered to one webhook; JSON, which is YAML. */
export function scaledAlertmanager(alertmanager: string, times: AlertTimes, webhook: string): string {
  const { route } = parse(alertmanager)
  const [ours] = route.routes
  const scaled = {
    ...ours,
    receiver: 'webhook',
    group_wait: times.groupWait,
    group_interval: times.groupInterval,
    repeat_interval: times.repeatInterval
  }
  return JSON.stringify({
    route: { ...route, routes: [scaled] },
    receivers: [
      { name: route.receiver },
      { name: 'webhook', webhook_configs: [{ url: webhook, send_resolved: false }] }
    ]
  })
}
