import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseImageReference, printImageReference } from '../../src/domain/image-reference.ts'

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`

suite('image reference', () => {
  // text, registry, repository, tag, digest
  for (const [text, ...expected] of [
    ['nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', null],
    ['bitnami/nginx:1', 'docker.io', 'bitnami/nginx', '1', null],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['docker.io/nginx:a', 'docker.io', 'library/nginx', 'a', null],
    ['ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev', 'ghcr.io', 'keybuzzio/keybuzz-client', 'v0.2.12-dev', null],
    ['registry:5000/app', 'registry:5000', 'app', 'latest', null],
    ['registry:5000/team/app:v1', 'registry:5000', 'team/app', 'v1', null],
    ['localhost/app:v1', 'localhost', 'app', 'v1', null],
    ['Registry/app:v1', 'Registry', 'app', 'v1', null],
    ['10.0.0.1:5000/app:v1', '10.0.0.1:5000', 'app', 'v1', null],
    ['[2001:db8::1]:5000/app:v1', '[2001:db8::1]:5000', 'app', 'v1', null],
    ['[2001:db8::1]/app', '[2001:db8::1]', 'app', 'latest', null],
    [`app@${SHA256}`, 'docker.io', 'library/app', null, SHA256],
    [`ghcr.io/a/app:v1@${SHA256}`, 'ghcr.io', 'a/app', 'v1', SHA256],
    [`registry:5000/app@${SHA256}`, 'registry:5000', 'app', null, SHA256],
    ['a/b/c/d:v1', 'docker.io', 'a/b/c/d', 'v1', null],
    ['a__b/c--d/e.f_g:_T-1', 'docker.io', 'a__b/c--d/e.f_g', '_T-1', null],
    [`app:${'t'.repeat(128)}`, 'docker.io', 'library/app', 't'.repeat(128), null],
    [`app@sha512:${'ab'.repeat(64)}`, 'docker.io', 'library/app', null, `sha512:${'ab'.repeat(64)}`]
  ] as const) {
    test(`reads ${text.slice(0, 60)}`, () => {
      const [registry, repository, tag, digest] = expected
      assert.deepEqual(parseImageReference(text), { registry, repository, tag, digest })
    })
  }

  for (const text of [
    '',
    'my_registry.io/app:v1',
    ' ',
    'app:',
    ':v1',
    'app:v1 ',
    'app:v 1',
    'App',
    'a//b',
    '/app',
    'app/',
    'a___b',
    'a..b',
    '-app',
    'app:-v1',
    'app:.v1',
    `app:${'t'.repeat(129)}`,
    'app:v1:v2',
    'app@sha256:abc',
    `app@sha256:${'0'.repeat(63)}`,
    `app@sha256:${'A'.repeat(64)}`,
    `app@md5:${'0'.repeat(32)}`,
    'app@',
    `${'0123456789abcdef'.repeat(4)}`,
    `sha256:${'0123456789abcdef'.repeat(4)}`,
    'https://ghcr.io/app',
    'ghcr.io:port/app',
    'ghcr.io/app:v1\n',
    `${'a'.repeat(256)}`,
    `ghcr.io/${'a/'.repeat(600)}a`,
    '$(IMAGE):v1',
    '{{ .Values.image }}'
  ]) {
    test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => assert.equal(parseImageReference(text), null))
  }

  const characters = (alphabet: string, max: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: max })
  const component = characters('abcz019', 6)
  const path = fc
    .array(fc.tuple(component, fc.constantFrom('', '.x', '_y', '__z', '-1', '---a')), { minLength: 1, maxLength: 4 })
    .map(parts => parts.map(([head, rest]) => head + rest).join('/'))
  const registry = fc.oneof(
    fc.constantFrom('ghcr.io', 'localhost', 'docker.io', 'Registry', '10.1.2.3', '[::1]', '[2001:db8::7]'),
    fc.tuple(component, fc.integer({ min: 1, max: 65535 })).map(([host, port]) => `${host}:${port}`)
  )
  const digest = characters('0123456789abcdef', 1).map(digit => `sha256:${digit.repeat(64)}`)
  const text = fc
    .tuple(fc.option(registry), path, fc.option(characters('abcXYZ019_', 8)), fc.option(digest))
    .map(
      ([host, name, tag, sum]) =>
        `${host === null ? '' : `${host}/`}${name}${tag === null ? '' : `:${tag}`}${sum === null ? '' : `@${sum}`}`
    )

  test('is the same after printing and parsing again', () => {
    fc.assert(
      fc.property(text, written => {
        const reference = parseImageReference(written)
        assert.ok(reference !== null, written)
        assert.deepEqual(parseImageReference(printImageReference(reference)), reference)
      }),
      { numRuns: 1000 }
    )
  })

  test('never throws, and prints what it accepts in a form that it accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA0.:/@-_[]$% \n'), maxLength: 80 }), written => {
        const reference = parseImageReference(written)
        if (reference !== null) assert.deepEqual(parseImageReference(printImageReference(reference)), reference)
      }),
      { numRuns: 2000 }
    )
  })
})
