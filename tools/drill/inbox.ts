import { json } from 'node:stream/consumers'
import { startService } from '../../test/support/services.ts'
import type { Stage } from '../../test/support/stage.ts'

/** A message as people would get it. */
interface Notification {
  readonly title: string
  readonly text: string
  /** The names of the alerts in it. */
  readonly alerts: readonly string[]
}

export interface Inbox {
  readonly url: string
  received(): readonly Notification[]
}

/** Stands in for Slack: takes what Alertmanager sends to an incoming webhook. */
export async function openInbox(stage: Stage): Promise<Inbox> {
  const notifications: Notification[] = []
  const origin = await startService(stage, async (request, response) => {
    const { attachments } = (await json(request)) as { attachments: readonly Partial<Record<string, string>>[] }
    for (const { title = '', text = '', fallback = '' } of attachments) {
      notifications.push({ title, text, alerts: fallback.split(' ').filter(name => name !== '') })
    }
    response.end('ok')
  })
  return { url: `${origin}/`, received: () => notifications }
}
