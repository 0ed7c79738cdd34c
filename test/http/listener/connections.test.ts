import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { suite, type TestContext, test } from 'node:test'
import {
  type ConnectionLimits,
  type Held,
  limitConnections,
  whoCrowds,
  whoGivesWay
} from '../../../src/http/listener/connections.ts'

/** Connections by name: an address, whether they rest (`.`) or are being answered (`!`), and since when. */
function heldOf(names: string): (Held & { readonly name: string })[] {
  return names.split(' ').map(name => {
    const [, address = '', does, since] = /^(\w)([.!])(\d+)$/.exec(name) ?? []
    return { name, address, isBusy: does === '!', since: Number(since) }
  })
}

suite('who gives way to a new connection', () => {
  for (const [rule, names, address, leaving] of [
    ['is the one that rests longest', 'a.3 a.1 a.2', 'a', 'a.1'],
    ['is of the address that has the most, though another rests longer', 'a.1 b.6 b.5', 'c', 'b.5'],
    ['is of the address that has the most, busy ones counted', 'a.1 a.2 b.5 b!6 b!7', 'c', 'b.5'],
    ['is the one that rests longest where each address has one', 'a.2 b.1 c.3', 'd', 'b.1'],
    ['is none that is being answered', 'a!1 a!2 a.9 b!0', 'c', 'a.9'],
    ['is of the address of the new one where that has the most', 'a.1 b.9 b.8', 'b', 'b.8'],
    ['is of another address that has more', 'a.1 a!2 b!2', 'b', 'a.1'],
    ['is none of an address that would have fewer than that of the new one', 'a.1 b!2', 'b', undefined],
    ['is its own where it would have the most', 'a.1 b.2', 'b', 'b.2'],
    ['is nobody where all are being answered', 'a!1 a!2 b!3', 'c', undefined]
  ] as const) {
    test(rule, () => assert.equal(whoGivesWay(heldOf(names), address)?.name, leaving))
  }
})

suite('who crowds', () => {
  for (const [rule, names, address, crowding] of [
    ['is the oldest of the address that has the most', 'b!1 a!3 a!2 a!4', 'c', 'a!2'],
    ['is nobody who has no more than the new one would', 'a!1 b!2', 'c', undefined],
    ['is nobody of the same address', 'a!1 a!2 a!3', 'a', undefined],
    ['is one of an address with two more', 'a!1 b!2 b!3 b!4', 'a', 'b!2'],
    ['is nobody of an address with one more', 'a!1 b!2 b!3', 'a', undefined],
    ['is nobody where there is nobody', '', 'a', undefined]
  ] as const) {
    test(rule, () => assert.equal(whoCrowds(heldOf(names), address)?.name, crowding))
  }
})

suite('connections', () => {
  const LIMITS: ConnectionLimits = { most: 4, mostBusy: 2, drainMs: 60_000 }

  /** A server that answers when the test says so, and clients of it. */
  async function listen(t: TestContext, limits: Partial<ConnectionLimits> = {}) {
    // The test answers.
    const server = createServer(() => {})
    const connections = limitConnections(server, { ...LIMITS, ...limits })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const clients: Socket[] = []
    t.after(() => {
      for (const client of clients) client.destroy()
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    return {
      server,
      hasRoomFor: (response: ServerResponse | undefined) =>
        response?.socket != null && connections.hasRoomFor(response.socket),
      /** A client of this address, as the server has taken it. */
      client: async (localAddress = '127.0.0.1') => {
        const accepted = once(server, 'connection')
        const client = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {})
        clients.push(client)
        await accepted
        return client
      },
      /** Sends a request and waits until the server has it. */
      ask: async (client: Socket): Promise<ServerResponse> => {
        const asked = once(server, 'request')
        client.write('GET / HTTP/1.1\r\nHost: guard\r\n\r\n')
        const [, response] = await asked
        return response
      }
    }
  }

  const ended = (client: Socket) => new Promise(resolve => client.resume().once('close', resolve))

  test('that were silent longest give way when the server is full', async t => {
    const { client } = await listen(t)
    const [first, second, third] = [await client(), await client(), await client()]
    await client()
    await ended(first)
    await client()
    await ended(second)
    assert.equal(third.destroyed, false)
  })

  test('that are being answered stay while others rest', async t => {
    const { client, ask } = await listen(t)
    const first = await client()
    await ask(first)
    const second = await client()
    await client()
    await client()
    await ended(second)
    assert.equal(first.destroyed, false)
  })

  test('that rest after an answer have rested since its end', async t => {
    const { client, ask } = await listen(t)
    const first = await client()
    const response = await ask(first)
    const second = await client()
    response.end('answer')
    await once(response, 'close')
    await client()
    await client()
    await ended(second)
    assert.equal(first.destroyed, false)
  })

  test('have room for so many requests at once, and for more as they end', async t => {
    const { client, ask, hasRoomFor } = await listen(t)
    const clients = [await client(), await client(), await client()]
    const responses = []
    for (const each of clients) responses.push(await ask(each))
    assert.deepEqual(responses.map(hasRoomFor), [false, false, false])
    responses[0]?.end()
    assert.equal(hasRoomFor(responses[1]), false)
    await once(responses[0] as ServerResponse, 'close')
    assert.deepEqual([hasRoomFor(responses[1]), hasRoomFor(responses[2])], [true, true])
    assert.ok(clients.every(({ destroyed }) => !destroyed))
  })

  test('count as one however many requests come on it', async t => {
    const { client, ask, hasRoomFor } = await listen(t)
    const first = await client()
    const response = await ask(first)
    await ask(first)
    await ask(await client())
    assert.equal(hasRoomFor(response), true)
  })

  test('of an address that crowds give way to the request of another', async t => {
    const { client, ask, hasRoomFor } = await listen(t)
    const [first, second] = [await client(), await client()]
    await ask(first)
    await ask(second)
    const response = await ask(await client('127.0.0.2'))
    assert.equal(hasRoomFor(response), true)
    await ended(first)
    assert.equal(second.destroyed, false)
  })

  test('that nobody gives way to are ended', async t => {
    const { client, ask } = await listen(t)
    const clients = [await client(), await client(), await client()]
    for (const each of clients) await ask(each)
    await ended(await client())
    assert.ok(clients.every(({ destroyed }) => !destroyed))
  })

  test('take up no place once they have ended', async t => {
    const { client, ask, server } = await listen(t)
    // It would be the first to give way.
    const lasting = await client()
    const gone = ended(lasting)
    for (let turn = 0; turn < 3; turn += 1) {
      const clients = [await client(), await client()]
      const counts = clients.map(each => once(each, 'close'))
      for (const each of clients) each.end()
      await Promise.all(counts)
      while ((await new Promise<number>(resolve => server.getConnections((_error, count) => resolve(count)))) > 1);
    }
    await Promise.race([ask(lasting), gone.then(() => assert.fail('it gave way'))])
  })

  test('that take nothing of their answer for long are cut off, and those that read are not', async t => {
    const { client, ask } = await listen(t, { drainMs: 250 })
    const [unread, read] = [await client(), await client()]
    const whole = await ask(read)
    const lost = await ask(unread.pause())
    const body = Buffer.alloc(32 * 1024 * 1024)
    lost.end(body)
    await once(lost, 'close', { signal: AbortSignal.timeout(20_000) })
    assert.equal(lost.writableFinished, false)
    // By now, it has been long in coming: that is not its reader's fault.
    read.resume()
    Readable.from(Array.from({ length: 512 }, () => body.subarray(0, 64 * 1024))).pipe(whole)
    await once(whole, 'close')
    assert.equal(whole.writableFinished, true)
  })
})
