// npm run docs: brings the generated tables of the README, and .env.example, up to date with the sources.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentExample } from '../src/config/environment-help.ts'
import { renderReadme } from './tables.ts'

const ROOT = join(import.meta.dirname, '..')
const readme = join(ROOT, 'README.md')

writeFileSync(readme, renderReadme(readFileSync(readme, 'utf8')))
writeFileSync(join(ROOT, '.env.example'), environmentExample())
