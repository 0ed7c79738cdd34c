/** `npm run build`: the program and what it needs of its packages, in a few files in dist/ that need no node_modules. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { type CodeSplittingOptions, type OutputChunk, type Plugin, RUNTIME_MODULE_ID, rolldown } from 'rolldown'
import { readBundledPackages, renderLicences } from './bundled-packages.ts'

const ROOT = join(import.meta.dirname, '../..')
const DIST = join(ROOT, 'dist')

// What packages would load and the guard never uses: HTTP/2 in undici and fastify, which takes 8 MB of memory; undici's
// second parser for HTTP/1, of 200 KB, and its SOCKS; prom-client's exemplars of OpenTelemetry; what fastify has for
// schemas of routes, and for injected requests in tests.
const UNUSED = [
  'node:http2',
  './client-h2.js',
  './parser-h1.js',
  './socks5-proxy-agent',
  '@opentelemetry/api',
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request'
]

const bundle = await rolldown({
  cwd: ROOT,
  // A thread's program is a file of its own.
  input: ['src/main.ts', 'src/http/listener/bcrypt-thread.ts', 'src/gate/live/exposition/read-exposition.ts'],
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  tsconfig: false,
  resolve: {
    alias: {
      ajv$: join(import.meta.dirname, 'ajv.cjs'),
      undici: join(import.meta.dirname, 'undici.js'),
      ...Object.fromEntries(UNUSED.map(name => [name, join(import.meta.dirname, 'unused.js')]))
    }
  },
  plugins: [builtinsAsTheyAre()]
})
const always = loadedAlways(await generate(true))
const chunks = await generate({
  includeDependenciesRecursively: false,
  groups: [{ name: 'core', test: id => always.has(id) }]
})
const packages = readBundledPackages(chunks.flatMap(({ moduleIds }) => moduleIds))

rmSync(DIST, { recursive: true, force: true })
mkdirSync(DIST)
for (const { fileName, code } of chunks) writeFileSync(join(DIST, fileName), toAscii(code))
for (const asset of ['page.css', 'page.js', 'service.css'])
  cpSync(join(ROOT, 'src/http/page', asset), join(DIST, asset))
writeFileSync(join(DIST, 'licences.txt'), renderLicences(packages))
writeFileSync(join(DIST, 'packages.json'), `${JSON.stringify(packages.map(({ id }) => id))}\n`)

async function generate(codeSplitting: boolean | CodeSplittingOptions): Promise<OutputChunk[]> {
  const { output } = await bundle.generate({
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // Names of functions and classes are kept, so that stack traces stay readable.
    minify: { compress: false, mangle: { keepNames: true }, codegen: true },
    codeSplitting
  })
  return output.filter(file => file.type === 'chunk')
}

/**
 * What every run of the program loads, and no thread ever does. It becomes one file, since each further file adds a
 * millisecond to the start.
 */
function loadedAlways(chunks: readonly OutputChunk[]): ReadonlySet<string> {
  const reach = (
    fileName: string,
    importsOf: (chunk: OutputChunk) => readonly string[],
    seen = new Set<OutputChunk>()
  ) => {
    const chunk = chunks.find(one => one.fileName === fileName)
    if (chunk === undefined || seen.has(chunk)) return seen
    seen.add(chunk)
    for (const imported of importsOf(chunk)) reach(imported, importsOf, seen)
    return seen
  }
  const atOnce = ({ imports }: OutputChunk) => imports
  const ever = ({ imports, dynamicImports }: OutputChunk) => [...imports, ...dynamicImports]
  const threads = chunks.filter(({ isEntry, name }) => isEntry && name !== 'main')
  const others = new Set([
    ...reach('main.js', atOnce),
    ...threads.flatMap(({ fileName }) => [...reach(fileName, ever)])
  ])
  const own = [...reach('process.js', atOnce)].filter(chunk => !others.has(chunk))
  return new Set(own.flatMap(({ moduleIds }) => moduleIds).filter(id => !id.endsWith('src/process.ts')))
}

/**
 * Loads Node's own modules without `import`, which reads each export, and so loads what only a few need: the export
 * WebSocket of `node:http` loads Node's own undici, for 40 ms and 14 MB; one of `node:crypto` loads all of Web Crypto.
 */
function builtinsAsTheyAre(): Plugin {
  const PREFIX = '\0builtin:'
  const isLoadedFirst = (file: string) => file === RUNTIME_MODULE_ID || file.endsWith('src/main.ts')
  return {
    name: 'builtins-as-they-are',
    resolveId: {
      order: 'pre',
      handler: (id, importer = '') =>
        isBuiltin(id) && id !== 'node:http2' && !isLoadedFirst(importer) ? PREFIX + id.replace(/^node:/, '') : null
    },
    load: id =>
      id.startsWith(PREFIX)
        ? { code: `module.exports = process.getBuiltinModule('${id.slice(PREFIX.length)}')`, moduleType: 'js' }
        : null
  }
}

/** A single character beyond Latin 1 makes V8 keep the whole file at two bytes per character: some 3 MB of memory. */
function toAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
