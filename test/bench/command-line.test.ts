import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readCommandLine, renderUsage } from '../../tools/bench/command-line.ts'
import { SUBJECTS } from '../../tools/bench/subjects.ts'

const read = (...args: readonly string[]) => {
  const commandLine = readCommandLine(args, SUBJECTS)
  return commandLine.kind === 'run'
    ? { ...commandLine, subjects: commandLine.subjects.map(({ name }) => name) }
    : commandLine
}

suite('the command line of npm run bench', () => {
  test('measures everything where no subject is named, and keeps nothing', () => {
    const subjects = SUBJECTS.map(({ name }) => name)
    assert.deepEqual(read(), { kind: 'run', subjects, json: false, keep: false })
  })

  test('measures the named subjects, in their own order', () => {
    assert.deepEqual(read('scrape', 'cycle', '--keep', '--json'), {
      kind: 'run',
      subjects: ['cycle', 'scrape'],
      json: true,
      keep: true
    })
  })

  test('says what it takes of a subject that there is not', () => {
    assert.deepEqual(read('sccrape'), {
      kind: 'wrong',
      mistake: `"sccrape": takes ${SUBJECTS.map(({ name }) => name).join(', ')}`
    })
    assert.equal(read('--kep').kind, 'wrong')
  })

  test('names every subject in its help', () => {
    assert.equal(read('-h').kind, 'help')
    for (const { name, title } of SUBJECTS) assert.match(renderUsage(SUBJECTS), new RegExp(`  ${name} +${title}\n`))
  })
})
