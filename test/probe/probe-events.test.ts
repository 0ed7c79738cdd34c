import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ProbeEvent } from '../../src/probe/endpoint-probe.ts'
import { serveRaw } from '../support/hostile-servers.ts'
import { during, startProbing } from '../support/probing.ts'

const REDIRECT = 'HTTP/1.1 302 Found\r\nLocation: /new?token=canary\r\nContent-Length: 0\r\n\r\n'
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"version":"v1"}'

suite('what is told of a probe', () => {
  test('is each address that was asked, on what connection, with what answer, and no secret', async t => {
    const { port } = await during(
      t,
      serveRaw((socket, path) => socket.write(path.startsWith('/old') ? REDIRECT : ANSWER))
    )
    const events: ProbeEvent[] = []
    const { probe } = startProbing(t, { onProbe: event => events.push(event) })
    for (let check = 0; check < 2; check += 1)
      await probe(`http://127.0.0.1:${port}/old?key=canary`, { service: 'shop' })
    const asked = (path: string, connection: string, status: number, bytes: number) => {
      return { address: `http://127.0.0.1:${port}${path}`, connection, status, bytes }
    }
    assert.deepEqual(
      events.map(({ service, requests, outcome }) => [service, outcome, requests]),
      ['new', 'kept'].map(connection => [
        'shop',
        'report',
        [asked('/old', connection, 302, REDIRECT.length), asked('/new', 'kept', 200, ANSWER.length)]
      ])
    )
    assert.ok(events.every(({ durationMs }) => durationMs > 0))
    assert.doesNotMatch(JSON.stringify(events), /canary/)
  })

  test('is nothing but the reason where nobody was asked', async t => {
    const events: ProbeEvent[] = []
    await startProbing(t, { onProbe: event => events.push(event) }).probe('http://user:canary@shop.example/')
    assert.deepEqual(
      events.map(({ requests, outcome }) => [requests, outcome]),
      [[[], 'refused']]
    )
  })
})
