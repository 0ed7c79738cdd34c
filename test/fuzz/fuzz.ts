import { test } from 'node:test'
import fc from 'fast-check'
import { SHOWN_LENGTH } from '../../src/domain/text.ts'

/** A thousand in the tests; `npm run fuzz` has a hundred thousand. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1000)

/**
 * A test of a rule on random inputs, which names the seed when it fails. `share`: the part of the runs that it gets, for
 * rules that take long.
 */
export function fuzz<Input>(
  rule: string,
  inputs: fc.Arbitrary<Input>,
  holds: (input: Input) => void | Promise<void>,
  share = 1
): void {
  test(rule, async () => {
    const numRuns = Math.ceil(RUNS * share)
    await fc.assert(
      fc.asyncProperty(inputs, async input => {
        await holds(input)
      }),
      { numRuns }
    )
  })
}

/** Any text, also what is no text: lone surrogates, controls, marks that reorder. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2 * SHOWN_LENGTH }),
  fc.string({ maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map(units => units.map(unit => String.fromCharCode(unit)).join('')),
  fc.constantFrom('', '\u202e', '\ud800', '\0', '"', '\\', '\n', '__proto__', 'constructor', 'x'.repeat(5000))
)

/** Texts near to these: parts of them left out, repeated, and replaced by anything. */
export function near(...texts: readonly string[]): fc.Arbitrary<string> {
  const cut = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 20 }),
    instead: fc.oneof(anyText, fc.constantFrom(...texts))
  })
  return fc.tuple(fc.constantFrom(...texts), fc.array(cut, { maxLength: 4 })).map(([text, cuts]) =>
    cuts.reduce((changed, { at, length, instead }) => {
      const from = at % (changed.length + 1)
      return changed.slice(0, from) + instead + changed.slice(from + length)
    }, text)
  )
}
