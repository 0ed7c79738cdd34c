import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { templateFault } from '../../../src/gate/files/template-fault.ts'

// What promtool 2.42 and 3.5.3 said to the same texts, but for what is vmalert's.
suite('a template', () => {
  for (const template of [
    'no template, with } and }} and { in it',
    '{{ $labels.instance }} is at {{ $value | printf "%.2f" }} %',
    '{{- .Labels.job -}}{{/* a note with }} in it */}}{{- /* another */ -}}',
    '{{ "}}" }}{{ `}} \\d` }}{{ \'a\' }}{{ 1.5e+3 }}{{ -1 }}',
    '{{ if gt $value 1.0 }}a{{ else if eq $labels.a "b" }}b{{ else }}c{{ end }}',
    '{{ range $i, $x := query "up" }}{{ $i }} {{ $x.Labels.job }}{{ if $i }}{{ break }}{{ end }}{{ end }}',
    '{{ with printf "up{a=%q}" $labels.a | query }}{{ . | first | value | humanize }}{{ end }}',
    '{{ define "a" }}x{{ end }}{{ template "a" . }}',
    '{{ $x := 3 }}{{ $x = (index $labels "a" | len) }}{{\n $x\n}}',
    '{{ reReplaceAll "\\\\d+" "" $labels.étage }}',
    '{{ $labels.instance | quotesEscape }} since {{ $activeAt }}',
    `{{ ${' '.repeat(100_000)} $value }}`
  ]) {
    test(`is right: ${template.slice(0, 60)}`, () => assert.equal(templateFault(template), null))
  }

  for (const [template, fault] of [
    ['{{ $labels.x }', 'the template has a "}" that it cannot have there'],
    ['{{ $value }%, {{ $labels.x }}', 'the template has a "}" that it cannot have there'],
    ['{{ $value', 'an action of the template is not closed with }}'],
    ['{{ }}', 'an action of the template is empty'],
    ['{{/* a }}', 'a comment of the template is not closed with */}}'],
    ['{{ $labels["x"] }}', 'the template has a "$" that it cannot have there'],
    ['{{ "a }}', 'the template has a "\\"" that it cannot have there'],
    ['{{ reReplaceAll "\\d" "" "a" }}', 'the template has a "\\"" that it cannot have there'],
    ['{{ $value > 1 }}', 'the template has a ">" that it cannot have there'],
    ['{{ if $value == 1 }}a{{ end }}', 'the template has a "=" that it cannot have there'],
    ['{{ printf "%s", $value }}', 'the template has a "," that it cannot have there'],
    ['{{ | humanize }}', 'the template has a "|" that it cannot have there'],
    ['{{ $value ) }}', 'the template has a ")" that it cannot have there'],
    ['{{ ( $value }}', 'a "(" of the template is not closed'],
    ['{{ 💥 }}', 'the template has a "💥" that it cannot have there'],
    ['{{ $label.x }}', 'the template has no variable $label'],
    ['{{ $value | humanise }}', 'templates have no function humanise'],
    ['{{ if $value }}a', '{{ if }} of the template has no {{ end }}'],
    ['{{ if }}a{{ end }}', '{{ if }} of the template has no value'],
    ['a{{ end }}', 'the template has an {{ end }} too many'],
    ['{{ define "a" }}{{ else }}{{ end }}', 'the template has an {{ else }} outside of if, range and with'],
    ['{{ if true }}{{ continue }}{{ end }}', 'the template has a {{ continue }} outside of range']
  ] as const) {
    test(`is wrong: ${template}`, () => assert.equal(templateFault(template), fault))
  }
})
