import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { findMissing, isSelected, namespaceHint, parseServiceName } from '../../src/commands/selection.ts'

const name = (namespace: string, service: string) => ({ namespace, service })
const FLEET = [
  name('dev', 'keybuzz-client'),
  name('dev', 'keybuzz-admin'),
  name('prod', 'keybuzz-client'),
  name('prod', 'mail')
]
const rules = { isJudged: ({ service }: { service: string }) => service !== 'mail', why: 'has no endpoint' }

function missing(namespace: string | null, words: readonly string[], fleet = FLEET, unread: string | null = null) {
  const names = words.map(word => parseServiceName(word) ?? assert.fail())
  return findMissing({ names, namespace }, fleet, { ...rules, unread }).map(({ message }) => message)
}

suite('a selection of services', () => {
  for (const [rule, names, namespace, expected] of [
    ['is everything where nothing is named', [], null, [0, 1, 2, 3]],
    ['has a name in every namespace', ['keybuzz-client'], null, [0, 2]],
    ['has a name in its own namespace', ['prod/keybuzz-client'], null, [2]],
    ['has all of a namespace', [], 'dev', [0, 1]],
    ['has a name in the namespace of the option', ['keybuzz-client', 'mail'], 'prod', [2, 3]],
    ['has the whole name alone', ['keybuzz'], null, []]
  ] as const) {
    test(rule, () => {
      const selection = { names: names.map(word => parseServiceName(word) ?? assert.fail()), namespace }
      assert.deepEqual(
        FLEET.flatMap((service, index) => (isSelected(selection, service) ? [index] : [])),
        expected
      )
    })
  }

  for (const [rule, namespace, words, ...expected] of [
    ['misses nothing that is there', null, ['keybuzz-client', 'dev/keybuzz-admin']],
    [
      'says what was probably meant',
      null,
      ['keybuz-admin'],
      'there is no service keybuz-admin; did you mean keybuzz-admin?'
    ],
    [
      'says where a service is that is not in the namespace',
      'dev',
      ['mail'],
      'there is no service dev/mail; it is in namespace prod'
    ],
    [
      'names those that a part of a name may mean',
      null,
      ['keybuzz'],
      'there is no service keybuzz; known are keybuzz-admin and keybuzz-client'
    ],
    [
      'means the one that a part of a name is in, not one that only looks alike',
      'dev',
      ['keybuzz-cl'],
      'there is no service dev/keybuzz-cl; did you mean keybuzz-client?'
    ],
    [
      'names those that there are where none is near',
      'prod',
      ['completely-different'],
      'there is no service prod/completely-different; known are keybuzz-client and mail'
    ],
    [
      'says which namespace was probably meant',
      null,
      ['prd/shop'],
      'there is no service prd/shop; no service is in this namespace; did you mean prod?'
    ],
    ['says why one cannot be judged', null, ['mail'], 'mail has no endpoint'],
    [
      'tells each that is missing',
      null,
      ['prod/keybuz-client', 'mail', 'keybuzz-client'],
      'there is no service prod/keybuz-client; did you mean keybuzz-client?',
      'mail has no endpoint'
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(missing(namespace, words), expected))
  }

  test('names five at most, and counts the others', () => {
    const fleet = Array.from({ length: 12 }, (_, index) => name('dev', `service-${index + 10}`))
    assert.deepEqual(missing(null, ['x'], fleet), [
      'there is no service x; known are service-10, service-11, service-12, service-13, service-14 and 7 more'
    ])
    assert.deepEqual(missing(null, ['x'], []), ['there is no service x; there are no services'])
  })

  test('says which namespaces there are', () => {
    assert.equal(namespaceHint('rpod', FLEET), 'did you mean prod?')
    assert.equal(namespaceHint('elsewhere', FLEET), 'known are dev and prod')
  })

  test('may exist if workloads have never been read', () => {
    const unread = 'workloads have never been read, so it may be there'
    assert.deepEqual(missing(null, ['keybuzz-cleint', 'mail'], FLEET, unread), [
      `there is no service keybuzz-cleint; ${unread}`,
      'mail has no endpoint'
    ])
  })
})
