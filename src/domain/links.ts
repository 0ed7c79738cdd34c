/** Where the pages' links lead: a folder of runbooks, and a Grafana dashboard of one service. */
export interface Links {
  readonly runbookUrl: string
  /** `null`: there is none. */
  readonly dashboardUrl: string | null
}

/** The runbooks of this project. */
export const RUNBOOKS = 'https://github.com/keybuzzio/keybuzz-version-guard/blob/main/docs/runbooks'

/** The runbook of an alert, by the alert's name. A query behind the folder, such as a branch, stays. */
export function runbookLink({ runbookUrl }: Links, alert: string): string {
  const url = new URL(runbookUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${alert}.md`
  return url.href
}

/** The dashboard of one service; `null`: there is none. What its query already has stays. */
export function dashboardLink(
  { dashboardUrl }: Links,
  { namespace, service }: { readonly namespace: string; readonly service: string }
): string | null {
  if (dashboardUrl === null) return null
  const url = new URL(dashboardUrl)
  url.searchParams.set('var-namespace', namespace)
  url.searchParams.set('var-service', service)
  return url.href
}
