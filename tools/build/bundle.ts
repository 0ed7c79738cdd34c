/** `npm run build`: the program and what it needs of its packages, in a few files in dist/, which need no node_modules. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { readBundledPackages, renderLicences } from './bundled-packages.ts'

const ROOT = join(import.meta.dirname, '../..')
const DIST = join(ROOT, 'dist')

const bundle = await rolldown({
  cwd: ROOT,
  // A thread's program is a file of its own.
  input: {
    main: 'src/main.ts',
    'bcrypt-thread': 'src/http/listener/bcrypt-thread.ts',
    'read-exposition': 'src/gate/live/exposition/read-exposition.ts'
  },
  platform: 'node',
  tsconfig: false,
  resolve: {
    alias: {
      ajv$: join(import.meta.dirname, 'ajv.cjs'),
      undici: join(import.meta.dirname, 'undici.js'),
      http$: join(import.meta.dirname, 'http.cjs'),
      'node:http$': join(import.meta.dirname, 'http.cjs'),
      'node:http2': join(import.meta.dirname, 'no-http2.js')
    }
  }
})
// Names of functions and classes are kept, so that a stack trace tells something.
const { output } = await bundle.generate({
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  minify: { compress: false, mangle: { keepNames: true }, codegen: true }
})
const chunks = output.filter(file => file.type === 'chunk')
const packages = readBundledPackages(chunks.flatMap(({ moduleIds }) => moduleIds))

rmSync(DIST, { recursive: true, force: true })
mkdirSync(DIST)
for (const { fileName, code } of chunks) writeFileSync(join(DIST, fileName), toAscii(code))
for (const asset of ['page.css', 'page.js', 'service.css'])
  cpSync(join(ROOT, 'src/http/page', asset), join(DIST, asset))
writeFileSync(join(DIST, 'licences.txt'), renderLicences(packages))
writeFileSync(join(DIST, 'packages.json'), `${JSON.stringify(packages.map(({ id }) => id))}\n`)

/** One character beyond Latin 1 makes V8 keep a whole file in two bytes for each character: some 3 MB of memory. */
function toAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
