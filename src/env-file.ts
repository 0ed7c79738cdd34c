// Loaded ahead of the program by `npm start` and `npm run check`: variables from .env, where there is one; those of the
// environment win. Node's own --env-file-if-exists tells everybody who has no such file that it was not found.
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
