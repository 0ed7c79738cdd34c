import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { Runtime } from './assemble.ts'
import { readBuildInfo } from './build-info.ts'
import { readCommandLine } from './commands/command-line.ts'
import { COMMANDS } from './commands/commands.ts'
import { IoError } from './commands/io-error.ts'
import { type Service, serve } from './commands/serve.ts'
import { ConfigError, configMistakes } from './config/config.ts'
import { loadConfig } from './config/load-config.ts'
import { ADDRESS_TIMEOUT_MS } from './connect-options.ts'
import { printable } from './domain/text.ts'
import { boundGarbage, makeRoomFor } from './heap.ts'
import { createLogOutput } from './logging/log-output.ts'
import { createLogger } from './logging/logger.ts'
import { createManifestsReader } from './sources/read-manifests-file.ts'
import { countReleaseManifests } from './sources/releases/release-manifests.ts'
import { badInput, type Mistake } from './text/mistake.ts'
import { withoutUrlSecrets } from './text/url-secrets.ts'

// Of sysexits.h; and what monitoring plugins exit with for "unknown".
const EX_USAGE = 64
const EX_IOERR = 74
const UNEXPECTED_EXIT = 3
const STOP_WITHIN_MS = 4_500

// A file that was read for its mistakes is not read again for its workloads.
const manifests = createManifestsReader()

const complain = (line: string) =>
  process.stderr.write(`keybuzz-version-guard: ${withoutUrlSecrets(printable(line))}\n`)

// There is nobody left to tell.
process.stderr.on('error', () => {})

boundGarbage()

// Node's agents and the client for SOCKS connect to a proxy by the default, whatever their own options say.
setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_TIMEOUT_MS)

// Loaded only where it is used.
const gateFiles = process.env.GATE_CONFIG ? await import('./gate/config/gate-file.ts') : undefined

function gateMistakes(path: string): readonly Mistake[] {
  const gate = gateFiles?.readGateFile(path)
  return gate === undefined || gate.ok ? [] : gate.mistakes
}

function readConfig() {
  return loadConfig(process.env, manifests.mistakes, gateMistakes)
}

function readRuntime(): Runtime {
  const exiting = new AbortController()
  process.once('exit', () => exiting.abort())
  return {
    buildInfo: readBuildInfo(),
    nodeVersion: process.version,
    exiting: exiting.signal,
    environment: process.env,
    manifests
  }
}

async function runServe(): Promise<void> {
  const config = readConfig()
  makeRoomFor(config.checkConcurrency)
  const output = createLogOutput(process.stdout, complain)
  const log = createLogger(config.logLevel, output)
  let service: Service | undefined
  // A signal may come while it starts: from here on it stops in good order. Rejections that nobody handles come here
  // too, such as that of the checking itself, and end the process with 1.
  closeWithGrace({ delay: STOP_WITHIN_MS, logger: false, skip: ['SIGHUP'] }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'Stopping after an unexpected failure')
    else log.info({ signal }, 'Stopping')
    await service?.stop()
    log.info('Stopped')
    await output.flush()
  })
  process.on('SIGHUP', () => log.info('SIGHUP changes nothing: files are read again when they change'))
  service = await serve(config, { runtime: readRuntime(), log, print: line => output.write(`${line}\n`) })
}

// A second signal ends the process as if nobody handled it.
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

async function main(): Promise<void> {
  const line = readCommandLine(COMMANDS, process.argv.slice(2))
  // A wrong option must not hide a wrong variable.
  if (!line.ok) throw new ConfigError([...line.mistakes, ...configMistakes(readConfig), badInput('try --help')])
  const code = await COMMANDS[line.value.command]?.run(line.value, {
    runtime: readRuntime(),
    stdout: process.stdout,
    stderr: process.stderr,
    complain,
    loadConfig: readConfig,
    interruption,
    serve: runServe,
    sources: {
      checkKubernetes: async () => {
        // Loaded only where it is used.
        const { checkAccess } = await import('./sources/kubernetes/check-access.ts')
        return checkAccess(process.env, Date.now)
      },
      countReleaseManifests
    }
  })
  if (typeof code === 'number') process.exit(code)
}

try {
  await main()
} catch (error) {
  if (error instanceof ConfigError) {
    for (const { message } of error.mistakes) complain(message)
    // A bad value outweighs what could not be read.
    process.exit(error.mistakes.some(({ kind }) => kind === 'bad_input') ? EX_USAGE : EX_IOERR)
  }
  if (error instanceof IoError) {
    for (const line of error.lines) complain(line)
    process.exit(EX_IOERR)
  }
  const trace = error instanceof Error ? error.stack : error
  for (const line of `unexpected failure; please report it: ${trace}`.split('\n')) complain(line)
  process.exit(UNEXPECTED_EXIT)
}
