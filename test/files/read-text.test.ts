import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readPemFile, readTextFile } from '../../src/files/read-text.ts'
import { temporaryFolder } from '../support/files.ts'

const MIB = 1024 * 1024

function fileWith(t: TestContext, content: string | Uint8Array): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), content)
  return join(folder, 'file')
}

suite('text of a file', () => {
  test('is its UTF-8 text, without a byte order mark', t => {
    assert.deepEqual(readTextFile(fileWith(t, '\ufeffgrün'), MIB), { ok: true, value: 'grün' })
  })

  for (const [rule, bytes] of [
    ['UTF-16 with a byte order mark, as what Windows PowerShell redirects', [0xff, 0xfe, 0x61, 0, 0xfc, 0]],
    ['UTF-16 of the other byte order', [0xfe, 0xff, 0, 0x61, 0, 0xfc]],
    ['UTF-16 without a mark', [0x61, 0, 0xfc, 0]]
  ] as const) {
    test(`may be ${rule}`, t => {
      assert.deepEqual(readTextFile(fileWith(t, Uint8Array.from(bytes)), MIB), { ok: true, value: 'aü' })
    })
  }

  test('of PEM may have comments in any encoding', t => {
    const path = fileWith(t, Buffer.from('# Autorité\n-----BEGIN', 'latin1'))
    assert.deepEqual(readPemFile(path, MIB), { ok: true, value: '# Autorit\ufffd\n-----BEGIN' })
  })

  test('may be a single byte', t => assert.deepEqual(readTextFile(fileWith(t, 'a'), MIB), { ok: true, value: 'a' }))

  test('may be as large as the limit', t => {
    assert.equal(readTextFile(fileWith(t, 'x'.repeat(MIB)), MIB).ok, true)
  })

  for (const [rule, content, message] of [
    ['larger than the limit', 'x'.repeat(MIB + 1), 'larger than 1 MiB'],
    ['not UTF-8', Uint8Array.of(0x61, 0xe9, 0x61), 'not UTF-8 text'],
    ['half a character of UTF-16', Uint8Array.of(0xff, 0xfe, 0x61), 'not UTF-8 text']
  ] as const) {
    test(`is refused as bad input when ${rule}`, t => {
      const path = fileWith(t, content)
      assert.deepEqual(readTextFile(path, MIB), {
        ok: false,
        mistakes: [{ message: `${path}: ${message}`, kind: 'bad_input' }]
      })
    })
  }

  for (const [rule, name, message] of [
    ['there is no file', '../missing', 'no such file or directory'],
    ['a part of the path is no folder', 'below', 'not a directory']
  ] as const) {
    test(`cannot be read when ${rule}`, t => {
      const path = join(fileWith(t, ''), name)
      assert.deepEqual(readTextFile(path, MIB), {
        ok: false,
        mistakes: [{ message: `${path}: cannot be read: ${message}`, kind: 'cannot_read' }]
      })
    })
  }

  test('cannot be read from a pipe, which is not waited for', t => {
    const path = join(fileWith(t, ''), '..', 'pipe')
    execFileSync('mkfifo', [path])
    const mistake = { message: `${path}: cannot be read: not a regular file`, kind: 'cannot_read' }
    assert.deepEqual(readTextFile(path, MIB), { ok: false, mistakes: [mistake] })
  })

  test('is empty where a file of the kernel calls itself empty, for to read it could take forever', () => {
    for (const path of ['/proc/kmsg', '/proc/version'].filter(name => existsSync(name))) {
      assert.deepEqual(readTextFile(path, MIB), { ok: true, value: '' })
    }
  })

  test('cannot be read from a folder', () => {
    const mistake = { message: `${tmpdir()}: cannot be read: not a regular file`, kind: 'cannot_read' }
    assert.deepEqual(readTextFile(tmpdir(), MIB), { ok: false, mistakes: [mistake] })
  })
})
