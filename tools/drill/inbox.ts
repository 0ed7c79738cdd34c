import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { urlOf } from '../../test/support/address.ts'

/** A message as people would get it. */
interface Notification {
  readonly title: string
  readonly text: string
  /** Names of the alerts that it is about. */
  readonly alerts: readonly string[]
}

export interface Inbox {
  readonly url: string
  received(): readonly Notification[]
  close(): void
}

/** Stands in for Slack: takes what Alertmanager sends to an incoming webhook. */
export async function openInbox(): Promise<Inbox> {
  const notifications: Notification[] = []
  const server = createServer(async (request, response) => {
    const { attachments } = (await json(request)) as { attachments: readonly Partial<Record<string, string>>[] }
    for (const { title = '', text = '', fallback = '' } of attachments) {
      notifications.push({ title, text, alerts: fallback.split(' ').filter(name => name !== '') })
    }
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${urlOf(server)}/`,
    received: () => notifications,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
