import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { createProgress } from '../../src/commands/progress.ts'

const CLEAR_LINE = '\r\u001b[K'

function setUp(t: TestContext, isTTY: boolean, columns = 80) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let written = ''
  const stream = {
    isTTY,
    columns,
    write: (text: string | Uint8Array) => {
      written += text
      return true
    }
  }
  const progress = createProgress(stream)
  return { progress, written: () => written }
}

suite('progress', () => {
  test('says nothing of what ends within two seconds', t => {
    const { progress, written } = setUp(t, true)
    progress.show('1 of 2')
    t.mock.timers.tick(1999)
    progress.end()
    t.mock.timers.tick(5000)
    assert.equal(written(), '')
  })

  test('shows the latest after two seconds, then each, and clears the line at the end', t => {
    const { progress, written } = setUp(t, true)
    progress.show('1 of 3')
    t.mock.timers.tick(2000)
    progress.show('2 of 3')
    progress.end()
    assert.equal(written(), `${CLEAR_LINE}1 of 3 …${CLEAR_LINE}2 of 3 …${CLEAR_LINE}`)
  })

  test('is no wider than the terminal, for a line that wraps could not be cleared', t => {
    const { progress, written } = setUp(t, true, 13)
    progress.show('日本語サービス')
    t.mock.timers.tick(2000)
    assert.equal(written(), `${CLEAR_LINE}日本語サー …`)
  })

  test('says nothing where nobody watches', t => {
    const { progress, written } = setUp(t, false)
    progress.show('1 of 2')
    t.mock.timers.tick(5000)
    progress.end()
    assert.equal(written(), '')
  })
})
