import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { comparable, readMarkdown } from '../../../src/gate/files/read-markdown.ts'

const headingsOf = (text: string) =>
  readMarkdown(text).headings.map(({ text, hasText, hasCommand }) => [text, hasText, hasCommand])

suite('a runbook', () => {
  for (const [rule, text, headings] of [
    [
      'has text below a heading',
      '# A\nx\n## B\n',
      [
        ['A', true, false],
        ['B', false, false]
      ]
    ],
    [
      'has the text of sub-headings below a heading',
      '# A\n## B\nx\n# C',
      [
        ['A', true, false],
        ['B', true, false],
        ['C', false, false]
      ]
    ],
    [
      'has a command below each heading above it',
      '# A\n## B\n```sh\nls\n```\n## C\n~~~\n~~~',
      [
        ['A', true, true],
        ['B', true, true],
        ['C', false, false]
      ]
    ],
    [
      'has no headings within code',
      '# A\n````\n# B\n```\n# C\n````\n# D',
      [
        ['A', true, true],
        ['D', false, false]
      ]
    ],
    ['has code in a list', '# A\n1. do:\n   ```\n   ls\n   ```\n', [['A', true, true]]],
    ['has code that is indented', '# A\n\n    ls\n\ntext', [['A', true, true]]],
    ['has code that is indented, right behind a heading', '# A\n    ls\n', [['A', true, true]]],
    ['has code that is indented in a quote', '# A\n> x\n>\n>     ls\n', [['A', true, true]]],
    ['has code that is indented in a list', '# A\n1. x\n\n       ls\n', [['A', true, true]]],
    ['has code that is indented by tabs in a list', '# A\n- x\n\n\t\tls\n', [['A', true, true]]],
    ['has code that is indented in a list within a list', '# A\n- x\n  - y\n\n        ls\n', [['A', true, true]]],
    ['has code that is indented behind a list', '# A\n- x\n\ny\n\n    ls\n', [['A', true, true]]],
    ['has no code in what continues a list', '# A\n- x\n\n    y\n', [['A', true, false]]],
    ['has no code in what continues a list within a list', '# A\n- x\n\n  - y\n\n      z\n', [['A', true, false]]],
    ['has no code in what continues a text', '# A\n- x\n        y\n\nx\n    y\n', [['A', true, false]]],
    [
      'has headings that are underlined',
      'A\n===\nx\nB\n---\n\n---\n',
      [
        ['A', true, false],
        ['B', false, false]
      ]
    ],
    [
      'is not read in comments',
      '# A\n<!-- x\n# B\n--> <!-- y -->\n# C\n<!-- z --> text',
      [
        ['A', false, false],
        ['C', true, false]
      ]
    ],
    [
      'has headings and code in HTML',
      '<h2 align="center">A</h2>\nx\n<H3><b>B</b></H3>\n<pre class="x">\n# restart it\nls\n</pre>\n<h2>C</h2>\n<pre></pre>\n',
      [
        ['A', true, true],
        ['B', true, true],
        ['C', false, false]
      ]
    ],
    [
      'has code in HTML in one line',
      '# A\n- <pre><code>ls</code></pre>\n<pre>ls</pre>\n# B',
      [
        ['A', true, true],
        ['B', false, false]
      ]
    ],
    ['is not read in front matter', '---\ntitle: x\n# B\n---\n# A\n', [['A', false, false]]],
    [
      'has no text in what is still to be written',
      '# A\nTODO\n# B\n- _tbd_\n# C\n…\n# D\nTODO: call ada\n# E\n1. TODO\n2) [ ] **TBD**\n+ ...',
      [
        ['A', false, false],
        ['B', false, false],
        ['C', false, false],
        ['D', true, false],
        ['E', false, false]
      ]
    ],
    [
      'has headings without their signs',
      '## **1. Signal** ##\n#nothing\n####### too deep',
      [['1. Signal', true, false]]
    ],
    ['may end its lines as Windows does', '# A\r\nx\r\n', [['A', true, false]]],
    ['may be empty', '', []]
  ] as const) {
    test(rule, () => assert.deepEqual(headingsOf(text), headings))
  }

  test('links from text, images, definitions and HTML, but not from code', () => {
    const text = `[a](a.md "A") [![b](b.png)](<c d.md>) [e][f]
[f]: f.md
<a class="x" href="g.md">g</a> \`[no](no.md)\` [h](h_(1).md) [i](#x)
\`\`\`
[no](no.md)
\`\`\``
    const links = ['#x', 'a.md', 'b.png', 'c d.md', 'f.md', 'g.md', 'h_(1).md']
    assert.deepEqual(readMarkdown(text).links.toSorted(), links)
  })

  test('has no links in code that is indented, from its first line to its last', () => {
    assert.deepEqual(readMarkdown('# A\n\n    [a](a.md)\n    [b](b.md)\n\n    [c](c.md)\n').links, [])
  })

  test('does not take long, whatever it is', () => {
    for (const line of [
      '#'.repeat(1e6),
      `# ${' '.repeat(1e6)}x`,
      '['.repeat(1e6),
      '<a '.repeat(3e5),
      '`'.repeat(1e6),
      '<!--'.repeat(2e5),
      // A line is cut, so these have many.
      `# a${' '.repeat(1_990)}\n`.repeat(500),
      `# a${' '.repeat(1_990)}x\n`.repeat(500),
      `# ${'['.repeat(1_990)}\n`.repeat(500),
      `](${' '.repeat(1_990)}\n`.repeat(500),
      `# a${' :'.repeat(990)}x\n`.repeat(500),
      `# a${' \u2705'.repeat(990)}x\n`.repeat(500),
      `${'*'.repeat(1_990)}x\n`.repeat(500),
      `${'> '.repeat(990)}x\n`.repeat(500),
      Array.from({ length: 1_000 }, (_, index) => `${' '.repeat(2 * index)}- x\n`).join('')
    ]) {
      for (const { text } of readMarkdown(line).headings) comparable(text)
    }
  })
})

suite('two headings are the same', () => {
  for (const [one, other] of [
    ['Signal', 'signal:'],
    ['1. Signal', 'Signal'],
    ['2.1) Actions', 'ACTIONS'],
    ['🔎 Checks', 'Checks'],
    ['Hypoth\u00e8ses', 'hypothe\u0300ses'],
    ['1\ufe0f\u20e3 Signal', 'Signal'],
    ['\u26a0\ufe0f Signal \u{1f6a8}', 'Signal'],
    ['Actions: \u{1f44d}\u{1f3fd}\u2705', 'Actions']
  ] as const) {
    test(`${one}, ${other}`, () => assert.equal(comparable(one), comparable(other)))
  }

  test('only where their letters are', () => assert.notEqual(comparable('Hypothèses'), comparable('Hypotheses')))
})

suite('what looks like something else in Markdown', () => {
  const textsOf = (text: string) => readMarkdown(text).headings.map(heading => heading.text)

  for (const [rule, text] of [
    ['is no fence where its backticks are closed in the same line', '# A\n```kubectl get pods```\n# B\nx'],
    ['is no comment in code within a text', '# A\n`<!--` begins a comment\n# B\nx'],
    ['is no part of a heading, such as the signs that close it', '# A \t ## \n# B #\nx'],
    ['is no part of a heading, such as its name', '# A {#a}\n# B\nx'],
    ['is no part of a heading, such as its style', '# A {.unnumbered}\n# B\nx'],
    ['is no part of a heading, such as a place to link to', '# <a name="a"></a>A\n# B <a id="b"></a>\nx'],
    ['is no part of a heading, such as a picture', '# :rotating_light: A\n# B :+1:\nx']
  ] as const) {
    test(rule, () => assert.deepEqual(textsOf(text), ['A', 'B']))
  }

  for (const [rule, text, links] of [
    ['is a link in a heading, too', '# [A](a.md)\nx', ['a.md']],
    ['is no link but a footnote', 'x[^1]\n\n[^1]: see there', []],
    ['is a definition with blanks', '[a]: <b c.md> "title"', ['b c.md']],
    ['is an address between angle brackets', 'see <https://w.example/a>', ['https://w.example/a']],
    ['is no link where more follows its target', 'see [P1](or P2 at night), f[i](x, y), [x](a.md "b" c)', []],
    ['is no link where a bracket is escaped', String.raw`\[x\](y) and arr\[0\](z) and \[a](b)`, []],
    ['is a link behind a backslash that is escaped', String.raw`\\[a](a.md)`, ['a.md']],
    [
      'is a link with a title in any quotes',
      `[a](a.md "A (b)") [b](b.md 'B') [c](<c.md> (C)) [d](  d.md  )`,
      ['a.md', 'b.md', 'c.md', 'd.md']
    ],
    ['is a link with signs that are escaped', String.raw`[a](a\_b.md) [b](c&amp;d.md)`, ['a_b.md', 'c&d.md']],
    ['is no link in code of two backticks', '``[c](d`e.md)`` [x](y.md)', ['y.md']]
  ] as const) {
    test(rule, () => assert.deepEqual(readMarkdown(text).links, links))
  }

  test('takes no exponential time for backticks', () => {
    const line = `\` ${'`'.repeat(900)} ${'`` '.repeat(300)}`
    assert.deepEqual(readMarkdown(`${line}\n`.repeat(50)).links, [])
  })
})
