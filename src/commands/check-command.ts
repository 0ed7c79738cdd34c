import { ConfigError } from '../config/config.ts'
import { shown } from '../domain/text.ts'
import type { WantedService } from '../explain/find-service.ts'
import { check } from './check.ts'
import { checkAt, refusalOfAt } from './check-at.ts'
import { checkImages } from './check-images.ts'
import { CHECK_FORMATS } from './check-report.ts'
import { type CommandContext, defineCommand, type Given } from './command.ts'
import { choice, duration, flag, moment, text, type ValuesOf } from './options.ts'
import { createProgress } from './progress.ts'
import { parseServiceName, SERVICE_NAME_TAKES } from './selection.ts'

const OPTIONS = {
  namespace: text('a namespace', {
    placeholder: 'NAMESPACE',
    short: 'n',
    description: 'only the services of this namespace'
  }),
  'only-bad': flag('print only what is not OK; the exit code and the totals still cover everything'),
  format: choice(
    CHECK_FORMATS,
    'a table for people, JSON lines for programs, or a JUnit report for GitLab and Jenkins (default: a table on a ' +
      'terminal, else JSON lines)'
  ),
  wait: duration(
    'check again every CHECK_INTERVAL until nothing is ERROR, MISMATCH or UNKNOWN, or until this time is over; the ' +
      'last check is printed and gives the exit code'
  ),
  textfile: text('a path', {
    placeholder: 'FILE',
    description: "also write the gauges for node_exporter's textfile collector; - is standard output, after the lines"
  }),
  images: flag(
    'compare images with their registries once, and ask no endpoints; with IMAGE_UPDATES off, compare all images'
  ),
  at: moment('judge the rollouts in a saved file of manifests as of this time, and ask no endpoints')
}

export const CHECK = defineCommand({
  summary: 'check once, print a line for each service, and exit with a code that says how it went',
  description:
    'Checks services once, prints a line for each on standard output, the worst first, and exits with a code that says ' +
    'how it went. Diagnostics go to standard error.',
  options: OPTIONS,
  positional: {
    placeholder: 'SERVICE',
    takes: SERVICE_NAME_TAKES,
    description:
      'NAME or NAMESPACE/NAME: check only this service; none: all. A name that does not exist counts as UNKNOWN',
    least: 0,
    most: Number.POSITIVE_INFINITY,
    parse: parseServiceName
  },
  conflicts: [
    ['textfile', 'at', 'gauges always show the present'],
    ['images', 'at', 'registries only know the present'],
    ['images', 'textfile', 'its gauges need the endpoints too'],
    ['textfile', 'SERVICE', 'the gauges of all other services would disappear'],
    ['textfile', 'namespace', 'the gauges of all other services would disappear'],
    ['wait', 'at', 'a saved file does not change'],
    ['wait', 'images', 'it waits for endpoints, not for registries'],
    ['images', 'SERVICE', 'it always compares all images'],
    ['images', 'namespace', 'it always compares all images; set WATCH_NAMESPACES'],
    ['format=junit', 'at', 'JUnit reports only versions'],
    ['format=junit', 'images', 'JUnit reports only versions']
  ],
  examples: [
    ['check', 'look at all services'],
    ['check shop -n shop-prod --wait 5m', 'in a pipeline, after a deployment'],
    ['check --format junit', 'a report for GitLab or Jenkins'],
    ['check --textfile /var/lib/node_exporter/guard.prom', 'hand the gauges to node_exporter, from cron'],
    ['check --images', 'ask the registries what is newer'],
    ['check --at 2026-11-03T03:04:05Z', 'judge a saved file (WORKLOAD_SOURCE=file) as of that time']
  ],
  exitCodes: [
    [0, 'all OK'],
    [1, 'warning: MISMATCH or WARNING; with --at, a rollout that is STUCK or MIXED'],
    [2, 'critical: ERROR'],
    [
      3,
      'unknown: UNKNOWN, a SERVICE that does not exist, nothing to check, or, without SERVICE, workloads that cannot be read; with --images, an image that is UNKNOWN'
    ]
  ],
  variables: [
    'CHECK_INTERVAL',
    'CHECK_TIMEOUT',
    'CHECK_DEADLINE',
    'WORKLOAD_SOURCE',
    'WATCH_NAMESPACES',
    'WORKLOADS_FILE',
    'TARGETS_FILE',
    'DISCOVERY',
    'VERSION_MATCH',
    'ENDPOINT_ALLOW',
    'LOG_DIR'
  ],
  mistakesIn: ({ options: { namespace }, words }) =>
    words
      .filter(name => namespace !== null && name.namespace !== null && name.namespace !== namespace)
      .map(
        name =>
          `SERVICE: ${shown(`${name.namespace}/${name.service}`)} is not in namespace ${shown(namespace ?? '')}, which -n names`
      ),
  run
})

async function run(
  { options, words: names }: Given<ValuesOf<typeof OPTIONS>, WantedService>,
  { loadConfig, runtime, stdout, stderr, complain }: CommandContext
): Promise<number> {
  const { namespace, 'only-bad': onlyBad, wait: waitMs, textfile, images, at } = options
  const config = loadConfig()
  const selection = { names, namespace }
  const format = options.format ?? (stdout.isTTY ? 'table' : 'json')
  const common = { runtime, stdout, complain, onlyBad }
  if (at !== null) {
    const refusal = refusalOfAt(config)
    if (refusal !== null) throw new ConfigError([refusal])
    return checkAt(config, { ...common, selection, at, format })
  }
  const progress = createProgress(stderr)
  const work = images
    ? checkImages(config, { ...common, progress, format })
    : check(config, { ...common, progress, format, selection, waitMs, textfile })
  return work.finally(progress.end)
}
