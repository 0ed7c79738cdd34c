import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { nextLink, parseChallenges, pullsLeft, retryAfterMs } from '../../src/registry/response-headers.ts'
import { anyText, fuzz, near } from '../fuzz/fuzz.ts'

const NOW = Date.parse('2025-04-30T12:00:00Z')

suite('WWW-Authenticate', () => {
  for (const [rule, header, expected] of [
    [
      'is read as Docker Hub writes it',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:library/nginx:pull'
          }
        ]
      ]
    ],
    ['takes schemes and names in any case', 'BEARER Realm="x"', [['bearer', { realm: 'x' }]]],
    [
      'keeps a comma in quotes',
      'Bearer scope="repository:a:pull,push",error="x"',
      [['bearer', { scope: 'repository:a:pull,push', error: 'x' }]]
    ],
    ['takes a quoted pair for its character', 'Basic realm="a\\"b\\\\c"', [['basic', { realm: 'a"b\\c' }]]],
    [
      'takes a value without quotes',
      'Bearer realm=https://a/b?c;d, service = x',
      [['bearer', { realm: 'https://a/b?c;d', service: 'x' }]]
    ],
    [
      'tells several challenges apart',
      'Negotiate, Basic realm="a, b", Bearer realm="c"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a, b' }],
        ['bearer', { realm: 'c' }]
      ]
    ],
    [
      'of several headers too',
      ['Basic realm="a"', 'Bearer realm="b"'],
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }]
      ]
    ],
    [
      'skips a ticket, which may hold signs of Base64',
      'Negotiate abc/d+e==, Bearer realm="c", NTLM TlRMTVNTUAAC/A=',
      [
        ['negotiate', {}],
        ['bearer', { realm: 'c' }],
        ['ntlm', {}]
      ]
    ],
    ['keeps the first of a name that comes twice', 'Bearer realm="a", realm="b"', [['bearer', { realm: 'a' }]]],
    ['takes an empty value', 'Bearer realm="", scope=', [['bearer', { realm: '', scope: '' }]]],
    ['ends at a mistake', 'Bearer realm="a", "b", Basic realm="c"', [['bearer', { realm: 'a' }]]],
    ['ends at a quote that does not close', 'Basic realm="a', [['basic', { realm: '' }]]],
    ['may hold nothing', ' , ', []],
    ['may be absent', undefined, []]
  ] as const) {
    test(rule, () => {
      const challenges = parseChallenges(header)
      assert.deepEqual(
        challenges.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
        expected
      )
    })
  }

  test('is read no further than 8 KiB', () => {
    assert.equal(parseChallenges(`${'Basic, '.repeat(10_000)}`).length, 1171)
  })

  fuzz(
    'never throws, and gives names and schemes in lower case',
    fc.oneof(anyText, near('Bearer realm="https://a",service="b",scope="c:d:e"', 'Basic realm="a\\"", x=y')),
    header => {
      for (const { scheme, parameters } of parseChallenges(header)) {
        for (const name of [scheme, ...parameters.keys()]) assert.equal(name, name.toLowerCase())
      }
    }
  )
})

suite('Link', () => {
  for (const [rule, header, expected] of [
    ['is read as distribution writes it', '</v2/a/tags/list?last=x&n=3>; rel="next"', '/v2/a/tags/list?last=x&n=3'],
    ['takes rel without quotes', '<a>; rel=next', 'a'],
    ['takes any white space', '  < a >  ;  rel = "next"  ', 'a'],
    ['takes any case', '<a>; REL="Next"', 'a'],
    ['takes one of several relations', '<a>; rel="last next"', 'a'],
    ['takes one of several links', '<a>; rel="prev", <b>; title="x, <y>"; rel="next"', 'b'],
    ['of several headers too', ['<a>; rel="prev"', '<b>; rel="next"'], 'b'],
    ['takes parameters in any order', '<a>; title=x; rel=next; type="y"', 'a'],
    ['keeps a comma and a semicolon in the reference', '<a?b=c,d;e>; rel="next"', 'a?b=c,d;e'],
    ['is no other relation', '<a>; rel="prev"', null],
    ['is no part of a word', '<a>; rel="nextish"', null],
    ['is no other parameter', '<a>; title="next"; x-rel=next', null],
    ['may be broken', 'a; rel="next"', null],
    ['may be absent', undefined, null]
  ] as const) {
    test(rule, () => assert.equal(nextLink(header), expected))
  }

  test('is read no further than 8 KiB', () => assert.equal(nextLink(`${' '.repeat(8192)}<a>; rel=next`), null))

  fuzz('never throws', fc.oneof(anyText, near('</v2/a/tags/list?n=3>; rel="next", <b>; rel=prev')), header => {
    const link = nextLink(header)
    assert.ok(link === null || header.includes(link))
  })
})

suite('Retry-After', () => {
  for (const [rule, header, expected] of [
    ['is a count of seconds', '120', 120_000],
    ['with a fraction too', '1.5', 1500],
    ['is an HTTP date', 'Wed, 30 Apr 2025 12:05:00 GMT', 300_000],
    ['is the second at which it answers again, as Docker Hub sends it', '1746014460', 60_000],
    ['is at least a second', '0', 1000],
    ['is at least a second when its time is over', 'Wed, 30 Apr 2025 11:00:00 GMT', 1000],
    ['is at least a second when its second is over', '1746000000', 1000],
    ['is at most an hour', '485009', 3_600_000],
    ['is at most an hour as a date', 'Wed, 30 Apr 2085 12:00:00 GMT', 3_600_000],
    ['is at most an hour as a second', '1846014460', 3_600_000],
    ['is a count below a thousand million', '999999999', 3_600_000],
    ['is a second from there on', '1000000000', 1000],
    ['may be any number of digits', '9'.repeat(400), 3_600_000],
    ['may have space around it', ' 3 ', 3000],
    ['is no number below zero', '-5', null],
    ['is no day alone', '1.5.2026', null],
    ['is no word', 'soon', null],
    ['is no date without its day of the week', '30 Apr 2025 12:05:00 GMT', null],
    ['is no date that is none', 'Someday, 99:99:99', null],
    ['may be empty', '', null],
    ['may be absent', undefined, null]
  ] as const) {
    test(rule, () => assert.equal(retryAfterMs(header, NOW), expected))
  }

  fuzz('is between a second and an hour, whatever is sent', fc.oneof(anyText, fc.nat().map(String)), header => {
    const wait = retryAfterMs(header, NOW)
    assert.ok(wait === null || (wait >= 1000 && wait <= 3_600_000))
  })
})

suite('ratelimit-remaining', () => {
  for (const [rule, header, expected] of [
    ['tells how many pulls are left', '76;w=21600', 76],
    ['without its window too', '0', 0],
    ['may have no number, as Docker Hub sends it at times', ';w=21600', null],
    ['is no other text', '7x', null],
    ['may be absent', undefined, null]
  ] as const) {
    test(rule, () => assert.equal(pullsLeft(header), expected))
  }
})
