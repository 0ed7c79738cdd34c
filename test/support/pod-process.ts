// A pod of a service, as a process of its own on a loopback address: answers /debug/version with its report. Its parent
// may give it another report, and make a slow pod, which holds its answers back, send them.
import { createServer, type ServerResponse } from 'node:http'

/** What a pod gets at its start, as JSON in its argument. */
export interface PodStart {
  readonly address: string
  /** 0: a free one, which the pod tells its parent. */
  readonly port: number
  readonly report: object
  readonly isSlow?: boolean
}

/** What it is told later. */
export interface PodOrder {
  /** From now on it answers with this report, at once. */
  readonly report: object
}

const start: PodStart = JSON.parse(process.argv[2] ?? '{}')
const held = new Set<ServerResponse>()
let { report } = start
let isSlow = start.isSlow === true

const answer = (response: ServerResponse) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(report))
}

const server = createServer((request, response) => {
  if (request.url !== '/debug/version') response.writeHead(404).end()
  else if (isSlow) held.add(response)
  else answer(response)
})
process.on('message', (order: PodOrder) => {
  report = order.report
  isSlow = false
  for (const response of held) answer(response)
  held.clear()
  process.send?.('done')
})
server.listen(start.port, start.address, () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit())
