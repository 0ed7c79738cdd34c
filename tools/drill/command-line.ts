import { parseArgs } from 'node:util'
import { DRILLS, type Drill } from './drills.ts'

export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly mistake: string }
  /** `alerts`: a folder, or `undefined` for the shipped one. */
  | { readonly kind: 'drill'; readonly drill: Drill; readonly alerts: string | undefined }

const WIDTH = Math.max(...DRILLS.map(({ name }) => name.length))

export const USAGE = `Usage: npm run drill -- DRILL [--alerts FOLDER]

Breaks one thing on purpose and shows, step by step, what happens: status seen, alert pending, alert firing,
notification received with its text, recovered. Only on this machine, with a small fleet, the real guard, a real
Prometheus and a real Alertmanager; rules and route are those of alerts/, a minute of theirs lasts a second here.
Nobody is notified. Ends within two minutes.

Drills
${DRILLS.map(({ name, alert, breaks }) => `  ${name.padEnd(WIDTH)}  ${breaks}: ${alert}`).join('\n')}

Options
  --alerts FOLDER  has rules.yaml, postdeploy.yaml and alertmanager.yaml, as the default alerts/ has
  --help           print this

Exit codes: 0 everything came; 1 a step did not come, or something broke; 64 a wrong argument;
69 Prometheus or Alertmanager is not installed; 130 interrupted.
`

/** Reads the arguments that follow the program's name. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const parsed = parse(args)
  if (parsed instanceof Error) return { kind: 'wrong', mistake: parsed.message }
  if (parsed.values.help) return { kind: 'help' }
  const [name = '', ...more] = parsed.positionals
  const drill = DRILLS.find(candidate => candidate.name === name)
  if (drill !== undefined && more.length === 0) return { kind: 'drill', drill, alerts: parsed.values.alerts }
  const names = DRILLS.map(candidate => candidate.name).join(', ')
  return { kind: 'wrong', mistake: `"${parsed.positionals.join(' ')}": takes one of ${names}` }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { alerts: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
    })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
