import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { badInput, inFile, type Mistake } from '../../src/text/mistake.ts'

const told = (mistakes: readonly Mistake[], more?: number) =>
  inFile('targets.yaml', mistakes, more).map(({ message }) => message)

suite('the mistakes of a file', () => {
  test('are told in the order of their lines, those of no line first, each once', () => {
    const mistakes = [badInput('late', 12), badInput('early', 1), badInput('of all'), badInput('late', 12)]
    const lines = ['targets.yaml: of all', 'targets.yaml:1: early', 'targets.yaml:12: late']
    assert.deepEqual(told(mistakes), lines)
    assert.deepEqual(told(mistakes.toReversed()), lines)
  })

  test('are a hundred at most, with a count of the rest, and of what was not looked at', () => {
    const many = Array.from({ length: 103 }, (_, index) => badInput('wrong', index + 1))
    assert.deepEqual(told(many.slice(0, 100)).slice(-1), ['targets.yaml:100: wrong'])
    assert.deepEqual(told(many).slice(99), ['targets.yaml:100: wrong', '… and 3 more mistakes'])
    assert.deepEqual(told(many, 4).at(-1), '… and 7 more mistakes')
  })
})
