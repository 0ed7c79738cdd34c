import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { allOrIoError, IoError, orIoError, print } from '../../src/commands/io-error.ts'

const unreadable = () => readFile('/nowhere/at/all')

suite('what the system refuses', () => {
  test('is told in one line, with what was tried', async () => {
    await assert.rejects(orIoError('LOG_DIR: cannot write', unreadable()), (error: unknown) => {
      assert.ok(error instanceof IoError)
      assert.deepEqual(error.lines, ['LOG_DIR: cannot write: no such file or directory'])
      assert.ok(error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT')
      return true
    })
  })

  test('is told in the words of the one that refused, if that was not the system', async () => {
    await assert.rejects(orIoError('x', Promise.reject(new Error('is a disk'))), { lines: ['x: is a disk'] })
    await assert.rejects(orIoError('x', Promise.reject('no')), { lines: ['x: no'] })
  })

  test('leaves what succeeds alone', async () => {
    assert.deepEqual(await allOrIoError([orIoError('a', Promise.resolve(1)), 2, Promise.resolve('three')]), [
      1,
      2,
      'three'
    ])
  })

  test('is told all at once, once all has ended', async () => {
    const slow = Promise.withResolvers<never>()
    const all = allOrIoError([orIoError('a', slow.promise), orIoError('b', unreadable()), 1])
    slow.reject(new Error('late'))
    await assert.rejects(all, { lines: ['a: late', 'b: no such file or directory'] })
  })

  test('does not hide what nobody expected', async () => {
    const bug = new TypeError('bug')
    await assert.rejects(allOrIoError([orIoError('a', unreadable()), Promise.reject(bug)]), bug)
  })
})

suite('printing', () => {
  test('writes the text', async () => {
    const stream = new PassThrough()
    await print('one\n', stream)
    stream.end()
    assert.equal(await text(stream), 'one\n')
  })

  test('minds a full disk, but no reader who has seen enough', async () => {
    const failing = (code: string) =>
      new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) })
    await print('x', failing('EPIPE'))
    await assert.rejects(print('x', failing('ENOSPC')), { lines: ['cannot write to standard output: ENOSPC'] })
  })
})
