/** What a drill saw. */
export interface DrillFacts {
  readonly name: string
}
