import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { renderJunit } from '../../src/text/junit-xml.ts'

const runs = Number(process.env.FUZZ_RUNS ?? 200)

suite('JUnit report', () => {
  test('is a suite with a case for each, whose verdicts both GitLab and Jenkins show', () => {
    const cases = [
      { name: 'shop', classname: 'dev', seconds: 0.25 },
      {
        name: 'cart',
        classname: 'dev',
        seconds: 1,
        failure: { type: 'MISMATCH', message: 'v1 < v2' },
        output: 'v1 & v2'
      },
      { name: 'mail', classname: 'prod', seconds: 0, skipped: { type: 'UNKNOWN', message: 'said "no"' } }
    ]
    assert.equal(
      renderJunit([{ name: 'guard check', timestamp: '2026-11-03T03:04:05.250Z', cases }]),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="guard check" tests="3" failures="1" errors="0" skipped="1" time="1.250" timestamp="2026-11-03T03:04:05">
    <testcase classname="dev" name="shop" time="0.250"/>
    <testcase classname="dev" name="cart" time="1.000">
      <failure type="MISMATCH" message="v1 &lt; v2">MISMATCH: v1 &lt; v2</failure>
      <system-out>v1 &amp; v2</system-out>
    </testcase>
    <testcase classname="prod" name="mail" time="0.000">
      <skipped message="said &quot;no&quot;">UNKNOWN: said &quot;no&quot;</skipped>
    </testcase>
  </testsuite>
</testsuites>
`
    )
  })

  test('keeps line breaks, and leaves out what no XML may have', () => {
    const message = 'a\r\nb\tc\u0000\u0007\u001b[31m\u007f\u0085\u009f\ufffe\ud800'
    const xml = renderJunit([{ name: '', cases: [{ name: 'x', classname: 'y', seconds: 0, output: message }] }])
    assert.ok(xml.includes('<system-out>a&#13;&#10;b&#9;c[31m\u0085\ufffd</system-out>'), xml)
  })

  test('is well-formed whatever the texts are', () => {
    const text = fc.string({ unit: 'binary' })
    const verdict = fc.record({ type: text, message: text })
    fc.assert(
      fc.property(text, verdict, text, (name, failure, output) => {
        const xml = renderJunit([{ name, cases: [{ name, classname: name, seconds: 0, failure, output }] }])
        assert.ok(xml.isWellFormed())
        assert.doesNotMatch(xml, /[\0-\x08\x0b-\x1f\ufffe\uffff]/)
        // Nothing is left but our own markup: each ampersand begins an entity, each tag is one of ours.
        assert.doesNotMatch(xml, /&(?!(?:amp|lt|gt|quot|#9|#10|#13);)/)
        const tags = xml.match(/<[^>]*>/g) ?? []
        assert.deepEqual(
          tags.map(tag => /^<\/?([a-z-]+|\?xml)/.exec(tag)?.[1]),
          [
            '?xml',
            ...['testsuites', 'testsuite', 'testcase'],
            ...['failure', 'failure'],
            ...['system-out', 'system-out']
          ].concat(['testcase', 'testsuite', 'testsuites'])
        )
      }),
      { numRuns: runs }
    )
  })
})
