import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseOpenMetrics } from '../../../src/gate/live/exposition/open-metrics.ts'

function faultsOf(text: string): string[] {
  return parseOpenMetrics(text).faults.map(({ line, fault }) => `${line}: ${fault}`)
}

// By the specification of OpenMetrics 1.0.0.
suite('OpenMetrics 1.0', () => {
  for (const [rule, text] of [
    ['an empty exposition', '# EOF\n'],
    ['an end without a line break', 'a 1\n# EOF'],
    ['a counter', '# TYPE a counter\n# HELP a x\na_total 1\na_created 1520430000.123\n# EOF\n'],
    ['a gauge with a unit', '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds{x="1"} 1\n# EOF\n'],
    ['a counter that has not counted yet', '# TYPE a counter\na_total 0\n# EOF\n'],
    ['a timestamp', 'a 1 1520879607.789\n# EOF\n'],
    ['an exemplar', '# TYPE a counter\na_total 1 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.7\n# EOF\n'],
    ['an exemplar whose label holds a number sign', '# TYPE a counter\na_total 1 # {x="a # b"} 1\n# EOF\n'],
    ['an exemplar of 128 characters', `# TYPE a counter\na_total 1 # {x="${'é'.repeat(127)}"} 1\n# EOF\n`],
    [
      'a histogram',
      '# TYPE h histogram\nh_bucket{le="1.0"} 1 # {} 0.5\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\n# EOF\n'
    ],
    ['an info and a state set', '# TYPE b info\nb_info{v="1"} 1\n# TYPE s stateset\ns{s="up"} 1\n# EOF\n'],
    ['a summary', '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\n# EOF\n'],
    ['a gauge whose name ends like a counter', '# TYPE a_total gauge\na_total 1\n# EOF\n'],
    ['a family without a type', 'a_total 1\nb_bucket 1\n# EOF\n']
  ] as const) {
    test(`takes ${rule}`, () => assert.deepEqual(faultsOf(text), []))
  }

  for (const [rule, text, fault] of [
    ['no end', 'a 1\n', '2: no # EOF at the end: the answer may be cut'],
    ['a line behind the end', 'a 1\n# EOF\nb 1\n', '3: a line after # EOF'],
    ['an empty line', 'a 1\n\n# EOF\n', '2: an empty line'],
    ['a comment', '# hello\n# EOF\n', '1: neither HELP, TYPE, UNIT nor EOF: "# hello"'],
    ['two blanks', 'a  1\n# EOF\n', '1: the value of the sample is not a number: ""'],
    ['no blank', 'a{x="1"}1\n# EOF\n', '1: no space before the value: "1"'],
    ['a blank among the labels', 'a{x="1", y="2"} 1\n# EOF\n', '1: not a label name: " y=\\"2\\"} 1"'],
    ['a comma behind the labels', 'a{x="1",} 1\n# EOF\n', '1: not a label name: "} 1"'],
    ['an unknown type', '# TYPE a untyped\n# EOF\n', '1: not a metric type: "untyped"'],
    ['a second HELP', '# HELP a x\n# HELP a x\n# EOF\n', '2: a second HELP line of a'],
    ['a TYPE behind the samples', 'a 1\n# TYPE a gauge\n# EOF\n', '2: TYPE of a comes after its samples'],
    [
      'a family in two places',
      '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x="2"} 1\n# EOF\n',
      '5: the lines of a are not together: other metrics come between them'
    ],
    [
      'samples of a family in two places, by their suffix',
      '# TYPE a counter\na_total 1\n# TYPE b gauge\nb 1\na_total{x="2"} 1\n# EOF\n',
      '5: the lines of a are not together: other metrics come between them'
    ],
    ['an empty line behind the end', '# EOF\n\n', '2: a line after # EOF'],
    ['something without a line break behind the end', '# EOF\na 1', '2: a line after # EOF'],
    ['metadata behind a blank', ' # TYPE a gauge\n# EOF\n', '1: not a metric name: " # TYPE a gauge"'],
    ['more in front of metadata', '## TYPE a gauge\n# EOF\n', '1: neither HELP, TYPE, UNIT nor EOF: "## TYPE a gauge"'],
    ['blanks in an exemplar', '# TYPE a counter\na_total 1 # {x = "1"} 1\n# EOF\n', '2: no = after the label "x"'],
    ['a counter without _total', '# TYPE a counter\na 1\n# EOF\n', '2: no sample of the counter a has this name'],
    ['a negative counter', '# TYPE a counter\na_total -1\n# EOF\n', '2: a counter cannot be "-1"'],
    [
      'a unit that is not in the name',
      '# UNIT a seconds\n# EOF\n',
      '1: the name of a does not end with its unit "seconds"'
    ],
    ['a timestamp that is none', 'a 1 x\n# EOF\n', '1: the timestamp is not a number: "x"'],
    ['a timestamp with more in front', 'a 1 x1\n# EOF\n', '1: the timestamp is not a number: "x1"'],
    ['a timestamp with more behind', 'a 1 1x\n# EOF\n', '1: the timestamp is not a number: "1x"'],
    ['a timestamp that no float holds', 'a 1 1e400\n# EOF\n', '1: the timestamp is not a number: "1e400"'],
    [
      'a number that no float holds',
      'a 1e400\n# EOF\n',
      '1: the value of the sample is larger than a float can be: "1e400"'
    ],
    ['text after the timestamp', 'a 1 1 1\n# EOF\n', '1: text after the timestamp: "1"'],
    ['a name in quotes', '{"a.b"} 1\n# EOF\n', '1: not a metric name: "{\\"a.b\\"} 1"'],
    [
      'a family that was left for one whose name only begins like it',
      '# TYPE a counter\na_total 1\nabcdefg 1\na_total{x="2"} 1\n# EOF\n',
      '4: the lines of a are not together: other metrics come between them'
    ],
    [
      'a family that was left for one that ends like a counter, where it is none',
      '# TYPE a gauge\na 1\na_total 1\na{x="2"} 1\n# EOF\n',
      '4: the lines of a are not together: other metrics come between them'
    ],
    [
      'a second exemplar',
      '# TYPE a counter\na_total 1 # {} 1 # {} 2\n# EOF\n',
      '2: an exemplar takes a value and a timestamp, not " 1 # {} 2"'
    ],
    [
      'text after the timestamp of an exemplar',
      '# TYPE a counter\na_total 1 # {} 1 1 1\n# EOF\n',
      '2: an exemplar takes a value and a timestamp, not " 1 1 1"'
    ],
    [
      'a timestamp of an exemplar that is none',
      '# TYPE a counter\na_total 1 # {} 1 x\n# EOF\n',
      '2: an exemplar takes a value and a timestamp, not " 1 x"'
    ],
    [
      'a timestamp of an exemplar that no float holds',
      '# TYPE a counter\na_total 1 # {} 1 1e400\n# EOF\n',
      '2: an exemplar takes a value and a timestamp, not " 1 1e400"'
    ],
    [
      'a label of an exemplar in quotes',
      '# TYPE a counter\na_total 1 # {"x"="1"} 1\n# EOF\n',
      '2: not a label name: "\\"x\\"=\\"1\\"} 1"'
    ],
    [
      'an exemplar that is too long',
      `# TYPE a counter\na_total 1 # {x="${'x'.repeat(128)}"} 1\n# EOF\n`,
      '2: the labels of an exemplar are longer than 128 characters'
    ],
    [
      'an exemplar without a value',
      '# TYPE a counter\na_total 1 # {x="1"}\n# EOF\n',
      '2: the value of the exemplar is not a number: ""'
    ],
    ['an exemplar without labels', '# TYPE a counter\na_total 1 # 1\n# EOF\n', '2: an exemplar without labels: "1"'],
    [
      'a histogram without +Inf',
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\nh_sum 1\n# EOF\n',
      '2: the histogram h has no bucket with le="+Inf"'
    ],
    ['a series that is there twice', 'a 1\na 2\n# EOF\n', '2: the series of a with these labels was there already']
  ] as const) {
    test(`refuses ${rule}`, () => assert.equal(faultsOf(text)[0], fault))
  }

  for (const [text, name] of [
    ['# TYPE s summary\ns_count 1 # {trace_id="a"} 0.5\ns_sum 1 # {} 1\n', 's_count'],
    ['# TYPE h histogram\nh_bucket{le="+Inf"} 1 # {} 1\nh_count 1 # {} 1\n', 'h_count'],
    ['# TYPE a gauge\na 1 # {} 1\n', 'a'],
    ['# TYPE a_total gauge\na_total 1 # {} 1\n', 'a_total'],
    ['# TYPE a counter\na_created 1 # {} 1\n', 'a_created'],
    ['# TYPE a counter\na_total 1 # {} 1\n', undefined]
  ] as const) {
    test(`names ${name ?? 'no counter'} for its exemplar`, () => {
      const { faults, newExemplar } = parseOpenMetrics(`${text}# EOF\n`)
      assert.deepEqual([faults, newExemplar], [[], name])
    })
  }

  test('gives the type of a counter under its name without _total', () => {
    const { families, series } = parseOpenMetrics('# TYPE a counter\na_total 5\n# EOF\n')
    assert.deepEqual([families.get('a')?.type, series.get('a_total')?.value], ['counter', 5])
  })
})
