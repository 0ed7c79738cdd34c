/**
 * `npm run sbom`: prints what is in dist/, as CycloneDX: what npm knows of all packages, without those that are not in
 * the bundle. (npm's own `--omit=dev` also omits packages that a development dependency happens to use too.)
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Component {
  readonly 'bom-ref': string
}

const ROOT = join(import.meta.dirname, '../..')
const bundled = new Set<string>(JSON.parse(readFileSync(join(ROOT, 'dist/packages.json'), 'utf8')))
const bom: Bom = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY
  })
)
const own = bom.metadata.component['bom-ref']
const isThere = (ref: string) => ref === own || bundled.has(ref)
const complete: Bom = {
  ...bom,
  components: bom.components.filter(component => isThere(component['bom-ref'])),
  dependencies: bom.dependencies
    .filter(({ ref }) => isThere(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isThere) }))
}
process.stdout.write(`${JSON.stringify(complete, null, 2)}\n`)
