// What a scrape costs a Node server that has nothing else to do: an answer made once, sent for each request.
// Arguments: the URL that the answer is taken from, and its encoding.
import { createServer } from 'node:http'
import { request } from 'undici'

const [, , url = '', encoding = ''] = process.argv
const { body, headers } = await request(url, { headers: { 'accept-encoding': encoding } })
const text = Buffer.from(await body.arrayBuffer())
const answered = {
  'content-type': String(headers['content-type']),
  'content-length': text.length,
  ...(headers['content-encoding'] && { 'content-encoding': String(headers['content-encoding']) })
}

const server = createServer((_request, response) => response.writeHead(200, answered).end(text))
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
