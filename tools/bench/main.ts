// npm run bench -- [SUBJECT…]: measures the guard beside its peers and prints a table for each subject.

import { withStage } from '../../test/support/stage.ts'
import { readCommandLine, renderUsage } from './command-line.ts'
import { keepResults } from './kept-results.ts'
import { describeMachine, describeVersions } from './machine.ts'
import { type Result, type Subject, withoutSamples } from './subject.ts'
import { SUBJECTS } from './subjects.ts'
import { renderResult } from './table.ts'

const EXIT = { failed: 1, usage: 64, unavailable: 69 } as const

const print = (line: string) => process.stdout.write(`${line}\n`)
const complain = (line: string) => process.stderr.write(`${line}\n`)

// First of all: soon the load is that of the benchmarks.
const machine = describeMachine()
const commandLine = readCommandLine(process.argv.slice(2), SUBJECTS)
if (commandLine.kind === 'help') {
  print(renderUsage(SUBJECTS))
} else if (commandLine.kind === 'wrong') {
  complain(`${commandLine.mistake}\n\n${renderUsage(SUBJECTS)}`)
  process.exitCode = EXIT.usage
} else {
  const { subjects, json, keep } = commandLine
  const results: Result[] = []
  for (const subject of subjects) {
    const missing = subject.missing()
    if (missing.length > 0) {
      complain(`${subject.name} cannot be measured:\n  ${missing.join('\n  ')}`)
      process.exitCode = EXIT.unavailable
      continue
    }
    try {
      const result = await measure(subject)
      results.push(result)
      if (!json) print(renderResult(subject, withoutSamples(result)))
    } catch (error) {
      complain(`${subject.name} broke: ${error instanceof Error ? error.stack : error}`)
      process.exitCode = EXIT.failed
    }
  }
  if (json) print(JSON.stringify(results, null, 2))
  if (keep) keepResults(results.map(withoutSamples))
}

async function measure(subject: Subject): Promise<Result> {
  const { name } = subject
  const rows = await withStage(stage => subject.measure(stage, line => complain(`${name}: ${line}`)))
  const date = new Date().toISOString().slice(0, 10)
  return { subject: name, date, machine, versions: describeVersions(subject.peerVersion()), rows }
}
