// Whoever is woken copies these commands as they stand, on a laptop: they have to be shell, to open the way to the guard
// before they ask it, and to mean the service of the alert and no neighbour with a similar name.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { findProgram, needs } from '../support/component.ts'
import { ROOT } from '../support/files.ts'
import { commandsOf, RUNBOOKS, readRunbook } from './runbook-commands.ts'

const jqMissing = findProgram('jq') === undefined ? 'jq is not on the PATH; Debian: apt install jq' : undefined
const words: Readonly<Record<string, string>> = parse(readFileSync(join(ROOT, 'alerts/sources/words.yaml'), 'utf8'))
/** What a table of a runbook answers to, by row. */
const rowsOf = (runbook: string) =>
  [...readRunbook(runbook).matchAll(/^\| (\*\*.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/\*\*(.+?)\*\*/g)].map(([, row]) => row ?? '')
  )

for (const runbook of RUNBOOKS) {
  const commands = commandsOf(runbook)

  suite(`the commands of ${runbook}`, () => {
    test('are taken by a shell', () => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: commands, encoding: 'utf8' })
      assert.equal(status, 0, stderr)
    })

    // At a prompt of zsh, the shell of macOS, a comment is a command: a quote in it would swallow the lines that follow.
    test('have comments without signs of the shell', () => {
      for (const [comment] of commands.matchAll(/^#.*/gm)) assert.doesNotMatch(comment, /['"`;&|<>()$!]/)
    })

    test('use no variable that the page does not set', () => {
      const set = new Set(
        [...commands.matchAll(/\b([A-Z_]+)=/g), ...commands.matchAll(/\bfor (\w+) in/g)].map(([, name]) => name)
      )
      // Those in single quotes are of jq and of awk, and the first argument is of a function.
      const used = commands.replaceAll(/'[^']*'/g, '').matchAll(/\$\{?(\w+)/g)
      for (const [, name = ''] of used) assert.ok(name === '1' || set.has(name), name)
    })

    test('ask the guard and Prometheus only when a port to them is open', () => {
      const isOnHost = runbook === 'KeyBuzzDockerUnreachable'
      for (const [server, forward] of [
        ['$GUARD/', /port-forward "service\/\$GUARD_NAME" 9877:http/],
        ['$PROMETHEUS/', /port-forward service\/prometheus-operated 9090/]
      ] as const) {
        const asked = commands.indexOf(server)
        if (asked < 0 || isOnHost) continue
        const opened = commands.search(forward)
        const called = commands.search(/^(?:ask|guarded|curl|export WORKLOAD)\b(?!\(\))/m)
        assert.ok(opened >= 0 && opened < Math.max(asked, called), server)
      }
    })

    test('select by exact names and labels, so that no neighbour is taken for the service', () => {
      assert.doesNotMatch(commands, /\bgrep\b.*\$/)
      for (const [line] of commands.matchAll(/^.*\bget (?:pods|deployments|replicasets).*$/gm)) {
        assert.match(line, /-l |--field-selector|-n "\$NAMESPACE" get deployments,statefulsets,daemonsets$/, line)
      }
    })

    test('say so if there is no answer: silence looks like good news', () => {
      assert.doesNotMatch(commands, /\bcurl -(?!\w*S)\w*s/)
    })

    test('do not ask readiness, which only tells whether the guard has started', () =>
      assert.doesNotMatch(commands, /\$GUARD\/readyz/))
  })
}

suite('runbooks', () => {
  test('open the port to the guard and to Prometheus, and find the service, in one way', () => {
    for (const first of [/^# The guard, from/m, /^# If the guard does not know it/m, /^# Prometheus, from/m]) {
      const blocks = RUNBOOKS.map(commandsOf).flatMap(commands => {
        const at = commands.search(first)
        return at < 0 ? [] : [commands.slice(at).split('\n').slice(0, 4).join('\n')]
      })
      assert.ok(blocks.length > 3)
      assert.equal(new Set(blocks).size, 1)
    }
  })

  test('on a Docker host ask no port that the stack does not publish', () => {
    const { services } = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'))
    const published = Object.values<{ ports?: readonly string[] }>(services).flatMap(({ ports = [] }) =>
      ports.map(port => /:(\d+):\d+$/.exec(port)?.[1])
    )
    const commands = commandsOf('KeyBuzzDockerUnreachable').replaceAll(/docker compose exec .*/g, '')
    const asked = [...commands.matchAll(/localhost:(\d+)/g)].map(([, port]) => port)
    assert.ok(asked.length > 0)
    for (const port of asked) assert.ok(published.includes(port), port)
  })

  test('of the gate answer before its first run has ended', needs(jqMissing), () => {
    const commands = commandsOf('KeyBuzzGateNoGo').match(/^.*\$GUARD\/api\/v1\/gate.*$/gm) ?? []
    assert.equal(commands.length, 3)
    const script = [`curl() { echo '{"refusals":[],"report":null}'; }`, ...commands].join('\n')
    const { status, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  test('of a mismatch begin with every culprit, in the words of the alert', () => {
    const culprits = [...(words.CULPRIT ?? '').matchAll(/Out of step: (.+?)\./g)].map(([, culprit]) => culprit)
    // What gives no report is another alert.
    assert.deepEqual(rowsOf('KeyBuzzVersionMismatch').sort(), culprits.filter(one => one !== 'the endpoint').sort())
    for (const runbook of ['KeyBuzzGitShaMissing', 'KeyBuzzMixedVersions']) {
      for (const row of rowsOf(runbook)) assert.ok(culprits.includes(row), row)
    }
  })

  test('of an endpoint begin with every reason, in the words of the alert', () => {
    const reasons = [...(words.FAILURE ?? '').matchAll(/"[a-z_]+" \}\}(?!HTTP)([^{]+?) \{\{/g)].map(
      ([, reason]) => reason ?? ''
    )
    assert.equal(reasons.length, 9)
    const rows = rowsOf('KeyBuzzDebugEndpointDown')
    for (const reason of reasons) assert.ok(rows.includes(reason), reason)
    for (const code of ['404', '401', '403', '500', '502', '503', '504']) {
      assert.ok(
        rows.some(row => row.includes(code)),
        code
      )
    }
  })
})
