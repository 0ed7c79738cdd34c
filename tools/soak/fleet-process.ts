// The services of a soak as a process of their own: one server, a path for each service. Arguments: how many services,
// how many of them are always well, the seed.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { HOSTILE, type HostileAnswer } from './hostile-namespace.ts'
import { createRandom, pick } from './random.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

const CHANGE_EVERY_MS = 500
const CHANGES = 20
let asked = 0

const report = (response: ServerResponse, version: string) =>
  response.end(JSON.stringify({ version, gitSha: 'abc1234def5678' }))
const fine: Answer = response => report(response, 'v1')
const FAULTS: readonly [Answer, ...Answer[]] = [
  () => {},
  response => response.writeHead(500).end('x'.repeat(1000)),
  response => report(response, 'v2'),
  response => report(response, `v${asked}`),
  response => response.socket?.destroy(),
  response => response.end('<html>'),
  response => response.end(Buffer.alloc(256 * 1024, 'x')),
  response => response.writeHead(302, { location: '/elsewhere' }).end(),
  response => setTimeout(() => fine(response, response.req), 300),
  (response, request) => response.end(JSON.stringify({ version: request.headers.authorization ?? 'nobody' }))
]

const HOSTILE_ANSWERS: Readonly<Record<HostileAnswer, Answer>> = {
  never: () => {},
  slow: response => void setTimeout(() => report(response, 'v1'), 500),
  drip: response => {
    response.writeHead(200)
    const dripping = setInterval(() => response.write(' '), 50)
    response.once('close', () => clearInterval(dripping))
  },
  changing: response => report(response, `v${asked}`),
  large: response => response.end(JSON.stringify({ version: 'x'.repeat(63 * 1024) })),
  'in-a-circle': (response, request) => response.writeHead(302, { location: request.url }).end()
}

const [count = 1000, steady = 0, seed = 1] = process.argv.slice(2).map(Number)
const random = createRandom(seed)
const answers: Answer[] = Array(count).fill(fine)
setInterval(() => {
  for (let change = 0; change < CHANGES; change += 1) {
    // Half of the changes mend, so that a few hundred are broken at any time.
    answers[steady + Math.floor(random() * (count - steady))] = random() < 0.5 ? fine : pick(FAULTS, random)
  }
}, CHANGE_EVERY_MS)

const server = createServer((request, response) => {
  asked += 1
  const [, first = '', second = ''] = (request.url ?? '').split('/')
  const answer = first === HOSTILE ? HOSTILE_ANSWERS[second as HostileAnswer] : (answers[Number(first)] ?? fine)
  answer(response, request)
})
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit())
