import { ConfigError } from '../config/config.ts'
import { shown } from '../domain/text.ts'
import { badInput } from '../text/mistake.ts'
import { CHECK } from './check-command.ts'
import { defineCommand } from './command.ts'
import { type Commands, commandHint } from './command-line.ts'
import { EXPLAIN } from './explain.ts'
import { GATE } from './gate-command.ts'
import { renderCommandHelp, renderOverview } from './help.ts'
import { print } from './io-error.ts'
import { VALIDATE } from './validate.ts'

const SERVE = defineCommand({
  summary: 'listen, check continuously, export Prometheus gauges and a page (the default)',
  description: 'Listens, checks continuously, and serves gauges for Prometheus on /metrics and a page for people on /.',
  examples: [
    ['serve', 'serve the annotated workloads of the cluster'],
    ['', 'the same']
  ],
  variables: 'all',
  run: async (_given, { serve }) => {
    await serve()
    return null
  }
})

const HELP = defineCommand({
  summary: 'explain a command',
  description: 'Lists the commands, or explains one.',
  positional: {
    placeholder: 'COMMAND',
    takes: 'the name of a command',
    description: 'the command to explain; none: list all commands',
    least: 0,
    most: 1,
    parse: name => name
  },
  examples: [['help check', 'explain check']],
  variables: [],
  run: async ({ words: [name] }, { stdout }) => {
    await print(helpOn(name), stdout)
    return null
  }
})

const VERSION = defineCommand({
  summary: 'print the version',
  description: 'Prints the version of this program.',
  variables: [],
  run: async (_given, { runtime, stdout }) => {
    await print(`${runtime.buildInfo.version}\n`, stdout)
    return null
  }
})

/** Every command, in the order in which the help lists them. */
export const COMMANDS: Commands = {
  serve: SERVE,
  check: CHECK,
  explain: EXPLAIN,
  validate: VALIDATE,
  gate: GATE,
  help: HELP,
  version: VERSION
}

function helpOn(name: string | undefined): string {
  if (name === undefined) return renderOverview(COMMANDS)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command !== undefined) return renderCommandHelp(name, command)
  throw new ConfigError([badInput(`"${shown(name)}" is not a command; ${commandHint(name, COMMANDS)}`)])
}
