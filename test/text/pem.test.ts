import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { suite, test } from 'node:test'
import { authoritiesIn, certificatesIn } from '../../src/text/pem.ts'
import { createAuthority } from '../support/certificates.ts'

suite('certificates of a PEM text', () => {
  test('are found with their lines, whatever stands around them', async () => {
    const [one, two] = [(await createAuthority()).pem.trim(), (await createAuthority()).pem.trim()]
    const found = certificatesIn(`# ours\n${one}\n\nsubject=two\n${two}\n-----BEGIN PRIVATE KEY-----\n`)
    assert.deepEqual(
      found.map(({ pem, line }) => [pem, line]),
      [
        [one, 2],
        [two, 4 + one.split('\n').length]
      ]
    )
    assert.ok(found.every(({ certificate }) => certificate !== null))
  })

  test('are found under each label that OpenSSL takes', async () => {
    const { pem } = await createAuthority()
    const text = ['X509 ', 'TRUSTED ', ''].map(kind => pem.replaceAll('CERTIFICATE', `${kind}CERTIFICATE`)).join('')
    const subjects = certificatesIn(text).map(({ certificate }) => certificate?.subject)
    assert.deepEqual(subjects, Array(3).fill(new X509Certificate(pem).subject))
  })

  test('are told apart from what only looks like one', () => {
    const text = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    assert.deepEqual(certificatesIn(text), [{ pem: text.trim(), line: 1, certificate: null }])
  })

  test('are looked for once, however many have no end', () => {
    assert.deepEqual(certificatesIn('-----BEGIN CERTIFICATE-----\n'.repeat(140_000)), [])
  })

  test('are none where one has no end', () => assert.deepEqual(certificatesIn('-----BEGIN CERTIFICATE-----\n'), []))
})

suite('authorities of a PEM text', () => {
  test('are all trusted that can be read, one by one', async () => {
    const [one, two] = [(await createAuthority()).pem.trim(), (await createAuthority()).pem.trim()]
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    assert.deepEqual(authoritiesIn(`${broken}${one}${two}\n${broken}`), [one, two])
  })
})
