import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { html, trusted } from '../../../src/http/page/html.ts'

suite('html', () => {
  test('escapes a value in content and in an attribute', () => {
    const hostile = `"><img src=x onerror='alert(1)'>&amp;`
    assert.equal(
      html`<p title="${hostile}">${hostile}</p>`.toString(),
      '<p title="&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;">&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;</p>'
    )
  })

  test('leaves no character that could end text or an attribute, whatever the value', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), value => !/[<>"']/.test(html`${value}`.toString())))
  })

  test('nests templates and lists of them as they are', () => {
    const items = ['<', '>'].map(text => html`<li>${text}</li>`)
    assert.equal(html`<ul>${items}</ul>`.toString(), '<ul><li>&lt;</li><li>&gt;</li></ul>')
  })

  test('leaves nothing for null and the figure for a number', () => {
    assert.equal(html`[${null}${0}]`.toString(), '[0]')
  })

  test('takes markup that is trusted as it is', () => {
    assert.equal(html`<style>${trusted('a > b {}')}</style>`.toString(), '<style>a > b {}</style>')
  })
})
