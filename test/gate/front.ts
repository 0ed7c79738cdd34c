import { startService } from '../support/services.ts'
import type { Lifetime } from '../support/stage.ts'

/** What a server says, or what the front says in its place. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly location?: string
  readonly body: string
}

/** Makes the front say something other than the server behind it. */
export type Lie = (truth: Answer, path: string) => Answer

/** Stands in front of a real server, records how it is asked, and can lie. */
export interface Front {
  readonly url: string
  /** Method of each request so far. */
  readonly methods: readonly string[]
  /** What it says from now on; absent: the truth. */
  say(lie?: Lie): void
}

/** Starts one on a free port; ended with the test. Where nothing answers behind it, it hangs up. */
export async function startFront(life: Lifetime, behind: string): Promise<Front> {
  const methods: string[] = []
  let lie: Lie = truth => truth
  const url = await startService(life, async (request, response) => {
    const { method = '', url: path = '', headers } = request
    methods.push(method)
    const real = await fetch(`${behind}${path}`, { method, headers: { accept: headers.accept ?? '*/*' } }).catch(
      () => null
    )
    if (real === null) return void response.destroy()
    const truth = { status: real.status, type: real.headers.get('content-type') ?? '', body: await real.text() }
    const { status, type, location, body } = lie(truth, path)
    response.writeHead(status, { 'content-type': type, ...(location === undefined ? {} : { location }) }).end(body)
  })
  return {
    url,
    methods,
    say: (said = truth => truth) => {
      lie = said
    }
  }
}
