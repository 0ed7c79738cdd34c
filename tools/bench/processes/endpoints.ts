// Debug endpoints that cost less than their clients: one buffer for each request, without reading the request.
// Arguments: how long an answer takes, ms; `kept` or `closed`: what happens to the connection.
import { createServer, type Socket } from 'node:net'

const [, , delay, connection] = process.argv
const delayMs = Number(delay)
const isKept = connection === 'kept'
const body = JSON.stringify({ version: 'v1.2.3', gitSha: '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10', app: 'bench' })
const head = ['HTTP/1.1 200 OK', 'Content-Type: application/json', `Content-Length: ${body.length}`]
if (!isKept) head.push('Connection: close')
const ANSWER = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)

const answer = (socket: Socket) => (isKept ? socket.write(ANSWER) : socket.end(ANSWER))

const server = createServer({ noDelay: true }, socket => {
  // A GET arrives in one chunk.
  socket.on('data', () => (delayMs === 0 ? answer(socket) : setTimeout(answer, delayMs, socket)))
  socket.on('error', () => {})
})
server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => process.send?.(server.address()))
