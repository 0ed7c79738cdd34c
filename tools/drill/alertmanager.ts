import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { freePort } from '../../test/support/address.ts'
import { type Child, startChild } from '../../test/support/child.ts'
import { inDrill, scaleRoute } from '../../test/support/scaled.ts'

export interface Alertmanager extends Child {
  readonly origin: string
  /** Alerts that it knows and that are not resolved. Rejects while it does not answer. */
  alerts(): Promise<readonly object[]>
}

interface AlertmanagerSetup {
  readonly program: string
  /** An empty folder of its own. */
  readonly folder: string
  /** The configuration whose route and templates are drilled. */
  readonly configFile: string
  /** Every receiver's messages go there, and nowhere else. */
  readonly inboxUrl: string
}

/** What is read of an Alertmanager's configuration; the rest belongs to the real receivers. */
interface ShippedConfig {
  readonly route: unknown
  readonly inhibit_rules?: unknown
  readonly time_intervals?: unknown
  readonly templates?: readonly string[]
  readonly receivers: readonly ShippedReceiver[]
}

interface ShippedReceiver {
  readonly name: string
  readonly slack_configs?: readonly { readonly title?: string; readonly text?: string }[]
}

/** Starts an Alertmanager with the shipped route, inhibitions and templates on a free port of 127.0.0.1. */
export async function startAlertmanager(setup: AlertmanagerSetup): Promise<Alertmanager> {
  const { program, folder, configFile, inboxUrl } = setup
  const file = join(folder, 'alertmanager.yaml')
  const shipped: ShippedConfig = parse(readFileSync(configFile, 'utf8'))
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(drilled(shipped, { folder: dirname(configFile), inboxUrl })))
  const address = `127.0.0.1:${await freePort()}`
  const child = startChild({
    program,
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address='
    ]
  })
  return {
    ...child,
    origin: `http://${address}`,
    alerts: async () => (await fetch(`http://${address}/api/v2/alerts`)).json() as Promise<readonly object[]>
  }
}

function drilled(shipped: ShippedConfig, { folder, inboxUrl }: { folder: string; inboxUrl: string }): object {
  const { route, inhibit_rules = [], time_intervals = [], templates = [], receivers } = shipped
  const slack = receivers.flatMap(receiver => receiver.slack_configs ?? [])[0]
  const inbox = {
    api_url: inboxUrl,
    send_resolved: false,
    title: slack?.title ?? '{{ .CommonAnnotations.summary }}',
    text: slack?.text ?? '{{ range .Alerts }}{{ .Annotations.message }}\n{{ end }}',
    // Not shown to people: what the drill recognises a message by.
    fallback: '{{ range .Alerts.Firing }}{{ .Labels.alertname }} {{ end }}'
  }
  return {
    route: scaleRoute(route, inDrill),
    inhibit_rules,
    time_intervals,
    templates: templates.map(path => resolve(folder, path)),
    receivers: receivers.map(({ name }) => ({ name, slack_configs: [inbox] }))
  }
}
