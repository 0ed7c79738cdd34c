// What most people would write first: prom-client's gauges, rendered for each scrape, compressed if the client wants it.
// Arguments: a URL whose gauges it copies, series by series.
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Gauge, Registry } from 'prom-client'

const [, , url = ''] = process.argv
const compress = promisify(gzip)
const registry = new Registry()
const gauges = new Map<string, Gauge>()

const exposition = await (await fetch(url)).text()
for (const [, name = '', labels = '', value] of exposition.matchAll(/^(keybuzz_\w+)\{(namespace=.*)\} (\S+)$/gm)) {
  const pairs = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]))
  const gauge = gauges.get(name) ?? make(name, Object.keys(pairs))
  gauge.set(pairs, Number(value))
}

function make(name: string, labelNames: string[]): Gauge {
  const gauge = new Gauge({ name, help: name, labelNames, registers: [registry] })
  gauges.set(name, gauge)
  return gauge
}

const server = createServer(async (request, response) => {
  const text = await registry.metrics()
  const isPacked = request.headers['accept-encoding'] === 'gzip'
  response.setHeader('content-type', registry.contentType)
  if (isPacked) response.setHeader('content-encoding', 'gzip')
  response.end(isPacked ? await compress(text) : text)
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
