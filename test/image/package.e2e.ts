import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { ROOT, temporaryFolder } from '../support/files.ts'

// A registry that cannot be trusted or reached would have npm try again and again, for each package.
const NPM_TIMEOUT_MS = 300_000

const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', timeout: NPM_TIMEOUT_MS })
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))

suite('the package', () => {
  before(() => {
    npm(ROOT, 'run', '--silent', 'build')
  })

  test('can be installed from its tarball, and run by its name', t => {
    const folder = temporaryFolder(t)
    const [{ filename }] = JSON.parse(npm(ROOT, 'pack', '--json', `--pack-destination=${folder}`))
    const project = join(folder, 'project')
    mkdirSync(project)
    npm(project, 'init', '--yes')
    npm(project, 'install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename))
    const program = join(project, 'node_modules/.bin/keybuzz-version-guard')
    const version = execFileSync(program, ['--version'], { encoding: 'utf8' })
    assert.equal(version, `v${read('package.json').version}\n`)
  })

  test('has an SBOM of exactly what is bundled, each with what it is and by which licence', () => {
    const bom = JSON.parse(npm(ROOT, 'run', '--silent', 'sbom'))
    assert.equal(bom.bomFormat, 'CycloneDX')
    const components: { 'bom-ref': string; purl: string; licenses: object[] }[] = bom.components
    assert.deepEqual(components.map(component => component['bom-ref']).sort(), read('dist/packages.json').sort())
    for (const { purl, licenses } of components) {
      assert.match(purl, /^pkg:npm\//)
      assert.ok(licenses.length > 0, purl)
    }
    const known = new Set([...components.map(component => component['bom-ref']), bom.metadata.component['bom-ref']])
    for (const { ref, dependsOn } of bom.dependencies) {
      assert.ok(known.has(ref) && dependsOn.every((other: string) => known.has(other)), ref)
    }
  })
})
