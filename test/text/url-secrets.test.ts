import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { withoutUrlSecrets } from '../../src/text/url-secrets.ts'

suite('a text with URLs', () => {
  for (const [text, expected] of [
    ['https://shop.example/a', 'https://shop.example/a'],
    ['https://u@shop.example/', 'https://shop.example/'],
    ['https://u:p@shop.example:8443/a/b?c=d', 'https://shop.example:8443/a/b'],
    ['at file:///srv/app.ts:12:3', 'at file:///srv/app.ts:12:3'],
    ['at file:///srv/@scope/app.ts:12:3', 'at file:///srv/@scope/app.ts:12:3'],
    ['file:///srv/app.ts?token=canary', 'file:///srv/app.ts'],
    ['https://u:p@ss@shop.example/', 'https://shop.example/'],
    ['HTTPS://u:p@shop.example/', 'HTTPS://shop.example/'],
    ['redis://u/p@db', 'redis://[redacted]'],
    ['https://u:p"\'<>`@shop.example/', 'https://shop.example/'],
    ['postgres://u:p/ss@db/x and more', 'postgres://[redacted] and more'],
    ['https://u:p?ss@shop.example/', 'https://[redacted]'],
    ['https://u:p#ss@shop.example/', 'https://[redacted]'],
    ['https://shop.example/?token=a"b\'c<d>e&f=g h', 'https://shop.example/ h'],
    ['https://shop.example/a#token=a"b h', 'https://shop.example/a h'],
    ['https://u@[::1]:8443/', 'https://[::1]:8443/'],
    ['https://', 'https://'],
    ['https://@shop.example', 'https://shop.example'],
    ['mail a@b.example', 'mail a@b.example'],
    [`${'x'.repeat(40)}://u:p@shop.example`, `${'x'.repeat(40)}://shop.example`]
  ] as const) {
    test(`strips ${text}`, () => assert.equal(withoutUrlSecrets(text), expected))
  }

  test('strips a password of any length and punctuation', () => {
    const passwords = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 }).map(text => `${text}canary`)
    fc.assert(
      fc.property(passwords, password => {
        const stripped = withoutUrlSecrets(`at https://user:${password.replace(/\s/g, '_')}@shop.example/a failed`)
        assert.match(stripped, /^at https:\/\/(?:shop\.example\/a|\[redacted\]) failed$/)
      }),
      { numRuns: 1_000 }
    )
  })

  for (const part of ['a', 'a-', 'http://', 'a:/', 'a@']) {
    test(`strips a megabyte of ${part}`, () => {
      const text = `${part.repeat(2 ** 20 / part.length)} https://u:p@shop.example`
      assert.ok(withoutUrlSecrets(text).endsWith(' https://shop.example'))
    })
  }
})
