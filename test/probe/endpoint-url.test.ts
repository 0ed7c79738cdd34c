import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseEndpoint, parseRedirect } from '../../src/probe/endpoint-url.ts'

const FROM = new URL('https://client.example/debug/version?x=1')

suite('endpoint address', () => {
  for (const [text, outcome] of [
    ['https://client-dev.keybuzz.io/debug/version', 'https://client-dev.keybuzz.io/debug/version'],
    ['HTTP://CLIENT:8080', 'http://client:8080/'],
    ['', 'refused'],
    ['client-dev.keybuzz.io/debug/version', 'refused'],
    ['//client/debug/version', 'refused'],
    ['http://', 'refused'],
    ['http://a b/', 'refused'],
    ['http://host:99999/', 'refused'],
    ['ftp://client/', 'refused'],
    ['file:///etc/passwd', 'refused'],
    ['data:application/json,{}', 'refused'],
    ['javascript:alert(1)', 'refused'],
    ['unix:///run/app.sock', 'refused'],
    ['http://canary@client/', 'refused'],
    ['http://:canary@client/', 'refused'],
    ['http://canary:canary@client/', 'refused'],
    ['canary:canary@client', 'refused'],
    ['http://canary:canary@a b/', 'refused']
  ] as const) {
    test(`${text === '' ? 'an empty one' : text} is ${outcome}`, () => {
      const url = parseEndpoint(text)
      assert.equal(url.seen ? url.value.href : url.reason, outcome)
      assert.doesNotMatch(url.seen ? '' : url.message, /canary/)
    })
  }
})

test('an address of more than 2048 characters is none', () => {
  assert.ok(parseEndpoint(`https://shop.example/${'a'.repeat(2027)}`).seen)
  const parsed = parseEndpoint(`https://shop.example/${'a'.repeat(2028)}`)
  assert.match(parsed.seen ? '' : parsed.message, /longer than 2048 characters$/)
})

suite('redirect', () => {
  for (const [rule, location, message] of [
    ['nowhere', undefined, 'redirect without a Location'],
    ['an empty place', '', 'redirect without a Location'],
    ['several places', ['/a', '/b'], 'redirect with several Locations'],
    ['no address', 'http://[', 'redirect to an invalid address'],
    ['another scheme', 'gopher://other.example/', 'redirect to an address that is neither http nor https']
  ] as const) {
    test(`to ${rule} says so`, () => {
      const url = parseRedirect(typeof location === 'object' ? [...location] : location, FROM)
      assert.equal(url.seen ? 'seen' : url.message, message)
    })
  }

  for (const [location, outcome] of [
    ['https://other.example/x', 'https://other.example/x'],
    ['/x', 'https://client.example/x'],
    ['x', 'https://client.example/debug/x'],
    [['x', 'x'], 'https://client.example/debug/x'],
    ['?y', 'https://client.example/debug/version?y'],
    ['//other.example/x', 'https://other.example/x'],
    [['', '/x'], 'https://client.example/x'],
    ['', 'redirect'],
    // As undici gives what came in UTF-8, and in Latin-1.
    ['/\u00c3\u00a9?\u00c3\u00a9', 'https://client.example/%c3%a9?%c3%a9'],
    ['/\u00e9', 'https://client.example/%e9'],
    ['https://b\u00c3\u00bccher.example/', 'https://xn--bcher-kva.example/'],
    [undefined, 'redirect'],
    [['/a', '/b'], 'redirect'],
    ['http://[', 'redirect'],
    ['gopher://other.example/', 'redirect'],
    ['canary:canary@other.example', 'redirect'],
    ['https://canary:canary@other.example/', 'refused']
  ] as const) {
    test(`to ${JSON.stringify(location) ?? 'nowhere'} is ${outcome}`, () => {
      const url = parseRedirect(typeof location === 'object' ? [...location] : location, FROM)
      assert.equal(url.seen ? url.value.href : url.reason, outcome)
      assert.doesNotMatch(url.seen ? '' : url.message, /canary/)
    })
  }
})
