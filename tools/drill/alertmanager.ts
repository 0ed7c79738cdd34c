import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { alertmanagerServer, INSTALLED, type Restartable } from '../../test/support/alertmanager.ts'
import { inDrill, scaleAlertmanager } from '../../test/support/scaled.ts'
import type { Stage } from '../../test/support/stage.ts'

export interface Alertmanager extends Restartable {
  /** Alerts that it knows and that are not resolved. Rejects while it does not answer. */
  alerts(): Promise<readonly object[]>
}

interface AlertmanagerSetup {
  /** The configuration whose route and templates are drilled. */
  readonly configFile: string
  /** Where the messages of every receiver go, and nowhere else. */
  readonly inboxUrl: string
  /** Ends the start. */
  readonly signal: AbortSignal
}

/** What the drill reads of a shipped configuration besides its route; the rest belongs to the real receivers. */
interface Shipped {
  readonly templates?: readonly string[]
  readonly receivers: readonly {
    readonly slack_configs?: readonly { readonly title?: string; readonly text?: string }[]
  }[]
}

/** Starts an Alertmanager with the shipped route, inhibitions and templates on a free port of 127.0.0.1. */
export async function startAlertmanager(stage: Stage, setup: AlertmanagerSetup): Promise<Alertmanager> {
  const { configFile, inboxUrl, signal } = setup
  const text = readFileSync(configFile, 'utf8')
  const { templates = [], receivers }: Shipped = parse(text)
  const slack = receivers.flatMap(receiver => receiver.slack_configs ?? [])[0]
  const inbox = {
    api_url: inboxUrl,
    send_resolved: false,
    title: slack?.title ?? '{{ .CommonAnnotations.summary }}',
    text: slack?.text ?? '{{ range .Alerts }}{{ .Annotations.message }}\n{{ end }}',
    // Not shown to people: what the drill recognises a message by.
    fallback: '{{ range .Alerts.Firing }}{{ .Labels.alertname }} {{ end }}'
  }
  const config = {
    ...scaleAlertmanager(text, { shorten: inDrill, receiver: { slack_configs: [inbox] } }),
    templates: templates.map(path => resolve(dirname(configFile), path))
  }
  const folder = join(stage.folder, 'alertmanager')
  mkdirSync(folder)
  writeFileSync(join(folder, 'alertmanager.json'), JSON.stringify(config))
  const server = await alertmanagerServer(stage, INSTALLED.alertmanager, folder)
  await server.start({ signal })
  return {
    ...server,
    alerts: async () => (await fetch(`${server.url}/api/v2/alerts`)).json() as Promise<readonly object[]>
  }
}
