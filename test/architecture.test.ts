import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite, test } from 'node:test'
import { impurityOf, stateOf } from './support/purity.ts'
import { importsOf, usesGlobal } from './support/source-code.ts'

const ROOT = join(import.meta.dirname, '..')

// Which folders of src may import which; a folder may always import itself. Everything else is forbidden.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  guards: ['domain', 'text'],
  // Small helpers that know nothing of what the program is for.
  text: [],
  check: ['domain', 'guards', 'text'],
  explain: ['domain', 'guards', 'text'],
  files: ['text'],
  sources: ['domain', 'files', 'text'],
  probe: ['domain', 'text'],
  registry: ['domain', 'text'],
  metrics: ['domain', 'text'],
  logging: ['domain', 'text'],
  http: ['domain', 'explain', 'metrics', 'logging', 'text'],
  // In the words of those whom it configures: a port's rules, what may be reached, what is logged.
  config: ['domain', 'files', 'probe', 'registry', 'http', 'logging', 'text'],
  // The PROD gate: it looks for itself, and judges in `gate/items` alone.
  gate: ['domain', 'files', 'text', 'probe', 'config'],
  // What is run knows every folder but the adapters, which the composition root hands over.
  commands: ['domain', 'check', 'config', 'explain', 'files', 'gate', 'metrics', 'http', 'logging', 'text']
}

// Packages that a pure folder may use.
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  explain: [],
  guards: ['semver', 'semver/classes/range.js'],
  // Only in files that the others reach.
  text: ['fastest-levenshtein']
}
const PURE_FOLDERS = ['domain', 'explain', 'guards']

// The composition root and the process know every folder.
const ROOTS = [
  'src/assemble.ts',
  'src/assemble-gate.ts',
  'src/assemble-images.ts',
  'src/assemble-sources.ts',
  'src/process.ts',
  'src/main.ts',
  'src/env-file.ts'
]
const PROCESS = ['src/process.ts', 'src/main.ts', 'src/env-file.ts']

const files = globSync('src/**/*.ts', { cwd: ROOT })

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '')
}

function importsOfFile(file: string): string[] {
  return importsOf(read(file))
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function folderOf(file: string): string {
  return normalize(file).split('/')[1] ?? ''
}

// The pure folders, and whatever they import from others.
const pureFiles = reachedFrom(files.filter(file => PURE_FOLDERS.includes(folderOf(file))))

function reachedFrom(some: readonly string[]): readonly string[] {
  const reached = new Set(some)
  for (const file of reached) {
    for (const name of importsOfFile(file)) {
      if (name.startsWith('.')) reached.add(normalize(join(dirname(file), name)))
    }
  }
  return [...reached]
}

suite('architecture', () => {
  test('reads the imports of every source file', () => {
    assert.ok(files.length > 5)
    assert.ok(files.some(file => importsOfFile(file).length > 0))
  })

  test('is what docs/architecture.md says of the folders', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `src\/(\w+)\/` \|.*\| ([^|]+) \|$/gm)]
    const said = rows.map(([, folder, names]) => [folder, names === 'nothing' ? [] : names?.split(', ')])
    assert.deepEqual(Object.fromEntries(said), MAY_IMPORT)
  })

  for (const file of files) {
    const folder = folderOf(file)
    const isRoot = !file.startsWith('src/') || file.split('/').length === 2
    test(`${file} imports only what its folder may`, () => {
      for (const name of importsOfFile(file)) {
        if (!name.startsWith('.')) continue
        const target = normalize(join(dirname(file), name))
        assert.ok(
          !ROOTS.includes(target) || [...PROCESS, 'src/assemble.ts'].includes(file) || folder === 'commands',
          `${file} imports ${target}`
        )
        if (isRoot || folderOf(target) === folder || target.split('/').length === 2) continue
        assert.ok(MAY_IMPORT[folder]?.includes(folderOf(target)), `${file} imports ${target}`)
      }
    })
  }

  test('what a pure folder imports is pure itself, so that no helper brings a clock', () => {
    assert.ok(pureFiles.includes('src/text/lines.ts'))
    assert.ok(!pureFiles.includes('src/text/cron.ts'))
  })

  for (const file of pureFiles) {
    const folder = folderOf(file)
    test(`${file} knows no more than its arguments, and remembers nothing`, () => {
      assert.equal(impurityOf(read(file)), null)
      for (const name of importsOfFile(file)) {
        const isPure = name.startsWith('.')
          ? normalize(join(dirname(file), name)).split('/').length > 2
          : PURE_PACKAGES[folder]?.includes(name)
        assert.ok(isPure, `${file} is pure and imports ${name}`)
      }
    })
  }

  for (const [source, impurity] of [
    ['const now = Date.now()', 'Date'],
    ['const now = new Date()', 'Date'],
    ['const { now } = Date', 'Date'],
    ['const at = new Date(ms).toISOString()', null],
    ["const at = Date.parse('2026-01-01')", null],
    ['const n = Math.random()', 'Math.random'],
    ["const n = Math['random']()", 'Math['],
    ['const n = Math.max(1, 2)', null],
    ['const answer = await fetch(url)', 'fetch'],
    ["const fs = await import('node:fs')", 'import('],
    ["import 'node:fs'", "import '"],
    ["import { a } from './a.ts'", null],
    ['const id = crypto.randomUUID()', 'crypto'],
    ['setTimeout(() => {}, 1)', 'setTimeout'],
    ['const f = globalThis', 'globalThis'],
    ['// process of Date.now()\n/** fetch */\nconst a = 1', null],
    ['const performanceOf = 1', null],
    ['const t = performance.now()', 'performance'],
    // Clocks.
    ['const now = new Date( )', 'Date'],
    ['const now = new Date(...[])', 'Date'],
    ['const now = new Date(/* now */)', 'Date'],
    ['const clock = Date', 'Date'],
    ["const now = Date['now']()", 'Date'],
    ['const now = Temporal.Now.instant()', 'Temporal'],
    ['const today = new Intl.DateTimeFormat("en").format()', 'Intl'],
    ['const now = new Date(0).constructor.now()', 'constructor'],
    ["const now = new Date(0)['constructor'].now()", 'constructor'],
    ['const { constructor: Clock } = new Date(0)', 'constructor'],
    ['const signal = AbortSignal.timeout(1)', 'AbortSignal'],
    // Where the machine stands, and what it speaks.
    ['const hour = new Date(ms).getHours()', 'getHours'],
    ['const text = new Date(ms).toLocaleTimeString()', 'toLocaleTimeString'],
    ['const order = (a: string, b: string) => a.localeCompare(b)', 'localeCompare'],
    // Chance, timers, the network.
    ['const { random } = Math', 'Math'],
    ['const dice = Math', 'Math'],
    ['const wait = () => globalThis.setTimeout(() => {}, 1)', 'globalThis'],
    ['const wait = () => queueMicrotask(() => {})', 'queueMicrotask'],
    ['const later = () => Promise.resolve()', 'Promise'],
    ['const later = async () => 1', 'async'],
    ['const answer = await question', 'await'],
    ['const socket = new WebSocket(url)', 'WebSocket'],
    ['const channel = () => new MessageChannel()', 'MessageChannel'],
    ["const stored = () => localStorage.getItem('a')", 'localStorage'],
    ['const cpus = navigator.hardwareConcurrency', 'navigator'],
    // Ways to a module, and to text that is run.
    ["const fs = require('node:fs')", 'require'],
    ["import {} from 'node:fs'", "import '"],
    ['const here = import.meta.url', 'import.meta'],
    ["const run = eval('1')", 'eval'],
    ["const run = new Function('return 1')", 'Function'],
    ["const run = (() => 1).constructor('return 1')", 'constructor'],
    ['const pid = process.pid', 'process'],
    ["const binary = new WebAssembly.Module('')", 'WebAssembly'],
    ['declare const fetch: (url: string) => string\nconst answer = fetch(url)', 'fetch'],
    // What a module remembers.
    ['let calls = 0', 'let'],
    ['export let last: string | undefined', 'let'],
    ['var calls = 0', 'var'],
    ['const seen = new Map<string, number>()', 'new Map'],
    ['const seen = new Set() as Set<string>', 'new Set'],
    ['const seen: string[] = []', '[]'],
    ["const seen = ['a']", '['],
    ['const cache: Record<string, string> = {}', '{}'],
    ['const next = (() => { let n = 0; return () => n + 1 })()', 'a function()'],
    ['const next = counter()', 'counter()'],
    ['function judge() { judge.calls += 1 }', 'a change of judge'],
    ["import { NAMES } from './names.ts'\nfunction judge(name: string) { NAMES.push(name) }", 'a change of NAMES'],
    ['const TABLE = { a: 1 }\nfunction judge() { TABLE.a = 2 }', 'a change of TABLE'],
    ['const TABLE = { a: 1 }\nfunction judge() { delete (TABLE as { a?: 1 }).a }', 'a change of TABLE'],
    ['const TABLE = { a: 1 }\nfunction judge() { [TABLE.a] = [2] }', 'a change of TABLE'],
    ['const TABLE = { a: 1 }\nfunction judge() { Object.assign(TABLE, { b: 1 }) }', 'a change of TABLE'],
    ['function judge() { Array.prototype.at = undefined }', 'a change of Array'],
    ['class Judge { static calls = 0 }', 'static'],
    ['register()', 'a statement of the module'],
    ["NAMES.push('a')", 'a change of NAMES'],
    // And what is none of it.
    ['const SEEN: ReadonlyMap<string, number> = new Map()', null],
    ["const NAMES: readonly string[] = ['a']", null],
    ["const NAMES = ['a'] as const", null],
    ["const TAG = new RegExp('a')", null],
    ["const TEXT = ['a'].join()", null],
    ['const LEAST = Math.min(1, 2)', null],
    ['function judge(names: string[]) { const all = [...names]; all.push(names[0]); return all }', null],
    ['function judge(seen: Map<string, number>) { let n = 0; for (n of seen.values()) seen.set("a", n) }', null],
    ['const judge = ({ fetch, process: { performance } }: Facts) => fetch + performance', null],
    ['function judge() { try { return 1 } catch (fetch) { return fetch } }', null],
    ['type Clock = typeof Date.now\nconst at = (x: Date) => x as unknown as Promise<Date>', null],
    ['const { process: a, Date: b } = facts({ fetch: 1 }).process', null]
  ] as const) {
    test(`takes ${JSON.stringify(source)} for ${impurity === null ? 'pure' : 'impure'}`, () =>
      assert.equal(impurityOf(source), impurity))
  }

  for (const [source, ...names] of [
    ["import a from 'node:fs'", 'node:fs'],
    ['import a from "node:fs"', 'node:fs'],
    ["const a = 1; import{b}from'node:fs'", 'node:fs'],
    ["import a from\n  'node:fs'", 'node:fs'],
    ["import /* a */ 'node:fs'", 'node:fs'],
    ["export * from './a.ts'; export { b } from './b.ts'", './a.ts', './b.ts'],
    ["type A = import('./a.ts').A", './a.ts'],
    ["const load = () => import('./a.ts')", './a.ts'],
    ["// import a from 'node:fs'\nexport const from = 'b'"]
  ]) {
    test(`sees what ${JSON.stringify(source)} imports`, () => assert.deepEqual(importsOf(source ?? ''), names))
  }

  test('only src/main.ts, src/process.ts and src/env-file.ts touch the process', () => {
    for (const file of files.filter(name => !PROCESS.includes(name))) {
      assert.doesNotMatch(withoutComments(read(file)), /\bprocess\.(?!hrtime|memoryUsage)/, file)
      assert.ok(!usesGlobal(read(file), 'process', 'globalThis', 'global'), file)
      assert.ok(!importsOf(read(file)).some(name => /^(?:node:)?process$/.test(name)), file)
    }
  })

  test('sees the process behind any name', () => {
    assert.ok(usesGlobal('const { env } = process', 'process'))
    assert.ok(usesGlobal("const stop = globalThis['process'].exit", 'globalThis'))
    assert.ok(!usesGlobal('const stop = (process: Job) => ipaddr.process(process.name)', 'process'))
  })

  test('no module remembers anything but what it was written with', () => {
    // They keep libraries from collecting stacks, which are slow, and put the limit back.
    const others = [...PROCESS, 'src/files/read-yaml.ts', 'src/probe/spare-stacks.ts']
    for (const file of files.filter(name => !others.includes(name))) assert.equal(stateOf(read(file)), null, file)
    for (const source of ['const ajv = new Ajv()', 'const SCHEMA = Type.Object({})', 'const load = lazily(() => 1)']) {
      assert.equal(stateOf(source), null)
    }
    for (const [source, state] of [
      ['let count = 0', 'let'],
      ['const cache = new Map<string, number>()', 'new Map'],
      ['const NAMES = { a: 1 }\nexport const add = () => { NAMES.a = 2 }', 'a change of NAMES']
    ] as const) {
      assert.equal(stateOf(source), state)
    }
  })
})
