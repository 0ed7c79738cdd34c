import { defineCommand } from './command.ts'
import { choice, duration, flag, repeatable, text, type ValuesOf } from './options.ts'

export const GATE_FORMATS = ['table', 'markdown', 'json', 'junit'] as const

/** What is read where neither an option nor a variable names a gate file. */
export const DEFAULT_FILE = 'gate.yaml'

const OPTIONS = {
  config: text('a path', {
    placeholder: 'FILE',
    description: `the gate file (default: GATE_CONFIG, else ${DEFAULT_FILE})`
  }),
  format: choice(
    GATE_FORMATS,
    'a table for people, Markdown for a job summary, JSON, or JUnit for CI (default: table)'
  ),
  wait: duration('look again until the verdict is GO, for at most this long'),
  drill: repeatable(
    text("a drill's name", {
      placeholder: 'NAME',
      description: 'first watch this drill of the gate file: it prints what a person must break and restore'
    })
  ),
  commit: text('a commit', {
    placeholder: 'SHA',
    description: 'the commit that is deployed, for the report (default: GITHUB_SHA, else CI_COMMIT_SHA)'
  }),
  environment: text('a name', {
    placeholder: 'NAME',
    description: 'the environment, for the report (default: CI_ENVIRONMENT_NAME)'
  }),
  validator: text('a name', {
    placeholder: 'NAME',
    description: 'who runs the gate, for the report (default: GITHUB_ACTOR, else GITLAB_USER_LOGIN)'
  }),
  init: flag('write a gate file with comments to FILE, which must not exist yet; without --config, to standard output')
}

/** What the command was given. */
export type GateOptions = ValuesOf<typeof OPTIONS>

export const GATE = defineCommand({
  summary: 'look at a service and its Prometheus, and say GO or NO-GO',
  description:
    'Looks at a service, its Prometheus, its rules, runbooks and documents, and prints a report in which each item is PASS, ' +
    'FAIL or SKIP, with its evidence. Reads only. SKIP means that something could not be looked at; it never counts as PASS.',
  options: OPTIONS,
  conflicts: [
    ['init', 'format', 'it writes YAML'],
    ['init', 'wait', 'it looks at nothing'],
    ['init', 'drill', 'it looks at nothing'],
    ['drill', 'wait', 'a drill waits by itself']
  ],
  examples: [
    ['gate --init --config gate.yaml', 'start with a file that explains itself'],
    ['gate --wait 5m', 'wait until a deployment is fit for production'],
    ['gate --format junit', 'a report for GitLab or Jenkins'],
    ['gate --drill database-down', 'prove that an outage is seen']
  ],
  exitCodes: [
    [0, 'GO'],
    [1, 'GO with reservations'],
    [2, 'NO-GO, also when nothing could be looked at or nothing shows that the service runs'],
    [3, 'interrupted, or an error of the gate itself']
  ],
  variables: ['GATE_CONFIG'],
  run: async ({ options }, context) => {
    // Loaded only where it is used: its grammars and tables are large.
    const { gate, initGate } = await import('./gate.ts')
    return options.init ? initGate(options, context) : gate(options, context)
  }
})
