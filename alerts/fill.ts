import { parse } from 'yaml'

/** Texts by the names that stand for them in alerts/sources: `$REQUESTS`. */
export type Names = Readonly<Record<string, string>>

/** The plain file's API: an example, to be replaced by one's own. */
const API = { job: 'keybuzz-api', service: 'keybuzz-api', namespace: 'keybuzz-api-prod' }

/**
 * The names as the chart's values.yaml has them. It is the one place to change them, before `npm run docs`; the chart
 * fills them in itself, by templates/_rules.tpl, from whatever values it gets.
 */
export function namesIn(valuesYaml: string): Names {
  const { traffic, database, runbookUrl, pageUrl, dashboardUrl } = parse(valuesYaml).alerting
  const matchers = (labels: readonly string[], matcher: string) => labels.map(label => label + matcher).join()
  return {
    RUNBOOK_URL: runbookUrl.replace(/\/$/, ''),
    PAGE_URL: pageUrl.replace(/\/$/, ''),
    DASHBOARD_URL: dashboardUrl,
    REQUESTS: traffic.requests,
    DURATIONS: traffic.durations,
    GOOD: matchers(traffic.statusLabels, '!~"5.."'),
    NOT_200: matchers(traffic.statusLabels, '!="200"'),
    ROUTES: traffic.routeLabels.map((label: string) => `"${label}"`).join(', '),
    USERS: matchers(traffic.routeLabels, `!~${JSON.stringify(traffic.probes)}`),
    HEALTH: traffic.health,
    DISK_RATIO: database.diskRatio,
    DISK_LABEL: database.diskLabel,
    QUERY_SECONDS: database.querySeconds,
    QUERY_CALLS: database.queryCalls,
    CONNECTIONS: database.connections,
    API_JOB: API.job,
    API_SERVICE: API.service,
    API_NAMESPACE: API.namespace
  }
}

/** What annotations share, as words.yaml has it, with the names of values in it filled in. */
export function wordsIn(wordsYaml: string, names: Names): Names {
  const words: Names = parse(wordsYaml)
  return Object.fromEntries(Object.entries(words).map(([name, text]) => [name, fill(text, names)]))
}

/** The rules with each name filled in; throws where one is not known. */
export function fill(source: string, names: Names): string {
  return source.replace(/\$([A-Z][A-Z_0-9]*[A-Z0-9])/g, (_all, name: string) => {
    const value = names[name]
    if (value === undefined) throw new Error(`nothing stands for $${name}`)
    return value
  })
}
