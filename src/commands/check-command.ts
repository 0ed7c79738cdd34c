import { ConfigError } from '../config/config.ts'
import { CHECK_FORMATS, check } from './check.ts'
import { checkAt, refusalOfAt } from './check-at.ts'
import { checkImages } from './check-images.ts'
import { type CommandContext, defineCommand } from './command.ts'
import { choice, flag, moment, text, type ValuesOf } from './options.ts'
import { createProgress } from './progress.ts'

const OPTIONS = {
  format: choice(CHECK_FORMATS, 'JSON lines, or a table for people (default: json)'),
  textfile: text('a path', {
    placeholder: 'FILE',
    description: "also write the gauges for node_exporter's textfile collector"
  }),
  images: flag(
    'compare images with their registries, once, and ask no endpoints; a table on a terminal, else one JSON line for ' +
      'each container; all images where IMAGE_UPDATES is off'
  ),
  at: moment('judge the rollouts of a saved file of manifests as of then (2026-11-03T03:04:05Z), asking nobody')
}

export const CHECK = defineCommand({
  summary: 'check once, print a line for each service, and exit with a code that tells how it went',
  description: 'Checks every service once and prints one JSON line for each on standard output, the worst first.',
  options: OPTIONS,
  conflicts: [
    ['textfile', 'at', 'gauges are of now'],
    ['images', 'at', 'registries are of now'],
    ['images', 'textfile', 'it has the gauges of endpoints too']
  ],
  examples: [
    ['check --format table', 'look at all services'],
    ['check --textfile /var/lib/node_exporter/guard.prom', 'hand the gauges to node_exporter, from cron'],
    ['check --images', 'ask the registries what is newer'],
    ['check --at 2026-11-03T03:04:05Z', 'judge a saved file (WORKLOAD_SOURCE=file) as of then']
  ],
  exitCodes: [
    [0, 'all OK'],
    [1, 'a warning: MISMATCH or WARNING; with --at, a rollout that is STUCK or MIXED'],
    [2, 'a critical: ERROR'],
    [3, 'unknown: UNKNOWN, or nothing to check; with --images, an image that is UNKNOWN']
  ],
  variables: [
    'CHECK_DEADLINE',
    'CHECK_TIMEOUT',
    'WORKLOAD_SOURCE',
    'WATCH_NAMESPACES',
    'WORKLOADS_FILE',
    'TARGETS_FILE',
    'DISCOVERY',
    'VERSION_MATCH',
    'ENDPOINT_ALLOW',
    'LOG_DIR'
  ],
  run: ({ options }, context) => run(options, context)
})

async function run(
  { format, textfile, images, at }: ValuesOf<typeof OPTIONS>,
  { loadConfig, runtime, stdout, stderr, complain }: CommandContext
): Promise<number> {
  const config = loadConfig()
  if (at !== null) {
    const refusal = refusalOfAt(config)
    if (refusal !== null) throw new ConfigError([refusal])
    return checkAt(config, { runtime, at, format: format ?? 'json', stdout, complain })
  }
  const progress = createProgress(stderr)
  const common = { runtime, stdout, complain, progress }
  const work = images
    ? checkImages(config, { ...common, format: format ?? (stdout.isTTY ? 'table' : 'json') })
    : check(config, { ...common, format: format ?? 'json', textfile })
  return work.finally(progress.end)
}
