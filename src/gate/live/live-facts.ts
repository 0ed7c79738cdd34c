/** What the service, Prometheus and Alertmanager answered. */
export interface LiveFacts {
  /** Filled by who looks. */
  readonly todo?: never
}
