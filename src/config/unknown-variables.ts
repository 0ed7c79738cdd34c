import { shown } from '../domain/text.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { badInput, type Mistake } from '../text/mistake.ts'
import { type Environment, VARIABLES } from './environment.ts'

const NAMES = [...VARIABLES.keys()]

// Names that begin like this are meant for us: those of our variables, and likely slips.
const FAMILIES = [
  'CHECK_',
  'WATCH_',
  'WORKLOAD_',
  'WORKLOADS_',
  'TARGET_',
  'TARGETS_',
  'ENDPOINT_',
  'VERSION_MATCH',
  'SERIES_',
  'LOG_CHECK',
  'LOG_DIR',
  'WEB_CONFIG',
  'GATE_CONFIG',
  'GATE_INTERVAL',
  'RELEASES_DIR',
  'HELM_RELEASES',
  'HELM_DEADLINE',
  'DISCOVERY_MODE',
  'RUNBOOK_URL',
  'DASHBOARD_URL',
  'IMAGE_UPDATE',
  'IMAGE_CHECK',
  'IMAGE_PULL_SECRET',
  'REGISTRY_AUTH',
  'REGISTRY_REALM',
  'REGISTRY_INSECURE',
  'REGISTRY_BUDGET',
  'ROLLOUT_',
  'SHARD',
  'TOTAL_SHARD'
]

// Kubernetes sets these in every pod for every Service of its namespace: `check-api` gives CHECK_API_PORT_80_TCP_ADDR.
const OF_A_SERVICE = /_SERVICE_HOST$|_SERVICE_PORT(?:_.+)?$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/

// `node --watch` sets it for the process that it watches.
const OF_NODE = 'WATCH_REPORT_DEPENDENCIES'

const SLIP = 2
const LEAST_LENGTH_OF_A_SLIP = 6

/**
 * Unknown variables that look meant for us: if a misspelt one were ignored, its default would stay in force. Values are
 * never repeated.
 */
export function unknownVariables(env: Environment): Mistake[] {
  const names = Object.keys(env).filter(name => env[name] !== undefined && env[name] !== '')
  return names.filter(isMeantForUs).map(name => {
    // Otherwise the hint for `GATE_CONFIG_FILE` would be `WEB_CONFIG_FILE`, which is fewer letters away.
    const bare = name.replace(/_(?:FILE|PATH|DIR)$/, '')
    const hint =
      didYouMean(VARIABLES.has(bare) ? bare : name, NAMES) ??
      `serve --help lists all of them; if another program wants it, start this one with env -u ${shown(name)}`
    return badInput(`${shown(name)}: no such variable; ${hint}`)
  })
}

function isMeantForUs(name: string): boolean {
  if (VARIABLES.has(name) || OF_A_SERVICE.test(name) || name === OF_NODE) return false
  return FAMILIES.some(family => name.startsWith(family)) || isSlip(name)
}

function isSlip(name: string): boolean {
  return name.length >= LEAST_LENGTH_OF_A_SLIP && didYouMean(name, NAMES, SLIP) !== null
}
