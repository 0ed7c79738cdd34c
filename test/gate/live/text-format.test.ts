import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseExposition } from '../../../src/gate/live/exposition/parse-exposition.ts'
import { parseTextFormat } from '../../../src/gate/live/exposition/text-format.ts'

/** `LINE: FAULT` of each; empty: it is valid. */
function faultsOf(text: string): string[] {
  return parseTextFormat(text).faults.map(({ line, fault }) => `${line}: ${fault}`)
}

// What promtool 2.42 and 3.5.3 said to the same texts, but for what is marked: "scrape" is what Prometheus of both
// versions gave up a scrape for, and "beyond" is what both let pass.
suite('text 0.0.4', () => {
  for (const [rule, text] of [
    ['one sample', 'a 1\n'],
    ['empty lines', '\n\na 1\n\n'],
    ['blanks and tabs', 'a\t1 \n \t \n  # TYPE b gauge\n'],
    ['a timestamp', 'a 1 1395066363000\nb 1 9223372036854775807\nc 1 0000000000000000000000001\n'],
    ['comments of any kind', '# hello\n#hello\n# HELP\n# TYPE\n# HELP a\na 1\n'],
    ['words for infinity and for no number', 'a +Inf\nb -inf\nc NaN\nd infinity\n'],
    ['numbers of all shapes', 'a 1.\nb .5\nc 1e9\nd -1.5E-3\n'],
    ['labels in any layout', 'a { x = "1" , y = "2" } 1\na{x="1",} 2\na{} 3\n'],
    ['escapes', 'a{x="\\\\ \\" \\n"} 1\n'],
    ['UTF-8 in a value', 'a{x="é"} 1\n'],
    ['a family in several places', '# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\na{x="2"} 1\n'],
    ['the largest number', 'a 1.7976931348623157e308\n'],
    ['what is no TYPE without a blank', '#TYPE a foo\na 1\n'],
    ['a type alone', '# TYPE a gauge\n'],
    ['an end as in OpenMetrics, which is a comment', 'a 1\n# EOF\n'],
    ['a summary', '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\n'],
    [
      'histograms for several labels',
      '# TYPE h histogram\nh_bucket{x="1",le="1"} 1\nh_bucket{x="1",le="+Inf"} 1\nh_count{x="1"} 1\nh_bucket{le="Inf",x="2"} 1\n'
    ],
    ['a colon in a name', 'job:a:rate5m 1\n'],
    [
      'labels that differ in and around an escape alone',
      'a{x="1\\\\"} 1\na{x="1\\""} 1\na{x="1\\n"} 1\na{x="2\\n"} 1\na{x="1\\n2"} 1\n'
    ],
    ['a name that ends like a bucket, of no histogram', 'a_bucket 1\n'],
    ['a comment that speaks of metadata', '# see # HELP 1a x\n'],
    ['words of metadata alone', '# HELP\n# TYPE\n'],
    [
      'a TYPE behind the samples of a histogram whose part has that name',
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\n# TYPE h_bucket gauge\n'
    ],
    ['a TYPE behind samples of another name that begins like it', 'a_count 1\n# TYPE a gauge\na 1\n'],
    [
      'a name with the word for a count in it, of no histogram',
      '# TYPE h_x histogram\nh_x_bucket{le="+Inf"} 1\nh_count_x{y="1"} 1\n'
    ]
  ] as const) {
    test(`takes ${rule}`, () => assert.deepEqual(faultsOf(text), []))
  }

  for (const [rule, text, fault] of [
    ['a cut end', 'a 1\nb 1', '2: the last line has no line break'],
    ['a second HELP', '# HELP a x\n# HELP a y\na 1\n', '2: a second HELP line of a'],
    ['a second TYPE', '# TYPE a gauge\n# TYPE a gauge\n', '2: a second TYPE line of a, or one after its samples'],
    [
      'a late TYPE of a name that ends like a part of a histogram',
      'a_count 1\n# TYPE a_count gauge\n',
      '2: a second TYPE line of a_count, or one after its samples'
    ],
    [
      'a late TYPE of a name with the word for a count in it',
      '# TYPE h_x histogram\nh_count_x 1\n# TYPE h_count_x gauge\n',
      '3: a second TYPE line of h_count_x, or one after its samples'
    ],
    ['a late TYPE', 'a 1\n# TYPE a gauge\n', '2: a second TYPE line of a, or one after its samples'],
    ['an unknown type', '# TYPE a foo\n', '1: not a metric type: "foo"'],
    ['a type of OpenMetrics', '# TYPE a info\n', '1: not a metric type: "info"'],
    ['a type in another case (scrape)', '# TYPE a Gauge\na 1\n', '1: not a metric type: "Gauge"'],
    ['a type behind two blanks (scrape)', '# TYPE a  gauge\na 1\n', '1: not a metric type: " gauge"'],
    ['a TYPE line that ends as on Windows (scrape)', '# TYPE a gauge\r\n', '1: not a metric type: "gauge\\r"'],
    ['a type that only protobuf has (scrape)', '# TYPE a gaugehistogram\n', '1: not a metric type: "gaugehistogram"'],
    ['a HELP of nothing (scrape)', '# HELP \n', '1: not a metric name: ""'],
    ['a blank before a name (scrape)', '  a 1\n', '1: a space before the metric name: "  a 1"'],
    [
      'a number that no float holds (scrape)',
      'a -1e400\n',
      '1: the value of the sample is larger than a float can be: "-1e400"'
    ],
    ['a timestamp with a sign (scrape)', 'a 1 -5\n', '1: the timestamp is not a whole number from 0 to 2^63 - 1: "-5"'],
    [
      'a timestamp that is too large (scrape)',
      'a 1 9223372036854775808\n',
      '1: the timestamp is not a whole number from 0 to 2^63 - 1: "9223372036854775808"'
    ],
    ['a wrong name in HELP', '# HELP 1a x\n', '1: not a metric name: "1a"'],
    ['a name in HELP with a hyphen', '# HELP a-b x\n', '1: not a metric name: "a-b"'],
    ['a label that is there twice', 'a{x="1",x="2"} 1\n', '1: the label "x" is there twice'],
    ['no value', 'a\n', '1: the value of the sample is not a number: ""'],
    ['a word for a value', 'a up\n', '1: the value of the sample is not a number: "up"'],
    [
      'a word of forty characters for a value',
      `a ${'x'.repeat(40)}\n`,
      `1: the value of the sample is not a number: "${'x'.repeat(40)}"`
    ],
    [
      'a longer word for a value',
      `a x${'y'.repeat(40)}\n`,
      `1: the value of the sample is not a number: "x${'y'.repeat(39)}…"`
    ],
    ['a hexadecimal value', 'a 0x1p4\n', '1: the value of the sample is not a number: "0x1p4"'],
    ['underscores in a value', 'a 1_000\n', '1: the value of the sample is not a number: "1_000"'],
    ['lines that end as on Windows', 'a 1\r\n', '1: the value of the sample is not a number: "1\\r"'],
    ['a name with a hyphen', 'a-b 1\n', '1: the value of the sample is not a number: "-b"'],
    ['a name with a digit in front', '1a 1\n', '1: not a metric name: "1a 1"'],
    ['a byte order mark', '\ufeffa 1\n', '1: not a metric name: "\ufffda 1"'],
    ['a name in quotes', '{"a.b",x="1"} 1\n', '1: not a metric name: "{\\"a.b\\",x=\\"1\\"} 1"'],
    ['a broken timestamp', 'a 1 1.5\n', '1: the timestamp is not a whole number from 0 to 2^63 - 1: "1.5"'],
    ['text after the timestamp', 'a 1 1 1\n', '1: text after the timestamp: "1"'],
    ['what would act in a terminal', 'a 1 1 \u202e\u001b\n', '1: text after the timestamp: "\ufffd\\u001b"'],
    ['an exemplar', 'a 1 # {x="1"} 1\n', '1: the timestamp is not a whole number from 0 to 2^63 - 1: "#"'],
    ['two commas', 'a{x="1",,} 1\n', '1: not a label name: ",} 1"'],
    ['a comma alone', 'a{,} 1\n', '1: not a label name: ",} 1"'],
    ['no comma', 'a{x="1" y="2"} 1\n', '1: the labels do not end: "y=\\"2\\"} 1"'],
    ['braces that do not close', 'a{x="1" 1\n', '1: the labels do not end: "1"'],
    ['a quote that does not close', 'a{x="1} 1\n', '1: a quote is not closed'],
    ['a value without quotes', 'a{x=1} 1\n', '1: no quote: "1} 1"'],
    ['another escape', 'a{x="\\0"} 1\n', '1: not an escape sequence: "\\\\0\\"} 1"'],
    ['a label with a digit in front', 'a{1x="a"} 1\n', '1: not a label name: "1x=\\"a\\"} 1"'],
    ['a label with a colon', 'a{x:y="a"} 1\n', '1: no = after the label "x"'],
    ['the label of the name', 'a{__name__="a"} 1\n', '1: the label __name__ is reserved'],
    [
      'a limit that is no number',
      '# TYPE h histogram\nh_bucket{le="x"} 1\nh_bucket{le="+Inf"} 1\n',
      '2: the value of the label le is not a number: "x"'
    ],
    [
      'a quantile that is no number',
      '# TYPE s summary\ns{quantile="x"} 1\n',
      '2: the value of the label quantile is not a number: "x"'
    ],
    ['a TYPE without a type (scrape)', '# TYPE a\na 1\n', '1: not a metric type: ""'],
    ['a page', '<html>\n', '1: not a metric name: "<html>"'],
    [
      'the same series twice (beyond)',
      'a{x="1"} 1\na{x="1"} 2\n',
      '2: the series of a with these labels was there already'
    ],
    [
      'the same series with its labels in another order (beyond)',
      'a{x="1",y="2"} 1\na{y="2",x="1"} 1\n',
      '2: the series of a with these labels was there already'
    ],
    [
      'the same series with an empty label (beyond)',
      'a{x=""} 1\na 1\n',
      '2: the series of a with these labels was there already'
    ],
    [
      'a histogram without +Inf (beyond)',
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
      '2: the histogram h has no bucket with le="+Inf"'
    ],
    [
      'one of several histograms without +Inf (beyond)',
      '# TYPE h histogram\nh_bucket{x="1",le="+Inf"} 1\nh_bucket{x="2",le="1"} 1\n',
      '3: the histogram h has no bucket with le="+Inf"'
    ],
    [
      'a bucket without a limit (beyond)',
      '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_bucket{x="1"} 1\n',
      '3: a bucket of the histogram h has no label le'
    ]
  ] as const) {
    test(`refuses ${rule}`, () => assert.equal(faultsOf(text)[0], fault))
  }

  test('goes on behind a fault, and counts what is not listed', () => {
    const { faults, faultCount, samples } = parseTextFormat(`${'?\n'.repeat(12)}a 1\n`)
    assert.deepEqual([faults.length, faultCount, samples], [10, 12, 1])
  })

  test('does not count a last line that may be cut', () => {
    const { samples, faultCount } = parseTextFormat('a 1\nb 1')
    assert.deepEqual([samples, faultCount], [1, 1])
  })

  test('tells faults in the order of their lines, though some show only at the end', () => {
    assert.deepEqual(
      faultsOf('# TYPE h histogram\nh_bucket{le="1"} 1\n?\n').map(fault => fault.slice(0, 2)),
      ['2:', '3:']
    )
  })

  test('gives series and families by name', () => {
    const { series, families } = parseTextFormat('# HELP b x\n# TYPE a counter\na{x="1"} 5\na{x="2"} 6\nc NaN\n')
    assert.deepEqual(
      [...series],
      [
        ['a', { count: 2, value: 5 }],
        ['c', { count: 1, value: Number.NaN }]
      ]
    )
    assert.deepEqual(
      [...families],
      [
        ['b', { type: null }],
        ['a', { type: 'counter' }]
      ]
    )
  })
})

// Prometheus 3: names of any characters stand in quotes, the metric's own among the labels.
suite('text 1.0.0', () => {
  const read = (text: string) => parseTextFormat(text, { hasQuotedNames: true })

  test('has the name of a metric between the braces, and names of labels in quotes', () => {
    const { series, faults, faultCount } = read('{"a.b",x="1"} 1\na{"x.y"="1",z="2"} 2\n{"a.b","x"="2"} 3\n')
    assert.deepEqual([faults, faultCount], [[], 0])
    assert.deepEqual(
      [...series],
      [
        ['a.b', { count: 2, value: 1 }],
        ['a', { count: 1, value: 2 }]
      ]
    )
  })

  test('has names in quotes in HELP and TYPE', () => {
    const { families, faults } = read('# HELP "a b" x\n# TYPE "a b" gauge\n# HELP "a c" x\n# TYPE "a\\"d" counter\n')
    assert.deepEqual(faults, [])
    assert.deepEqual(
      [...families].map(([name, { type }]) => [name, type]),
      [
        ['a b', 'gauge'],
        ['a c', null],
        ['a"d', 'counter']
      ]
    )
  })

  for (const [rule, text, fault] of [
    ['no name between the braces', '{x="1"} 1\n', 'no metric name between the braces'],
    ['a name without braces', '"a.b" 1\n', 'not a metric name: "\\"a.b\\" 1"'],
    [
      'a second TYPE of a name in quotes',
      '# TYPE "a b" gauge\n# TYPE "a b" gauge\n',
      'a second TYPE line of a b, or one after its samples'
    ],
    ['a name with a dot and without quotes', '# TYPE a.b gauge\n', 'not a metric name: "a.b"'],
    ['a second name', 'a{"b"} 1\n', 'no = after the label "b"'],
    ['a second name between the braces', '{"a","b"} 1\n', 'no = after the label "b"'],
    ['the same label in quotes and without', 'a{"x"="1",x="2"} 1\n', 'the label "x" is there twice']
  ] as const) {
    test(`refuses ${rule}`, () => assert.equal(read(text).faults[0]?.fault, fault))
  }
})

test('numbers of infinity keep their sign', () => {
  const { series } = parseTextFormat('a +Inf\nb -Inf\nc inf\n')
  assert.deepEqual(
    [...series.values()].map(({ value }) => value),
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  )
})

test('a HELP line behind the TYPE line leaves the type', () => {
  assert.equal(parseTextFormat('# TYPE a gauge\n# HELP a x\na 1\n').families.get('a')?.type, 'gauge')
})

suite('the format of an answer', () => {
  for (const [rule, contentType, body, expected] of [
    ['text', 'text/plain; version=0.0.4; charset=utf-8', 'a 1\n', 'text 0.0.4'],
    ['text where nothing is said', '', 'a 1\n', 'text 0.0.4'],
    ['OpenMetrics', 'application/openmetrics-text; version=1.0.0', 'a 1\n# EOF\n', 'OpenMetrics 1.0.0'],
    ['OpenMetrics in any case', 'Application/OpenMetrics-Text; Version=1.0.0', 'a 1\n# EOF\n', 'OpenMetrics 1.0.0'],
    ['names in quotes', 'text/plain; version=1.0.0; escaping=allow-utf-8', '{"a.b"} 1\n', 'text 1.0.0'],
    ['HTML, whatever it says it is', 'text/plain', '\n <!doctype html>', 'html'],
    ['JSON', 'application/json', '{"a":1}', 'json'],
    ['protobuf', 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily', '\u0001', 'protobuf']
  ] as const) {
    test(`is ${rule}`, () => {
      const parsed = parseExposition(body, contentType)
      assert.equal(typeof parsed === 'string' ? parsed : parsed.format, expected)
      if (typeof parsed !== 'string') assert.equal(parsed.faultCount, 0)
    })
  }
})
