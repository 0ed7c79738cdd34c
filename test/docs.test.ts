import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { renderTables } from '../docs/tables.ts'
import { parseTargetsFile } from '../src/config/targets-file.ts'
import { parseWebConfig } from '../src/config/web-config/parse.ts'
import { FLEET_FAMILIES } from '../src/metrics/fleet-families.ts'
import { OWN_FAMILIES } from '../src/metrics/own-metrics.ts'
import { SERVICE_FAMILIES } from '../src/metrics/service-families.ts'
import { renderBenchmarks } from '../tools/bench/kept-results.ts'
import { temporaryFolder } from './support/files.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const pages = globSync(['*.md', 'docs/**/*.md', 'helm/*.md'], { cwd: ROOT })

suite('documentation', () => {
  for (const page of ['docs/reference.md', 'docs/your-endpoint.md']) {
    test(`has the sources' tables in ${page} (else: npm run docs)`, () => {
      assert.equal(read(page), renderTables(read(page)))
    })
  }

  test('has the benchmarks that were kept (else: npm run docs)', () => {
    assert.equal(read('docs/benchmarks.md'), renderBenchmarks())
  })

  for (const page of pages) {
    test(`${page} links only to what is there`, () => {
      for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        assert.ok(existsSync(join(ROOT, dirname(page), link)), link)
      }
    })

    test(`${page} names no metric that does not exist`, () => {
      const known = [...SERVICE_FAMILIES, ...FLEET_FAMILIES, ...OWN_FAMILIES].map(({ name }) => name)
      for (const [name] of read(page).matchAll(/\bkeybuzz_(?:version|debug|git|workload)_[a-z_]+\b/g)) {
        assert.ok(
          known.some(metric => metric === name.replace(/_(bucket|sum|count)$/, '')),
          name
        )
      }
    })

    test(`${page} runs only scripts that exist`, () => {
      const { scripts } = JSON.parse(read('package.json'))
      for (const [, name = ''] of read(page).matchAll(/\bnpm run (?:--silent )?([a-z0-9-]+)/g)) {
        assert.ok(name in scripts, name)
      }
    })
  }

  for (const example of ['targets.yaml', 'all-keys.yaml']) {
    test(`has a targets file that is taken as it stands: ${example}`, () => {
      const parsed = parseTargetsFile(read(`docs/examples/${example}`), example, { versionMatch: 'exact' })
      assert.ok(parsed.ok)
    })
  }

  test('has a web config that is taken as it stands, once its files are there', () => {
    assert.ok(parseWebConfig(read('docs/examples/web-config.yaml'), 'web.yaml').ok)
  })

  test('says what kinds of targets the script watched', () => {
    const parsed = parseTargetsFile(read('docs/examples/targets.yaml'), '', { versionMatch: 'exact' })
    assert.deepEqual(parsed.ok && parsed.value.map(({ service }) => service), ['keybuzz-client', 'keybuzz-admin'])
  })
})

suite('ready code for a service', () => {
  const page = read('docs/your-endpoint.md')
  const built = { VERSION: 'v1.2.3', GIT_SHA: '0123456789abcdef0123456789abcdef01234567' }
  const report = { version: built.VERSION, gitSha: built.GIT_SHA }
  const codeOf = (heading: string, language: string) => {
    const code = new RegExp(`\\*\\*${heading}\\b[^]*?\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1]
    assert.ok(code !== undefined, heading)
    return code
  }

  test('of Next.js answers with what the build was given', () => {
    const print = `${codeOf('Next\\.js', 'ts')}\nconsole.log(await GET().text())`
    const options = { encoding: 'utf8', env: { ...process.env, ...built } } as const
    const stdout = execFileSync(process.execPath, ['--input-type=module-typescript', '--eval', print], options)
    assert.deepEqual(JSON.parse(stdout), report)
  })

  test('of a static site writes a file that is a report', t => {
    const folder = temporaryFolder(t)
    const command = codeOf('A static site', 'dockerfile')
      .replace(/^RUN /, '')
      .replaceAll('/usr/share/nginx/html', folder)
    execFileSync('sh', ['-c', command], { env: { ...process.env, ...built } })
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'debug/version'), 'utf8')), report)
  })
})
