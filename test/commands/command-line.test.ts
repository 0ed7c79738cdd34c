import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defineCommand } from '../../src/commands/command.ts'
import { type Commands, readCommandLine } from '../../src/commands/command-line.ts'
import { COMMANDS } from '../../src/commands/commands.ts'
import { choice, duration, flag, repeatable, text } from '../../src/commands/options.ts'

function read(line: string, commands = COMMANDS) {
  return readCommandLine(commands, line === '' ? [] : line.split(' '))
}

const listOf = (names: readonly string[]) => new Intl.ListFormat('en-GB').format(names)

function ownersOf(option: string, commands: Commands): string {
  return listOf(Object.keys(commands).filter(name => option in (commands[name]?.options ?? {})))
}

function assertRefused(line: string, expected: readonly string[], commands = COMMANDS) {
  const result = read(line, commands)
  assert.ok(!result.ok)
  assert.deepEqual(
    result.mistakes.map(({ message }) => message),
    expected
  )
  assert.ok(result.mistakes.every(({ kind }) => kind === 'bad_input'))
}

suite('command line', () => {
  const NONE = {
    namespace: null,
    'only-bad': false,
    format: null,
    wait: null,
    textfile: null,
    images: false,
    at: null
  }
  const plain = (command: string, words: readonly string[] = []) => ({ command, options: {}, words })
  const check = (options: object, words: readonly object[] = []) => ({
    command: 'check',
    options: { ...NONE, ...options },
    words
  })
  const shop = { namespace: null, service: 'shop' }
  for (const [line, expected] of [
    ['', plain('serve')],
    ['serve', plain('serve')],
    ['check', check({})],
    ['check --format table', check({ format: 'table' })],
    ['check --format table --format json', check({ format: 'json' })],
    ['--format=json check', check({ format: 'json' })],
    ['check shop dev/cart', check({}, [shop, { namespace: 'dev', service: 'cart' }])],
    ['check dev/a/b', check({}, [{ namespace: 'dev', service: 'a/b' }])],
    ['check serve', check({}, [{ namespace: null, service: 'serve' }])],
    ['check -n dev dev/shop', check({ namespace: 'dev' }, [{ namespace: 'dev', service: 'shop' }])],
    ['-n dev check shop', check({ namespace: 'dev' }, [shop])],
    ['check --wait 1h30m --only-bad --format junit', check({ wait: 5_400_000, 'only-bad': true, format: 'junit' })],
    ['check --wait 0', check({ wait: 0 })],
    ['check --images', check({ images: true })],
    ['check --images --format json', check({ format: 'json', images: true })],
    ['check --textfile guard.prom', check({ textfile: 'guard.prom' })],
    ['check --textfile=-x.prom', check({ textfile: '-x.prom' })],
    ['check --textfile -', check({ textfile: '-' })],
    ['check --at 2026-11-03T03:04:05Z', check({ at: Date.UTC(2026, 10, 3, 3, 4, 5) })],
    ['check --at=2026-11-03T03:04:05.250+01:00', check({ at: Date.UTC(2026, 10, 3, 2, 4, 5, 250) })],
    ['check --at 2024-02-29T23:30-05:00', check({ at: Date.UTC(2024, 2, 1, 4, 30) })],
    ['--help', plain('help')],
    ['help', plain('help')],
    ['check -h', plain('help', ['check'])],
    ['--help check --format=json', plain('help', ['check'])],
    ['help check', plain('help', ['check'])],
    ['help help', plain('help', ['help'])],
    ['nonsense --help --format=json', plain('help')],
    ['--help --format=json', plain('help')],
    ['version', plain('version')],
    ['--version', plain('version')],
    ['check --version', plain('version')],
    ['--version --help', plain('help')]
  ] as const) {
    test(`is taken: ${line}`, () => assert.deepEqual(read(line), { ok: true, value: expected }))
  }

  for (const [line, ...expected] of [
    ['chek', '"chek" is not a command; did you mean check?'],
    ['nonsense', `"nonsense" is not a command; known are ${listOf(Object.keys(COMMANDS))}`],
    ['toString', `"toString" is not a command; known are ${listOf(Object.keys(COMMANDS))}`],
    ['serve check', '"check": serve takes no arguments'],
    ['help check serve', '"serve": help takes at most 1 COMMAND'],
    ['check --format xml', '--format: "xml" is not json, table or junit'],
    ['check --format Tabel', '--format: "Tabel" is not json, table or junit; did you mean table?'],
    ['check --format', '--format: missing; it takes json, table or junit'],
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
    ].map(time => [`check --at ${time}`, `--at: "${time}" is not a time with its zone, such as 2026-11-03T03:04:05Z`]),
    ['serve --at 2026-11-03T03:04:05Z', '--at belongs to check'],
    ['check --at', '--at: missing; it takes a time with its zone, such as 2026-11-03T03:04:05Z'],
    [
      'check --at 2026-11-03T03:04Z --textfile x.prom',
      '--textfile: does not work with --at: gauges always show the present'
    ],
    ['check /shop', 'SERVICE: "/shop" is not a service, as NAME or NAMESPACE/NAME'],
    ['check dev/', 'SERVICE: "dev/" is not a service, as NAME or NAMESPACE/NAME'],
    ['check -n dev prod/shop', 'SERVICE: prod/shop is not in namespace dev, which -n names'],
    ['check -n', '-n: missing; it takes a namespace'],
    ['check --wait 25d', '--wait: "25d" is not a duration, such as 30s, 5m or 1h30m'],
    ['check --wait 5', '--wait: "5" is not a duration, such as 30s, 5m or 1h30m'],
    ['check --wait 5m --images', '--wait: does not work with --images: it waits for endpoints, not for registries'],
    [
      'check shop --textfile x.prom',
      '--textfile: does not work with SERVICE: the gauges of all other services would disappear'
    ],
    ['check --format junit --images', '--format=junit: does not work with --images: JUnit reports only versions'],
    ['check --at 2026-11-03T03:04Z --images', '--images: does not work with --at: registries only know the present'],
    ['--help=yes', '--help: takes no value'],
    ['--textfile x', '--textfile belongs to check'],
    ['--images', '--images belongs to check'],
    ['check --images --textfile x', '--images: does not work with --textfile: its gauges need the endpoints too'],
    ['serve --format json', `--format belongs to ${ownersOf('format', COMMANDS)}`],
    ['check --formt json', '--formt: no such option; did you mean --format?'],
    ['serve --formt json', '--formt: no such option; serve --help lists all of them'],
    ['check --frobnicate json', '--frobnicate: no such option; check --help lists all of them'],
    ['check -x', '-x: no such option; check --help lists all of them'],
    ['check --Format=json', '--Format: no such option; did you mean --format?'],
    [
      'serve --formt=json check',
      '--formt: no such option; serve --help lists all of them',
      '"check": serve takes no arguments'
    ],
    [
      'chek --formt json --textfile --format',
      '--formt: no such option; did you mean --format?',
      '--textfile: missing; it takes a path; write --textfile=--format if you mean that',
      '"chek" is not a command; did you mean check?'
    ],
    ['check --help --nonsense', '--nonsense: no such option; check --help lists all of them'],
    ['ch\u202eeck', '"ch\ufffdeck" is not a command; did you mean check?']
  ] as const) {
    test(`is refused: ${line}`, () => assertRefused(line ?? '', expected))
  }

  test('gives an option of several commands the same form, because it may stand before the command', () => {
    const options = Object.values(COMMANDS).flatMap(command => Object.entries(command.options))
    for (const [name, { type, short }] of options) {
      for (const [other, alike] of options) {
        if (other === name) assert.deepEqual([alike.type, alike.short], [type, short], name)
        else assert.ok(short === undefined || alike.short !== short, `-${short} is both ${name} and ${other}`)
      }
    }
  })
})

suite('a command of the table', () => {
  const about = { summary: '', description: '', variables: [], run: async () => 0 }
  const options = {
    file: repeatable(text('a path', { placeholder: 'FILE', short: 'f', description: '' })),
    wait: duration(''),
    format: choice(['json', 'table', 'junit'], ''),
    quiet: flag('', 'q')
  }
  const commands: Commands = {
    ...COMMANDS,
    copy: defineCommand({
      ...about,
      options,
      positional: {
        placeholder: 'NUMBER',
        takes: 'digits',
        description: '',
        least: 1,
        most: 2,
        parse: word => (/^\d+$/.test(word) ? Number(word) : null)
      },
      conflicts: [
        ['format=junit', 'quiet', 'it is printed'],
        ['NUMBER', 'wait', 'numbers do not wait']
      ]
    })
  }

  for (const [line, values, words] of [
    ['copy 1', {}, [1]],
    ['copy 2 1', {}, [2, 1]],
    ['copy 1 -q -f a --file b', { file: ['a', 'b'], quiet: true }, [1]],
    ['copy -qfa 1', { file: ['a'], quiet: true }, [1]],
    ['copy --format junit -- 1', { format: 'junit' }, [1]],
    ['-f a copy 1', { file: ['a'] }, [1]]
  ] as const) {
    test(`gets what it takes: ${line}`, () => {
      const expected = {
        command: 'copy',
        options: { file: [], wait: null, format: null, quiet: false, ...values },
        words
      }
      assert.deepEqual(read(line, commands), { ok: true, value: expected })
    })
  }

  for (const [line, ...expected] of [
    ['copy', 'NUMBER: missing; it takes digits'],
    ['copy 1 2 3 4', '"3 4": copy takes at most 2 NUMBER'],
    ['copy a 1 b', '"b": copy takes at most 2 NUMBER', 'NUMBER: "a" is not digits', 'NUMBER: "b" is not digits'],
    ['copy 1 --format junit -q', '--format=junit: does not work with --quiet: it is printed'],
    ['copy 1 --wait 5m', 'NUMBER: does not work with --wait: numbers do not wait'],
    [
      'copy 1 --wait five --format xml',
      '--wait: "five" is not a duration, such as 30s, 5m or 1h30m',
      '--format: "xml" is not json, table or junit',
      'NUMBER: does not work with --wait: numbers do not wait'
    ],
    ['serve --format json', `--format belongs to ${ownersOf('format', commands)}`],
    ['copy 1 --quite', '--quite: no such option; did you mean --quiet?'],
    ['copy 1 --images', '--images belongs to check'],
    ['copi', '"copi" is not a command; did you mean copy?']
  ] as const) {
    test(`is refused what it does not take: ${line}`, () => assertRefused(line, expected, commands))
  }
})
