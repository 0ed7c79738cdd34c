import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { suite, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { renderExplanation } from '../../src/commands/explanation-text.ts'
import type { Screen } from '../../src/commands/table.ts'
import { aKnownService, anExplanation, aRolloutFinding, NOW, withFindings } from '../support/explanations.ts'

const FILE: Screen = new PassThrough()

// As a terminal that shows colours.
function terminal(columns: number): Screen {
  return Object.assign(new PassThrough(), { isTTY: true, columns, getColorDepth: () => 8 })
}

const linesOf = (screen: Screen, explanation = anExplanation()) =>
  renderExplanation(explanation, NOW, screen).trimEnd().split('\n')

suite('an explanation for people', () => {
  test('begins with the status, what is wrong and who is out of step', () => {
    const [status, message, culprit, runs] = linesOf(FILE)
    assert.equal(status, 'MISMATCH  dev/shop')
    assert.equal(message, 'UI version (v1) does not match deployed image tag (v2)')
    assert.match(culprit ?? '', /^The public address reports v1, but v2 is deployed/)
    assert.equal(runs, 'Deployment/shop, https://shop.example/debug/version')
  })

  test('says at once what else is wrong, in its own colour', () => {
    const stuck = { ...aRolloutFinding(), message: 'Rollout is stuck' }
    const explanation = anExplanation(withFindings(stuck, ...aKnownService().report.findings))
    assert.deepEqual(linesOf(FILE, explanation).slice(0, 3), [
      'OK  dev/shop',
      'Version consistency OK',
      'STUCK  rollout: Rollout is stuck'
    ])
    const [, , other] = linesOf(terminal(80), explanation)
    assert.equal(other, '\x1b[1m\x1b[31mSTUCK\x1b[39m\x1b[22m  rollout: Rollout is stuck')
  })

  test('says just now of what is less than a second old', () => {
    const explanation = anExplanation()
    const probe = { ...explanation.probe, checkedAt: new Date(NOW - 999).toISOString() }
    assert.ok(linesOf(FILE, { ...explanation, probe }).includes('LAST CHECK, just now'))
    const earlier = { ...probe, checkedAt: new Date(NOW - 1_000).toISOString() }
    assert.ok(linesOf(FILE, { ...explanation, probe: earlier }).includes('LAST CHECK, 1s ago'))
  })

  test('leaves out the seconds of what is an hour old and more', () => {
    const explanation = anExplanation()
    const linesAfter = (seconds: number) => {
      const checkedAt = new Date(NOW - seconds * 1000).toISOString()
      return linesOf(FILE, { ...explanation, probe: { ...explanation.probe, checkedAt } })
    }
    assert.ok(linesAfter(3_599).includes('LAST CHECK, 59m59s ago'))
    assert.ok(linesAfter(3_661).includes('LAST CHECK, 1h1m ago'))
  })

  test('names the culprit where there is one, and nobody where all is well', () => {
    const explanation = anExplanation()
    const diagnosis = explanation.diagnosis
    assert.ok(diagnosis !== null)
    const culprit = { ...diagnosis, culprit: 'tag_moved', message: 'the tag was moved' } as const
    assert.ok(
      linesOf(FILE, { ...explanation, diagnosis: culprit }).includes('Out of step: tag moved. the tag was moved')
    )
    const fine = anExplanation(aKnownService())
    assert.equal(fine.diagnosis?.culprit, 'none')
    assert.ok(!linesOf(FILE, fine).includes(fine.diagnosis.message))
  })

  test('has its parts in order', () => {
    const parts = linesOf(FILE).filter(line => /^[A-Z]{4}/.test(line))
    assert.deepEqual(parts.slice(1), [
      'DECLARED: What is meant to run?',
      'DEPLOYED: What does the workload name?',
      'RUNNING: What do its pods run?',
      'REPORTED: What does the service say it is?',
      'BUILT: From which commit?',
      'AVAILABLE: Is there something newer?',
      'FINDINGS',
      'LAST CHECK, 12s ago',
      'CHANGES',
      'LIVE',
      'LINKS'
    ])
    assert.ok(linesOf(FILE).includes('TO CHECK') && linesOf(FILE).includes('TO GO BACK'))
  })

  test('stands in columns', () => {
    const lines = linesOf(FILE)
    const at = lines.indexOf('REPORTED: What does the service say it is?')
    assert.deepEqual(lines.slice(at + 1, at + 5), [
      '  version  v1',
      '           https://shop.example/debug/version, 12s ago',
      '  git SHA  abc1234',
      '           https://shop.example/debug/version, 12s ago'
    ])
  })

  test('has no colour but on a terminal', () => {
    const text = renderExplanation(anExplanation(), NOW, FILE)
    assert.equal(stripVTControlCharacters(text), text)
    assert.notEqual(renderExplanation(anExplanation(), NOW, terminal(100)), text)
  })

  for (const columns of [40, 60, 80, 120]) {
    test(`fits a terminal of ${columns} columns, but for what is copied`, () => {
      const { commands, links } = anExplanation()
      const copied = [...commands.map(({ command }) => command), ...links.map(({ href }) => href)]
      for (const colored of linesOf(terminal(columns))) {
        const line = stripVTControlCharacters(colored)
        if (copied.includes(line.trim())) continue
        assert.ok(line.length <= columns, line)
      }
    })
  }

  test('says why a part is empty', () => {
    const lines = linesOf(FILE, anExplanation(aKnownService({ target: { endpoint: null } })))
    assert.ok(lines.includes('  the service has no endpoint'))
    assert.ok(lines.includes('  nothing has changed since this guard started'))
    assert.ok(lines.includes('  WATCH_PODS is false'))
  })
})
