import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSelector, squeezed, syntaxFault, withoutMatchers } from '../../../src/gate/files/promql.ts'

suite('an expression', () => {
  for (const expression of [
    'up == 0',
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="a"}[5m]))) > 0.5',
    'absent(up{job="a"} == 1)',
    'rate(x[5m:1m] offset 1h @ start())',
    'holt_winters(x[1h], 0.5, 0.5)',
    'max_over_time(sum by (a) (rate(x[5m]))[1h:])',
    'topk(5, x) and on (a) count_values("b", -y)',
    'label_replace(x, "a", "$1", "b", "(.*)") > bool 1',
    'scalar(x) > bool time()',
    'info(x, {a=~".*"})',
    'round(x) + round(x, 5) + hour() + hour(x) + info(x) + vector(2 * pi())',
    'predict_linear(x[1h], 3600) < quantile_over_time(0.9, x[1h])',
    'label_join(x, "a", ",") or label_join(x, "a", ",", "b", "c", "d") or sort_by_label(x, "a", "b")',
    'sum(max_over_time(x[5m])) or sort_by_label(x) or histogram_quantiles(x, "q", 0.5, 0.9)',
    'TOPK(1 + 1, x) == COUNT(timestamp(x) > 1)',
    'x{a=~"b{1000}"}',
    '{a!="",b=~".*"}',
    '{a=~`b+?|(?i)[]c]{2,3}|(?P<d>\\d)|\\Q(\\E|\\.|[[:alpha:]]|^`}',
    '{a!~`\\z`}',
    'a and on (x) group_left b # why',
    '{"a.b", job=~"x.*"}',
    String.raw`a{b=~"\\d+\n\x41\u00e9\101\"", c='\''}`,
    'a{b=~`\\d`}',
    '1'
  ]) {
    test(`parses: ${expression}`, () => assert.equal(syntaxFault(expression), null))
  }

  for (const [expression, fault] of [
    ['', 'the expression is empty'],
    ['  \n', 'the expression is empty'],
    ['sum(rate(x[5m])', 'the expression is not complete'],
    ['up ==', 'the expression is not complete'],
    ['1 +* 2', 'the expression has an error at "* 2"'],
    ['sum(rate({a="b"} |= "c" [5m])) > 1', 'the expression has an error at "|= "c" [5m])) > 1", as if it were LogQL'],
    ['foo bar', 'the expression has an error at "bar"'],
    [String.raw`a{b=~"\d+"}`, String.raw`the expression has an error at ""\d+"}"`],
    [String.raw`a{b="\'"}`, String.raw`the expression has an error at ""\'"}"`],
    ['nosuchfunction(x)', 'the expression has an error at "(x)"'],
    ['rate(x)', 'rate takes a range vector such as x[5m], not an instant vector'],
    ['rate(x[5m], 1)', 'rate takes 1 argument, not 2'],
    ['round()', 'round takes at least 1 argument, not 0'],
    ['round(x, 1, 2)', 'round takes at most 2 arguments, not 3'],
    ['round(x, y)', 'round takes a scalar as argument 2, not an instant vector'],
    ['time(x)', 'time takes 0 arguments, not 1'],
    ['hour(x, y)', 'hour takes at most 1 argument, not 2'],
    ['holt_winters(x[1h], 0.5)', 'holt_winters takes 3 arguments, not 2'],
    [
      'histogram_quantile(sum by (le) (x), 0.9)',
      'histogram_quantile takes a scalar as argument 1, not an instant vector'
    ],
    ['label_join(x, "a")', 'label_join takes at least 3 arguments, not 2'],
    ['label_join(x, "a", ",", "b", y)', 'label_join takes a string as argument 5, not an instant vector'],
    ['abs(x[5m])', 'abs takes an instant vector, not a range vector such as x[5m]'],
    ['abs("a")', 'abs takes an instant vector, not a string'],
    ['scalar(1 + 2)', 'scalar takes an instant vector, not a scalar'],
    ['vector(1 + x)', 'vector takes a scalar, not an instant vector'],
    ['sum("a")', 'sum takes an instant vector, not a string'],
    ['avg((x[5m] offset 1h))', 'avg takes an instant vector, not a range vector such as x[5m]'],
    ['sum(x, y)', 'sum takes 1 argument, not 2'],
    ['topk(x)', 'topk takes 2 arguments, not 1'],
    ['topk(x, y)', 'topk takes a scalar as argument 1, not an instant vector'],
    ['count_values(1, x)', 'count_values takes a string as argument 1, not a scalar'],
    ['1 + "a"', '+ takes no string'],
    ['x > (y[5m])', '> takes no range vector'],
    ['x > y[5m]', 'a range takes a selector alone before it'],
    ['-"a"', '- takes no string'],
    ['x and 1', 'and takes no scalar'],
    ['1 > time()', '> between scalars needs bool behind it'],
    ['x[5m][1h:]', 'a subquery takes no range vector'],
    ['{}', '{} selects all series there are; it takes a name, or a matcher that empty labels fail'],
    [
      'sum({a=~".*",b!="c"})',
      '{a=~".*",b!="c"} selects all series there are; it takes a name, or a matcher that empty labels fail'
    ],
    ...['(?!a)b', '(a', '[a', '*a', 'a++', 'a{1001}', '(a)\\1', 'a\\Z'].map(
      pattern => [`x{a=~\`${pattern}\`}`, `"${pattern}" is not a regular expression of RE2`] as const
    ),
    [`x${'+x'.repeat(20_000)}`, 'the expression is longer than 20000 characters']
  ] as const) {
    test(`does not parse: ${expression.slice(0, 20)}`, () => assert.equal(syntaxFault(expression), fault))
  }

  test('may have a regular expression of any kind that is too long to be judged', () => {
    const withRegex = (length: number) => `x{a=~"${'(?!'.padEnd(length, 'b')}"}`
    assert.match(syntaxFault(withRegex(1_000)) ?? '', /not a regular expression of RE2$/)
    assert.equal(syntaxFault(withRegex(1_001)), null)
  })
})

suite('a selector', () => {
  for (const [text, isOne] of [
    ['job="api"', true],
    ['job="api", env!="dev", pod=~"a.+",', true],
    ['', false],
    ['{job="api"}', false],
    ['job=api', false],
    [String.raw`job=~"\d"`, false],
    ['job="a"} or {job="b"', false],
    ['job="a"}[5m', false],
    ['job="a"} # ', false]
  ] as const) {
    test(`${isOne ? 'is' : 'is not'} ${text}`, () => assert.equal(isSelector(text), isOne))
  }
})

suite('the layout of an expression', () => {
  for (const [expr, without] of [
    ['sum by(job)(up) > 3', 'sum by(job)(up)>3'],
    ['sum by (job) (up)\n  >3 # too many', 'sum by(job)(up)>3'],
    ['x  offset  5m', 'x offset 5m'],
    ['a :b', 'a :b'],
    ['up{a="x  ( y",b=\'# \',c=~`"  `}  == 1', 'up{a="x  ( y",b=\'# \',c=~`"  `}==1']
  ] as const) {
    test(`is left out of ${JSON.stringify(expr)}`, () => assert.equal(squeezed(expr), without))
  }
})

suite('a matcher that something added', () => {
  const added = new Set(['namespace="x"'])
  for (const [expr, without] of [
    ['up{namespace="x"}', 'up'],
    ['up{namespace="x",job="a"}', 'up{job="a"}'],
    ['up{a="b",namespace="x",c="d"} - {d="",namespace="x"}', 'up{a="b",c="d"}-{d=""}'],
    ['up{my_namespace="x",b="{namespace=\\"x\\"}"}', 'up{my_namespace="x",b="{namespace=\\"x\\"}"}'],
    ['up{namespace="xy"} / up{namespace=~"x"}', 'up{namespace="xy"}/up{namespace=~"x"}']
  ] as const)
    test(`is taken from ${expr}`, () => assert.equal(withoutMatchers(squeezed(expr), added), without))
})
