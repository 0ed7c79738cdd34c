import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readCommandLine, USAGE } from '../../tools/drill/command-line.ts'
import { DRILLS } from '../../tools/drill/drills.ts'
import { readAllRules } from '../alerts/shipped-rules.ts'
import { ROOT } from '../support/files.ts'

const MAIN = join(ROOT, 'tools/drill/main.ts')
const run = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' })

suite("a drill's command line", () => {
  for (const { name } of DRILLS) {
    test(`takes ${name}`, () => {
      const read = readCommandLine([name])
      assert.equal(read.kind === 'drill' && read.drill.name, name)
    })
  }

  test('takes other alerts than the shipped ones', () => {
    const read = readCommandLine(['mismatch', '--alerts', 'mine'])
    assert.equal(read.kind === 'drill' && read.alerts, 'mine')
  })

  for (const [rule, args, mistake] of [
    [
      'wants a drill',
      [],
      '"": takes one of mismatch, endpoint-down, sha-missing, rollout-stuck, helm-stuck, guard-down'
    ],
    ['knows its drills', ['fire'], '"fire": takes one of mismatch,'],
    ['takes one drill at a time', ['mismatch', 'guard-down'], '"mismatch guard-down": takes one of'],
    ['knows its options', ['mismatch', '--fast'], "Unknown option '--fast'"]
  ] as const) {
    test(rule, () => {
      const read = readCommandLine(args)
      assert.ok(read.kind === 'wrong' && read.mistake.startsWith(mistake), JSON.stringify(read))
    })
  }

  test('prints its usage on --help, and on what it does not take', () => {
    const help = run(['--help'], {})
    assert.deepEqual([help.status, help.stdout], [0, `${USAGE}\n`])
    const wrong = run(['fire'], {})
    assert.deepEqual([wrong.status, wrong.stdout], [64, ''])
    assert.ok(wrong.stderr.includes(USAGE))
  })

  test('names the Debian packages of what is missing, and starts nothing', () => {
    const { status, stdout, stderr } = run(['mismatch'], { PATH: '' })
    assert.deepEqual([status, stdout], [69, ''])
    assert.match(stderr, /^prometheus is not on the PATH; Debian: apt install prometheus$/m)
    assert.match(stderr, /^alertmanager is not on the PATH; Debian: apt install prometheus-alertmanager$/m)
  })
})

suite('drills', () => {
  const alerts = readAllRules().alerts.map(({ alert }) => alert)

  for (const { name, alert } of DRILLS) {
    test(`${name} is about an alert that is shipped, with a runbook`, () => {
      assert.ok(alerts.includes(alert))
      assert.ok(existsSync(join(ROOT, `docs/runbooks/${alert}.md`)))
    })
  }

  test('are all told of', () => {
    const page = readFileSync(join(ROOT, 'docs/stack.md'), 'utf8')
    for (const { name } of DRILLS) assert.ok(page.includes(`\`${name}\``), name)
  })
})
