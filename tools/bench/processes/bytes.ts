// The least that a scrape can cost in Node: an answer made once, written for each request without reading the request.
// Arguments: the URL that the answer is taken from, and its encoding.
import { createServer } from 'node:net'
import { request } from 'undici'

const [, , url = '', encoding = ''] = process.argv
const { body } = await request(url, { headers: { 'accept-encoding': encoding } })
const text = Buffer.from(await body.arrayBuffer())
const ANSWER = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`), text])

const server = createServer({ noDelay: true }, socket => {
  socket.on('data', () => socket.write(ANSWER))
  socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
