import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { ROOT } from './files.ts'
import { inDrill, scaleRoute, scaleRules, timesShorter } from './scaled.ts'

const expressionOf = (rules: string): string => parse(rules).groups[0].rules[0].expr

suite('scaled rules', () => {
  for (const [rule, expression, scaled] of [
    ['shorten a range', 'rate(x[5m])', 'rate(x[5s])'],
    ['shorten both durations of a subquery', 'min_over_time(x[15m:1m])', 'min_over_time(x[15s:1s])'],
    ['shorten a subquery without a step', 'min_over_time(x[1h30m:])', 'min_over_time(x[1m30s:])'],
    ['shorten an offset', 'x offset 15m', 'x offset 15s'],
    ['shorten an offset into the future', 'x offset -1m', 'x offset -1s'],
    [
      'shorten an age in seconds',
      'a_age:seconds >= 135 < 315 and a_age:seconds < 30',
      'a_age:seconds >= 2.25 < 5.25 and a_age:seconds < 0.5'
    ],
    ['leave numbers, names and label values as they are', 'x5m{a="5m"} > 300', 'x5m{a="5m"} > 300']
  ] as const) {
    test(rule, () => {
      const rules = JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', expr: expression }] }] })
      assert.equal(expressionOf(scaleRules(rules, inDrill)), scaled)
    })
  }

  test('shorten how long alerts wait and stay, and how often rules are evaluated', () => {
    const rules = 'groups: [{ name: g, interval: 30s, rules: [{ alert: A, expr: x, for: 1m, keep_firing_for: 10m }] }]'
    assert.deepEqual(parse(scaleRules(rules, inDrill)).groups[0], {
      name: 'g',
      interval: '500ms',
      rules: [{ alert: 'A', expr: 'x', for: '1s', keep_firing_for: '10s' }]
    })
  })

  test('never make nothing of something', () => {
    const rules = 'groups: [{ name: g, rules: [{ alert: A, expr: x, for: 1ms, keep_firing_for: 0s }] }]'
    const [rule] = parse(scaleRules(rules, inDrill)).groups[0].rules
    assert.deepEqual([rule.for, rule.keep_firing_for], ['1ms', '0s'])
  })

  test('leave what people read as it is', () => {
    const rules = 'groups: [{ name: g, rules: [{ alert: A, expr: x, annotations: { message: "for 5m, x[5m]" } }] }]'
    assert.equal(parse(scaleRules(rules, inDrill)).groups[0].rules[0].annotations.message, 'for 5m, x[5m]')
  })

  test('refuse what is no duration', () => {
    const rules = 'groups: [{ name: g, rules: [{ alert: A, expr: x, for: soon }] }]'
    assert.throws(() => scaleRules(rules, inDrill), /"soon" is no duration/)
  })

  test('are the shipped ones but for their durations', () => {
    const shipped = readFileSync(join(ROOT, 'alerts/rules.yaml'), 'utf8')
    assert.deepEqual(parse(scaleRules(shipped, timesShorter(1))), parse(shipped))
  })
})

suite('a scaled route', () => {
  test('keeps the proportions of the shipped one, in every child', () => {
    const { route } = parse(readFileSync(join(ROOT, 'alerts/alertmanager.yaml'), 'utf8'))
    const { routes } = scaleRoute(route, inDrill) as { routes: Record<string, unknown>[] }
    const [, cooldown = {}] = routes
    assert.equal(cooldown.group_wait, '250ms')
    assert.equal(cooldown.group_interval, '31s')
    assert.equal(cooldown.repeat_interval, '30s')
    assert.deepEqual(cooldown.group_by, route.routes[1].group_by)
    assert.deepEqual(cooldown.matchers, route.routes[1].matchers)
  })
})
