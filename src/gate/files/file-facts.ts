/** What the gate's files hold. */
export interface FileFacts {
  /** Of all rules files; `null`: none is configured. */
  readonly rules: readonly RulesFile[] | null
}

export interface RulesFile {
  readonly path: string
  /** What keeps it from being used: not there, not readable, empty; `null`: nothing. */
  readonly unreadable: string | null
  /** `line: what is wrong`, for what is no rules file. */
  readonly mistakes: readonly string[]
  readonly groups: readonly RuleGroup[]
}

export interface RuleGroup {
  readonly name: string
  readonly rules: readonly Rule[]
}

export interface Rule {
  readonly kind: 'alert' | 'record'
  readonly name: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
  readonly line: number
}
