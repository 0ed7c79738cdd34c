import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite, test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')

// Who may import whom among the folders of src; a folder always may import itself. What is not named, may not.
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
  guards: ['semver', 'semver/classes/range.js']
}

// The composition root and the process know every folder.
const ROOTS = [
  'src/assemble.ts',
  'src/assemble-gate.ts',
  'src/assemble-images.ts',
  'src/process.ts',
  'src/main.ts',
  'src/env-file.ts'
]
const PROCESS = ['src/process.ts', 'src/main.ts', 'src/env-file.ts']

const files = globSync('src/**/*.ts', { cwd: ROOT })

// What a pure folder must not name: clocks, chance, timers, the network, and ways to reach a module that no import shows.
const IMPURE = [
  /\bDate\b(?!\.(?:parse|UTC)\()(?<!new Date(?=\([^)]))/,
  /\bTemporal\b/,
  /\bperformance\b/,
  /\bMath\s*(?:\.\s*random|\[)/,
  /\b(?:crypto|Crypto)\b/,
  /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
  /\b(?:fetch|WebSocket|EventSource|XMLHttpRequest|Worker)\b/,
  /\b(?:import|require)\s*\(/,
  /\bimport\s*['"]/,
  /\bimport\.meta\b/,
  /\b(?:process|globalThis|global|console|eval|Function|Atomics|SharedArrayBuffer)\b/
]

/** What makes a source impure; `null`: nothing. */
function impurityOf(source: string): string | null {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '')
  return IMPURE.map(pattern => pattern.exec(code)?.[0]).find(found => found !== undefined) ?? null
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  return [...source.matchAll(/(?:^|\n)\s*(?:import|export)[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?from '([^']+)'/g)].map(
    match => match[1] ?? ''
  )
}

function folderOf(file: string): string {
  return normalize(file).split('/')[1] ?? ''
}

suite('architecture', () => {
  test('reads the imports of every source file', () => {
    assert.ok(files.length > 5)
    assert.ok(files.some(file => importsOf(file).length > 0))
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
      for (const name of importsOf(file)) {
        if (!name.startsWith('.')) {
          const pure = PURE_PACKAGES[folder]
          if (!isRoot && pure !== undefined) assert.ok(pure.includes(name), `${file} is pure and imports ${name}`)
          continue
        }
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

  for (const file of files.filter(name => Object.hasOwn(PURE_PACKAGES, folderOf(name)))) {
    test(`${file} names no clock, chance, timer or network`, () => {
      assert.equal(impurityOf(readFileSync(join(ROOT, file), 'utf8')), null)
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
    ['const t = performance.now()', 'performance']
  ] as const) {
    test(`takes ${JSON.stringify(source)} for ${impurity === null ? 'pure' : 'impure'}`, () =>
      assert.equal(impurityOf(source), impurity))
  }

  test('only src/main.ts, src/process.ts and src/env-file.ts touch the process', () => {
    for (const file of files.filter(name => !PROCESS.includes(name))) {
      assert.doesNotMatch(readFileSync(join(ROOT, file), 'utf8'), /\bprocess\.(?!hrtime|memoryUsage)/, file)
    }
  })
})
