import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package that has something in the bundle. */
export interface BundledPackage {
  /** Such as `fastify@5.0.0`. */
  readonly id: string
  readonly folder: string
}

/** The packages that these files belong to, sorted by name; the project's own files belong to none. */
export function readBundledPackages(files: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(files.flatMap(file => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const packages = [...folders].map(folder => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return { id: `${name}@${version}`, folder }
  })
  const once = new Map(packages.map(found => [found.id, found]))
  return [...once.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The licence texts and notices that must be passed on with each package. */
export function renderLicences(packages: readonly BundledPackage[]): string {
  const texts = packages.map(({ id, folder }) => {
    const files = globSync('{LICEN[CS]E,licen[cs]e,License,NOTICE,COPYING}*', { cwd: folder })
    return [id, ...files.map(file => readFileSync(join(folder, file), 'utf8').trim())].join('\n\n')
  })
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
