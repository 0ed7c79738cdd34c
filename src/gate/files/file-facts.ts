/** What the gate's files hold. Paths are as a person reads them: relative to the gate file where they are below it. */
export interface FileFacts {
  /** Of all rules files; `null`: none is configured. */
  readonly rules: readonly RulesFile[] | null
  /** `prometheus.configFile`; `null`: not configured. */
  readonly prometheusConfig: PrometheusConfigFile | null
  /** What the alert's annotation names, else `alert.runbook`; `null`: neither names one. */
  readonly alertRunbook: AlertRunbook | null
  /** `null`: `runbooks.folder` is not configured. */
  readonly runbooks: RunbookFolder | null
  /** In the order of `documents`. */
  readonly documents: readonly TextFile[]
}

export interface TextFile {
  readonly path: string
  /** What keeps it from being used: not there, not readable, empty; `null`: nothing. */
  readonly unreadable: string | null
  /** Whether it is larger, or more files, than the gate reads, so that nothing is known of what it holds; absent: no. */
  readonly isTooLarge?: boolean
  readonly bytes: number
}

export interface RulesFile extends TextFile {
  /** `path:line: what is wrong`, for what is no rules file. */
  readonly mistakes: readonly string[]
  readonly groups: readonly RuleGroup[]
  /**
   * `path:line: "name"`, at most 100, of recording rules, labels and annotations that only Prometheus 3 lets have this
   * name; absent: none.
   */
  readonly newNames?: readonly string[]
}

export interface RuleGroup {
  readonly name: string
  readonly rules: readonly Rule[]
}

export interface Rule {
  readonly kind: 'alert' | 'record'
  readonly name: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringMs: number
  /** Those that are texts, and not empty: the gate does not know how Go reads a number such as 1.10. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly line: number
}

export interface PrometheusConfigFile extends TextFile {
  /** `path:line: what is wrong`. */
  readonly mistakes: readonly string[]
  readonly jobs: readonly ScrapeJob[]
}

/** One of `scrape_configs`. */
export interface ScrapeJob {
  readonly name: string
  /** Of its `static_configs`, such as `127.0.0.1:8080`; empty if another kind of discovery finds them. */
  readonly targets: readonly string[]
  /** Whether its targets may get another label `job` than its name: by relabelling, or with their own labels. */
  readonly mayRename: boolean
}

/**
 * What became of looking something up; `why` may be shown. `gone`: it leads nowhere. `unseen`: whether it is there
 * could not be seen, such as on a wiki that is down. `unasked`: nobody wants it looked up.
 */
export type Presence =
  | { readonly is: 'there' }
  | { readonly is: 'unasked' }
  | { readonly is: 'gone' | 'unseen'; readonly why: string }

export type AlertRunbook =
  | { readonly kind: 'file'; readonly runbook: Runbook }
  | { readonly kind: 'url'; readonly url: string; readonly presence: Presence }
  /** Of an annotation, where the gate does not look; both may be shown. */
  | { readonly kind: 'outside'; readonly path: string; readonly why: string }
  /** Of an annotation, which Prometheus fills in for each alert. It may be shown. */
  | { readonly kind: 'template'; readonly template: string }

export interface RunbookFolder {
  readonly path: string
  /** What keeps it from being listed; `null`: nothing. */
  readonly unreadable: string | null
  /** Why `runbooks` are not all that it has; `null`: they are. */
  readonly leftOut: string | null
  readonly runbooks: readonly Runbook[]
  /** By the alerts of the rules files. */
  readonly named: readonly NamedRunbook[]
}

export interface NamedRunbook {
  readonly alert: string
  /** As the annotation has it. */
  readonly name: string
  /** `many`: it is a template, which Prometheus fills in for each alert. */
  readonly presence: Presence | { readonly is: 'many' }
}

export interface Runbook extends TextFile {
  readonly headings: readonly Heading[]
  /** Whether it has a code block anywhere. */
  readonly hasCommand: boolean
  /** How many links were looked up. */
  readonly links: number
  /** Each with the reason, and may be shown. */
  readonly brokenLinks: readonly string[]
  /** Those that could not be looked up, each with the reason; may be shown. */
  readonly unseenLinks: readonly string[]
}

export interface Heading {
  readonly text: string
  /** Whether text stands below it, that of its sub-headings included. */
  readonly hasText: boolean
  /** Whether a code block stands below it. */
  readonly hasCommand: boolean
}
