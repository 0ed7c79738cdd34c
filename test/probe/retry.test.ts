import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ConnectionPool } from '../../src/probe/connection-pool.ts'
import { Deadline } from '../../src/probe/deadline.ts'
import type { HttpConnection } from '../../src/probe/http-connection.ts'
import { sendRequest } from '../../src/probe/retry.ts'

const unwanted = () => assert.fail('nothing is asked when the time is up')

suite('retry', () => {
  for (const [what, kept] of [
    ['a kept connection goes back to the pool', keptConnection()],
    ['no connection is opened', undefined]
  ] as const) {
    test(`when the time is up before anything is asked, ${what}`, async () => {
      const givenBack: HttpConnection[] = []
      const deadline = new Deadline(1000)
      deadline.stop()
      deadline.end()
      const reply = await sendRequest({
        to: { url: new URL('http://shop.test/version'), name: 'shop.test', asker: { isOperator: true }, proxy: null },
        headers: null,
        kept,
        pool: poolThatTakes(givenBack),
        deadline,
        wantsBody: unwanted
      })
      assert.deepEqual(reply.answer, { seen: false, reason: 'timeout', message: 'stopped' })
      assert.deepEqual([reply.connection, reply.bytes, reply.headMs], ['new', 0, null])
      assert.deepEqual(givenBack, kept === undefined ? [] : [kept])
    })
  }
})

function keptConnection(): HttpConnection {
  return {
    origin: 'http://shop.test',
    isOnWayTo: () => true,
    get: unwanted,
    bytesReceived: () => 0,
    isFree: () => true,
    destroy: unwanted
  }
}

function poolThatTakes(givenBack: HttpConnection[]): ConnectionPool {
  return {
    takeKept: unwanted,
    open: unwanted,
    giveBack: connection => givenBack.push(connection),
    endKept: unwanted,
    close: unwanted
  }
}
