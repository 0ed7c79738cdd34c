import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { type Opening, openSocket } from '../../src/probe/connector.ts'
import { stopped } from '../../src/probe/deadline.ts'
import { serveTcp } from '../support/hostile-servers.ts'
import { during } from '../support/probing.ts'

suite('a connection that is opened', () => {
  test('is not there once it was ended, though that was between two of its steps', async t => {
    const { port } = await during(
      t,
      serveTcp(() => {})
    )
    const url = new URL(`http://shop.test:${port}/`)
    const found = [{ address: '127.0.0.1', family: 4 }]
    const error = stopped()
    const outcome = await new Promise(resolve => {
      const opening: Opening = openSocket(
        { url, name: url.hostname, asker: { isOperator: true }, proxy: null, timeoutMs: 60_000 },
        {
          secureContext: createSecureContext,
          allow: null,
          isDiscreet: false,
          resolve: (_host, _asker, tell) => {
            setImmediate(() => {
              tell(null, found)
              opening.destroy(error)
            })
            return { cancel: () => {}, whyWaiting: () => null }
          }
        },
        (failure, socket) => {
          socket?.destroy()
          resolve(failure)
        }
      )
    })
    assert.equal(outcome, error)
  })
})
