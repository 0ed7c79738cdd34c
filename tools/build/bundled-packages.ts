import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package of which something is in the bundle. */
export interface BundledPackage {
  /** Such as `fastify@5.0.0`. */
  readonly id: string
  readonly folder: string
}

/** The packages that these files are of, by name; those of the project itself are of none. */
export function readBundledPackages(files: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(files.flatMap(file => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const packages = [...folders].map(folder => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return { id: `${name}@${version}`, folder }
  })
  const once = new Map(packages.map(found => [found.id, found]))
  return [...once.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The texts that each of the packages asks to be handed on with it. */
export function renderLicences(packages: readonly BundledPackage[]): string {
  const texts = packages.map(({ id, folder }) => {
    const files = globSync('{LICEN[CS]E,licen[cs]e,License,NOTICE,COPYING}*', { cwd: folder })
    return [id, ...files.map(file => readFileSync(join(folder, file), 'utf8').trim())].join('\n\n')
  })
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
