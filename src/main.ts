#!/usr/bin/env node
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { readAbout } from './about.ts'
import type { Runtime } from './assemble.ts'
import { Cannot } from './commands/cannot.ts'
import { type CheckFormat, check } from './commands/check.ts'
import { readCommandLine, USAGE, UsageError } from './commands/command-line.ts'
import { createProgress } from './commands/progress.ts'
import { serve } from './commands/serve.ts'
import { ConfigError } from './config/config-error.ts'
import { renderEnvironmentHelp } from './config/environment-help.ts'
import { loadConfig } from './config/load-config.ts'
import { createLogger } from './logging/logger.ts'
import { manifestMistakes } from './sources/read-manifests-file.ts'

// sysexits.h: EX_USAGE, EX_IOERR. The code of an unexpected failure is that of monitoring plugins for "unknown".
const USAGE_EXIT = 64
const IO_EXIT = 74
const UNEXPECTED_EXIT = 3
const STOP_WITHIN_MS = 4_500

const complain = (line: string) => process.stderr.write(`keybuzz-version-guard: ${line}\n`)

function readRuntime(): Runtime {
  return { about: readAbout(), nodeVersion: process.version, environment: process.env }
}

async function runServe(): Promise<void> {
  const config = loadConfig(process.env, manifestMistakes)
  const stdout = pino.destination({ dest: 1, sync: true })
  // A log that cannot be written must not end the watch; a closed pipe says nothing, a full disk does once.
  stdout.once('error', error => complain(`cannot write the log to standard output: ${error.message}`))
  stdout.on('error', () => {})
  const log = createLogger(config.logLevel, stdout)
  const runtime = readRuntime()
  const service = await serve(config, {
    runtime,
    log,
    print: line => stdout.write(`${line}\n`)
  })
  const stop = closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'Stopping after an unexpected failure')
    else log.info({ signal }, 'Stopping')
    await service.stop()
    log.info('Stopped')
  })
  log.info({ address: service.address, version: runtime.about.version, revision: runtime.about.gitSha }, 'Listening')
  service.checking.catch((err: unknown) => {
    log.fatal({ err }, 'Checking broke')
    process.exitCode = 1
    void stop.close()
  })
}

async function runCheck({ format, textfile }: { format: CheckFormat; textfile: string | undefined }): Promise<number> {
  const config = loadConfig(process.env, manifestMistakes)
  const progress = createProgress(process.stderr)
  try {
    return await check(config, {
      runtime: readRuntime(),
      format,
      textfile,
      stdout: process.stdout,
      complain: line => {
        progress.end()
        complain(line)
      },
      progress: progress.show
    })
  } finally {
    progress.end()
  }
}

async function main(): Promise<void> {
  const commandLine = readCommandLine(process.argv.slice(2))
  if (commandLine.command === 'help') process.stdout.write(`${USAGE}\n${renderEnvironmentHelp()}`)
  else if (commandLine.command === 'version') process.stdout.write(`${readAbout().version}\n`)
  else if (commandLine.command === 'check') process.exit(await runCheck(commandLine))
  else await runServe()
}

try {
  await main()
} catch (error) {
  if (error instanceof UsageError) {
    complain(error.message)
    complain('try --help')
    process.exit(USAGE_EXIT)
  }
  if (error instanceof ConfigError) {
    for (const { message } of error.mistakes) complain(message)
    process.exit(error.exitCode)
  }
  if (error instanceof Cannot) {
    complain(error.message)
    process.exit(IO_EXIT)
  }
  complain(`unexpected failure; please report it: ${error instanceof Error ? error.stack : error}`)
  process.exit(UNEXPECTED_EXIT)
}
