// Loaded before the program by `npm start` and `npm run check`: reads variables from .env, if there is one; variables
// that are already set win. Node's own --env-file-if-exists prints a line whenever the file does not exist.
import { existsSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { readTextFile } from './files/read-text.ts'

const MAX_BYTES = 1024 * 1024
const EX_USAGE = 64
const EX_IOERR = 74

if (existsSync('.env')) {
  const file = readTextFile('.env', MAX_BYTES)
  for (const [name, value] of Object.entries(file.ok ? parseEnv(file.value) : {})) process.env[name] ??= value
  for (const { message, kind } of file.ok ? [] : file.mistakes) {
    process.stderr.write(`keybuzz-version-guard: ${message}\n`)
    process.exitCode = kind === 'bad_input' ? EX_USAGE : EX_IOERR
  }
}
if (process.exitCode !== undefined) process.exit()
