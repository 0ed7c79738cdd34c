/** An expression with one thing in it changed. */
export interface Mutant {
  /** The change: `>= 135 -> < 135`. */
  readonly change: string
  readonly expr: string
}

type Replacement = readonly [pattern: RegExp, by: (found: string) => readonly string[]]

const OPPOSITE: Readonly<Record<string, readonly string[]>> = {
  '>=': ['<', '>'],
  '>': ['<=', '>='],
  '<': ['>=', '<='],
  '==': ['!=']
}

const REPLACEMENTS: readonly Replacement[] = [
  // Comparisons stand between spaces, matchers of labels do not.
  [/(?<=^|\s)(?:>=|==|>|<)(?=\s)/g, comparison => OPPOSITE[comparison] ?? []],
  // Limits, defaults and shares, but not the constants of `* 0 + 1`.
  [
    /(?<=(?:>=|>|<|\+) )(?!1\b|0\b)\d+(?:\.\d+)?|(?<=\()0\.\d+(?=,)|\b5(?= \*)/g,
    number => [`${Number(number) * 2}`, `${Number(number) / 2}`]
  ],
  [
    /(?<=\[)\d+[smh](?=\])/g,
    window => [`${Number.parseInt(window, 10) * 30}${{ s: 'ms', m: 's', h: 'm' }[window.slice(-1)]}`]
  ],
  [/(?<=^|\s)(?:and|or|unless)(?=\s)/g, join => (join === 'and' ? ['unless'] : ['and'])],
  [/\bon \(namespace, service, job, instance\)/g, () => ['on (namespace, service)']]
]

/** Every change of one comparison, limit, window or join. */
export function mutantsOf(expr: string): readonly Mutant[] {
  return REPLACEMENTS.flatMap(([pattern, by]) =>
    [...expr.matchAll(pattern)].flatMap(({ 0: found, index }) => {
      const [before, after] = [expr.slice(0, index), expr.slice(index + found.length)]
      return by(found).map(mutated => ({
        change: `${before.slice(-60)}[${found} -> ${mutated}]${after.slice(0, 30)}`.replaceAll(/\s+/g, ' '),
        expr: `${before}${mutated}${after}`
      }))
    })
  )
}
