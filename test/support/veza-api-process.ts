// An API such as the one of the checklist: three health endpoints, metrics with the prefix veza_, a database, and an
// upstream behind a circuit breaker. Takes the ports of its own, of the database and of the upstream as arguments.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

const [port = 0, databasePort = 0, upstreamPort = 0] = process.argv.slice(2).map(Number)

const QUERY_LIMIT_MS = 1_000
const TRAFFIC_EVERY_MS = 50
// The circuit breaker: opens after so many failures in a row, and lets one request through after a while.
const FAILURES = 5
const OPEN_MS = 500
const CLOSED = 0
const OPEN = 2 // 1 is half open

const registry = new Registry()
const gauge = (name: string) => new Gauge({ name, help: name, registers: [registry] })
const counter = (name: string, ...labelNames: string[]) =>
  new Counter({ name, help: name, labelNames, registers: [registry] })

gauge('process_start_time_seconds').set(Date.now() / 1000 - process.uptime())
gauge('veza_db_pool_open_connections').set(5)
const inUse = gauge('veza_db_pool_in_use')
counter('veza_db_pool_wait_count_total')
const databaseUp = gauge('veza_database_up')
const breakerState = gauge('veza_circuit_breaker_state')
const breakerRequests = counter('veza_circuit_breaker_requests_total', 'result')
const requests = counter('veza_gin_http_requests_total', 'code', 'path')
const durations = new Histogram({
  name: 'veza_gin_http_request_duration_seconds',
  help: 'veza_gin_http_request_duration_seconds',
  buckets: [0.01, 0.1, 1],
  registers: [registry]
})

/** The rows of a statement; rejects where the database does not answer. */
function query(statement: string, at: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(at, '127.0.0.1', () => socket.write(`${statement}\n`))
    let text = ''
    socket.setTimeout(QUERY_LIMIT_MS, () => socket.destroy(new Error('timeout')))
    socket.on('data', data => {
      text += data
      if (!text.includes('\n')) return
      resolve(JSON.parse(text))
      socket.destroy()
    })
    socket.on('error', reject).on('close', () => reject(new Error('closed')))
  })
}

let failuresInRow = 0
let openedAt = 0

async function askUpstream(): Promise<void> {
  const isOpen = failuresInRow >= FAILURES
  if (isOpen && Date.now() - openedAt < OPEN_MS) {
    breakerRequests.inc({ result: 'rejected' })
    return
  }
  try {
    await query('SELECT title FROM track', upstreamPort)
    failuresInRow = 0
    breakerState.set(CLOSED)
    breakerRequests.inc({ result: 'success' })
  } catch {
    failuresInRow += 1
    breakerRequests.inc({ result: 'failure' })
    if (failuresInRow < FAILURES) return
    openedAt = Date.now()
    breakerState.set(OPEN)
  }
}

async function isDatabaseUp(): Promise<boolean> {
  inUse.inc()
  const isUp = await query('SELECT count(*) AS tracks FROM track', databasePort).then(
    () => true,
    () => false
  )
  inUse.dec()
  databaseUp.set(Number(isUp))
  return isUp
}

async function answer(path: string): Promise<readonly [status: number, type: string, body: string]> {
  const json = (status: number, body: object) => [status, 'application/json', JSON.stringify(body)] as const
  if (path === '/metrics') return [200, registry.contentType, await registry.metrics()]
  if (path === '/health' || path === '/live') return json(200, { status: 'ok' })
  if (path !== '/readyz') return json(404, { error: 'not found' })
  const isUp = await isDatabaseUp()
  const checks = {
    database: isUp ? { status: 'ok' } : { status: 'error', message: 'connection refused' },
    redis: { status: 'ok' },
    rabbitmq: { status: 'ok' }
  }
  return json(isUp ? 200 : 503, { status: isUp ? 'ready' : 'not_ready', checks })
}

breakerState.set(CLOSED)
// There is always traffic: without it, no breaker opens and no alert has data.
async function traffic(): Promise<void> {
  await Promise.all([askUpstream(), isDatabaseUp()])
  setTimeout(traffic, TRAFFIC_EVERY_MS)
}

await traffic()
createServer(async (request, response) => {
  const end = durations.startTimer()
  const path = String(request.url)
  const [status, type, body] = await answer(path)
  response.writeHead(status, { 'content-type': type }).end(body)
  requests.inc({ code: status, path })
  end()
}).listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
