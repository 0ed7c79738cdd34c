// One service of the demo's fleet, a process of its own. It answers /debug/version with the answers in its argument,
// one after the other when there are several, and tells its parent which port it got.
import { createServer } from 'node:http'

/** What a service answers: a report, or an HTTP status. */
export type Answer = { readonly report: object } | { readonly status: number }

const CHANGE_EVERY_MS = 6_000

const answers: readonly Answer[] = JSON.parse(process.argv[2] ?? '[]')
const startedAt = Date.now()

const server = createServer((request, response) => {
  const turn = Math.floor((Date.now() - startedAt) / CHANGE_EVERY_MS) % answers.length
  const answer = answers[turn] ?? { status: 404 }
  const found = request.url === '/debug/version' && 'report' in answer
  response.writeHead(found ? 200 : 'status' in answer ? answer.status : 404, { 'content-type': 'application/json' })
  response.end(found ? JSON.stringify(answer.report) : '{"error":"not found"}')
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit())
// The parent decides when the fleet ends, even when a terminal sends Ctrl-C to all of its processes.
process.on('SIGINT', () => {})
