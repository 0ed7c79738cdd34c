import { type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'

export interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Asks once, on a connection of its own; rejects where there is no answer. */
export function ask(url: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, response => {
      const { statusCode: status, headers } = response
      text(response).then(body => resolve({ status, headers, body }), reject)
    })
    asked.on('error', reject).end()
  })
}

/** An Authorization header of the scheme Basic. */
export function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
