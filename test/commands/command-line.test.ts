import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readCommandLine } from '../../src/commands/command-line.ts'

function read(line: string) {
  return readCommandLine(line === '' ? [] : line.split(' '))
}

suite('command line', () => {
  const check = { command: 'check', format: null, textfile: undefined, images: false, at: undefined }
  for (const [line, expected] of [
    ['', { command: 'serve' }],
    ['serve', { command: 'serve' }],
    ['check', check],
    ['check --format table', { ...check, format: 'table' }],
    ['--format=json check', { ...check, format: 'json' }],
    ['check --images', { ...check, images: true }],
    ['check --images --format json', { ...check, format: 'json', images: true }],
    ['check --textfile guard.prom', { ...check, textfile: 'guard.prom' }],
    ['check --textfile=-x.prom', { ...check, textfile: '-x.prom' }],
    ['check --textfile -', { ...check, textfile: '-' }],
    ['check --at 2026-11-03T03:04:05Z', { ...check, at: Date.UTC(2026, 10, 3, 3, 4, 5) }],
    ['check --at=2026-11-03T03:04:05.250+01:00', { ...check, at: Date.UTC(2026, 10, 3, 2, 4, 5, 250) }],
    ['check --at 2024-02-29T23:30-05:00', { ...check, at: Date.UTC(2024, 2, 1, 4, 30) }],
    ['--help', { command: 'help' }],
    ['check -h', { command: 'help' }],
    ['nonsense --help --format=json', { command: 'help' }],
    ['--version', { command: 'version' }],
    ['--version --help', { command: 'help' }]
  ] as const) {
    test(`is taken: ${line}`, () => assert.deepEqual(read(line), { ok: true, value: expected }))
  }

  for (const [line, ...expected] of [
    ['chek', '"chek" is no command; did you mean check?'],
    ['nonsense', '"nonsense" is no command; there are serve and check'],
    ['check serve', '"serve": takes one command, serve or check'],
    ['check --format xml', '--format: "xml" is none; it takes json or table'],
    ['check --format', '--format: missing; it takes json or table'],
    ['check --textfile=', '--textfile: missing; it takes a path'],
    [
      'check --textfile --format=json',
      '--textfile: missing; it takes a path; write --textfile=--format=json if you mean that'
    ],
    ...[
      '2026-11-03',
      '2026-11-03T03:04:05',
      '03:04',
      'yesterday',
      '1764000000',
      '2026-02-30T00:00Z',
      '2026-11-03T25:00Z'
    ].map(time => [
      `check --at ${time}`,
      `--at: "${time}" is none; it takes a time with its zone, such as 2026-11-03T03:04:05Z`
    ]),
    ['serve --at 2026-11-03T03:04:05Z', '--at belongs to check'],
    ['check --at', '--at: missing; it takes a time with its zone, such as 2026-11-03T03:04:05Z'],
    ['check --at 2026-11-03T03:04Z --textfile x.prom', '--textfile: of no use with --at: gauges are of now'],
    ['--help=yes', '--help: takes no value'],
    ['--textfile x', '--textfile belongs to check'],
    ['--images', '--images belongs to check'],
    ['check --images --textfile x', '--images: does not go with --textfile, which has the gauges of endpoints too'],
    ['serve --format json', '--format belongs to check'],
    ['check --formt json', '--formt: no such option; did you mean --format?'],
    ['check --frobnicate json', '--frobnicate: no such option; see --help for those that there are'],
    ['check --Format=json', '--Format: no such option; did you mean --format?'],
    [
      'check --formt=json serve',
      '--formt: no such option; did you mean --format?',
      '"serve": takes one command, serve or check'
    ],
    [
      'chek --formt json --textfile --format',
      '--formt: no such option; did you mean --format?',
      '--textfile: missing; it takes a path; write --textfile=--format if you mean that',
      '"chek" is no command; did you mean check?'
    ],
    ['check --help --nonsense', '--nonsense: no such option; see --help for those that there are'],
    ['ch\u202eeck', '"ch\ufffdeck" is no command; did you mean check?']
  ] as const) {
    test(`is refused: ${line}`, () => {
      const result = read(line)
      assert.ok(!result.ok)
      assert.deepEqual(
        result.mistakes.map(({ message }) => message),
        expected
      )
      assert.ok(result.mistakes.every(({ kind }) => kind === 'bad_input'))
    })
  }
})
