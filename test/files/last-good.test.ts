import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FileHandlers } from '../../src/files/follow-file.ts'
import { followLastGood, type LastGoodOptions } from '../../src/files/last-good.ts'
import { accepted, badInput, refused } from '../../src/text/mistake.ts'

/** What files hold: a word, and behind it the names of further files; the word `broken` is refused. */
type Files = Record<string, string>

// A value that is read from these files; they are found changed when the test says so.
function following(files: Files, options: Partial<LastGoodOptions<string>> = {}) {
  const events: string[] = []
  const followers = new Map<string, FileHandlers>()
  const readings: (string | undefined)[] = []
  const lastGood = followLastGood<string>('main', {
    read: current => {
      readings.push(current)
      const [word = '', ...named] = (files.main ?? 'broken').split(' ')
      const words = [word, ...named.map(name => files[name] ?? 'broken')]
      const isBroken = words.includes('broken')
      return {
        result: isBroken ? refused([badInput(`${words}`)]) : accepted(words.join()),
        files: word === 'broken' ? ['main'] : ['main', ...named]
      }
    },
    onChange: () => events.push('changed'),
    onRefused: mistakes => events.push(`refused: ${mistakes.map(({ message }) => message).join() || 'no more'}`),
    onUnchanged: () => events.push('unchanged'),
    follow: (path, handlers) => {
      followers.set(path, handlers)
      return { close: () => followers.delete(path) }
    },
    ...options
  })
  const change = (name: string, content: string) => {
    files[name] = content
    followers.get(name)?.onChange()
  }
  return { ...lastGood, events, followers, readings, change, followed: () => [...followers.keys()] }
}

suite('the last good version of a file', () => {
  test('is the first, which is read once and said nothing of', () => {
    const file = following({ main: 'one' })
    assert.deepEqual([file.current(), file.mistakes(), file.events], ['one', [], []])
    assert.deepEqual([file.readings, file.followed()], [[undefined], ['main']])
  })

  test('is replaced by a new one, of which the old one is told', () => {
    const file = following({ main: 'one' })
    file.change('main', 'two')
    assert.deepEqual([file.current(), file.events, file.readings], ['two', ['changed'], [undefined, 'one']])
  })

  test('is read again when somebody asks for that', () => {
    const files = { main: 'one' }
    const file = following(files)
    files.main = 'two'
    file.readAgain()
    assert.deepEqual([file.current(), file.events], ['two', ['changed']])
  })

  test('stays while a new one is refused, until a better one comes', () => {
    const file = following({ main: 'one' })
    file.change('main', 'broken')
    assert.deepEqual(
      [file.current(), file.mistakes(), file.events],
      ['one', [badInput('broken')], ['refused: broken', 'changed']]
    )
    file.change('main', 'two')
    assert.deepEqual([file.current(), file.mistakes()], ['two', []])
  })

  test('is none where there has been none', () => {
    const file = following({})
    assert.deepEqual([file.current(), file.mistakes(), file.events], [undefined, [badInput('broken')], []])
    file.change('main', 'one a')
    assert.deepEqual([file.current(), file.mistakes(), file.events], [undefined, [badInput('one,broken')], ['changed']])
    file.change('main', 'one')
    assert.deepEqual([file.current(), file.mistakes(), file.events], ['one', [], ['changed', 'changed']])
  })

  test('is the one that was handed over where the first reading is refused', () => {
    const file = following({}, { initial: 'zero' })
    assert.deepEqual([file.current(), file.events, file.readings], ['zero', ['refused: broken'], ['zero']])
  })

  test('is known to be the present one when its file was looked at', () => {
    const file = following({ main: 'one' })
    file.followers.get('main')?.onUnchanged?.()
    assert.deepEqual(file.events, ['unchanged'])
  })

  test('is followed no more after it was closed', () => {
    const file = following({ main: 'one a', a: 'A' })
    file.close()
    assert.deepEqual(file.followed(), [])
  })
})

suite('a version that is made of several files', () => {
  test('is read again when one of them changes', () => {
    const file = following({ main: 'one a b', a: 'A', b: 'B' })
    assert.deepEqual([file.current(), file.followed()], ['one,A,B', ['main', 'a', 'b']])
    file.change('b', 'C')
    assert.equal(file.current(), 'one,A,C')
  })

  test('is read again when one of them changed before it was followed', () => {
    const files: Files = { main: 'one a', a: 'A' }
    const file = following(files, {
      follow: path => {
        if (path === 'a') files.a = 'B'
        return { close: () => {} }
      }
    })
    assert.equal(file.current(), 'one,B')
  })

  test('waits for one that is not there yet', () => {
    const file = following({ main: 'one' })
    file.change('main', 'two a')
    assert.deepEqual([file.current(), file.followed()], ['one', ['main', 'a']])
    file.change('a', 'A')
    assert.equal(file.current(), 'two,A')
  })

  test('is told of once for the same mistake, however many of them change, and again after it was mended', () => {
    const file = following({ main: 'one a b', a: 'A', b: 'B' })
    file.change('a', 'broken')
    file.change('b', 'B')
    assert.deepEqual(file.events, ['refused: one,broken,B', 'changed', 'changed'])
    file.change('a', 'A')
    file.change('a', 'broken')
    assert.deepEqual(file.events.slice(3), ['refused: no more', 'changed', 'refused: one,broken,B', 'changed'])
  })

  test('is followed in all of them while a new one cannot be read, and no longer once it can', () => {
    const file = following({ main: 'one a', a: 'A', b: 'B' })
    file.change('main', 'broken')
    assert.deepEqual(file.followed(), ['main', 'a'])
    file.change('main', 'two b')
    assert.deepEqual(file.followed(), ['main', 'b'])
  })

  test('leaves what a refused version named behind when the next one names others', () => {
    const file = following({ main: 'one' })
    for (const name of ['a', 'b', 'c']) file.change('main', `two ${name}`)
    assert.deepEqual(file.followed(), ['main', 'c'])
  })
})
