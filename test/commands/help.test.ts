import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readCommandLine } from '../../src/commands/command-line.ts'
import { COMMANDS } from '../../src/commands/commands.ts'
import { renderCommandHelp, renderOverview } from '../../src/commands/help.ts'
import { USUAL_VARIABLES, VARIABLES } from '../../src/config/environment.ts'

const COMMAND_NAMES = Object.keys(COMMANDS)
const PROGRAM = 'keybuzz-version-guard'

suite('help', () => {
  test('lists every command in a short overview, and says where to read on', () => {
    const overview = renderOverview(COMMANDS)
    const names = [...overview.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name)
    assert.deepEqual(names, COMMAND_NAMES)
    assert.ok(overview.split('\n').length < 25)
    assert.match(overview, /on Kubernetes, or on a Docker host,/)
    for (const line of overview.split('\n')) assert.ok(line.length <= 100, line)
    assert.match(overview, /COMMAND --help says more about a command/)
    assert.match(overview, /serve --help lists all of them/)
  })

  for (const [name, command] of Object.entries(COMMANDS)) {
    const help = renderCommandHelp(name, command)

    test(`of ${name} fits 100 columns, without blanks at the end of a line`, () => {
      for (const line of help.split('\n')) assert.ok(line.length <= 100 && line === line.trimEnd(), line)
    })

    test(`of ${name} has each of its options`, () => {
      for (const option of ['help', 'version', ...Object.keys(command.options)]) {
        assert.match(help, new RegExp(`^ {2}(?: {4}|-., )--${option}(?: |$)`, 'm'))
      }
    })

    test(`of ${name} has examples that are taken`, () => {
      for (const [line] of command.examples) {
        // The shell takes the rest.
        const [own = ''] = line.split(/ [>|] /)
        assert.ok(readCommandLine(COMMANDS, own === '' ? [] : own.split(' ')).ok, line)
        assert.ok(help.includes(`\n  ${`${PROGRAM} ${line}`.trimEnd()}\n`))
      }
    })

    test(`of ${name} names variables that there are`, () => {
      for (const variable of command.variables === 'all' ? [] : command.variables) {
        assert.ok(VARIABLES.has(variable) || USUAL_VARIABLES.has(variable), variable)
      }
    })
  }

  test('of check shows how it is called, its exit codes and the variables that matter', () => {
    const help = renderCommandHelp('check', COMMANDS.check ?? assert.fail())
    assert.match(help, /^Usage: keybuzz-version-guard check \[options\]/)
    assert.match(help, /^Exit codes:\n {2}0 {3}all OK\n/m)
    assert.match(help, /^ {2}64 {2}a wrong option, variable or file$/m)
    assert.match(help, /^Environment:\n {2}CHECK_INTERVAL .*\n/m)
    assert.match(help, /serve --help lists every variable\.\n$/)
    assert.doesNotMatch(help, /IMAGE_CHECK_SCHEDULE/)
  })

  for (const [name, usage] of [
    ['serve', '[options]'],
    ['check', '[options] [SERVICE...]'],
    ['explain', '[options] SERVICE'],
    ['help', '[options] [COMMAND]']
  ] as const) {
    test(`of ${name} says how many words it takes`, () => {
      const [first] = renderCommandHelp(name, COMMANDS[name] ?? assert.fail()).split('\n')
      assert.equal(first, `Usage: ${PROGRAM} ${name} ${usage}`)
    })
  }

  test('of a command to which no variable matters lists none', () => {
    assert.doesNotMatch(renderCommandHelp('version', COMMANDS.version ?? assert.fail()), /Environment|variable\.$/)
  })

  test('of serve lists every variable', () => {
    const help = renderCommandHelp('serve', COMMANDS.serve ?? assert.fail())
    for (const name of VARIABLES.keys()) assert.match(help, new RegExp(`^ {2}${name} `, 'm'))
  })
})
