import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { connectionFailure } from '../../src/registry/failure.ts'
import { inShort } from '../support/registry-fake.ts'

const coded = (code: string) => Object.assign(new Error('secret'), { code })

suite('what may be thrown while a host is asked', () => {
  for (const [thrown, reason, words] of [
    [coded('ENOTFOUND'), 'unreachable', 'cannot be reached: no such host'],
    [coded('EAI_AGAIN'), 'unreachable', 'cannot be reached: the name server does not answer or reports a failure'],
    [coded('EHOSTUNREACH'), 'unreachable', 'cannot be reached: no route to host'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'unreachable', 'cannot be reached: the connection timed out'],
    [coded('CERT_HAS_EXPIRED'), 'unreachable', 'cannot be reached: its certificate has expired'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'unreachable', 'cannot be reached: its certificate is self-signed'],
    [coded('EMFILE'), 'unreachable', 'cannot be reached: EMFILE'],
    [coded('Z_DATA_ERROR'), 'invalid', 'sent a malformed response (Z_DATA_ERROR)'],
    [new DOMException('secret', 'TimeoutError'), 'unreachable', 'cannot be reached: timeout'],
    [new DOMException('secret', 'AbortError'), 'unreachable', 'was not asked: shutting down'],
    [new TypeError('secret'), 'unreachable', 'cannot be reached: TypeError'],
    ['secret', 'unreachable', 'cannot be reached: unknown error'],
    [undefined, 'unreachable', 'cannot be reached: unknown error'],
    [{ code: 'ENOTFOUND' }, 'unreachable', 'cannot be reached: unknown error']
  ] as const) {
    test(`has a reason and words, and no secret: ${inspectName(thrown)}`, () => {
      assert.equal(inShort(connectionFailure(thrown, 'r.example.com')), `${reason}: r.example.com ${words}`)
    })
  }
})

function inspectName(thrown: unknown): string {
  return thrown instanceof Error
    ? `${thrown.name} ${String(Reflect.get(thrown, 'code'))}`
    : (JSON.stringify(thrown) ?? 'undefined')
}
