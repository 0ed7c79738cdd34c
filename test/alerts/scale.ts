import { parse } from 'yaml'
import { type Shorten, scaleRoute, timesShorter } from '../support/scaled.ts'

/** The cooldown of the time-scaled world, in seconds. */
export const COOLDOWN_S = 20

// 90 times shorter, but with more room than that between what a busy machine might mix up.
const SHORTENED: Readonly<Record<string, string>> = {
  '15s': '500ms',
  '1m': '1s',
  '10m': '6s',
  '15m': '10s',
  '30m': `${COOLDOWN_S}s`,
  '31m': '22s'
}

/** What a shipped duration is in the time-scaled world. */
export const inTest: Shorten = duration => SHORTENED[duration] ?? timesShorter(90)(duration)

/**
 * An Alertmanager's configuration in the time-scaled world, with every message delivered to one webhook. Takes YAML;
 * gives a parsed object, to be changed further.
 */
export function scaledAlertmanager(shipped: string, webhook: string) {
  const config = parse(shipped)
  return {
    route: scaleRoute(config.route, inTest) as { routes: [Record<string, unknown>] },
    inhibit_rules: config.inhibit_rules ?? [],
    receivers: config.receivers.map(({ name }: { name: string }) => ({
      name,
      webhook_configs: [{ url: webhook, send_resolved: false }]
    }))
  }
}
