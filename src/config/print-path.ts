import { shown } from '../domain/text.ts'
import type { YamlPath } from '../files/read-yaml.ts'

/** As people write it: `targets[1].workload.kind: `; empty for the whole document. */
export function printPath(path: YamlPath): string {
  const text = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${shown(name)}`)).join('')
  return text === '' ? '' : `${text.slice(1)}: `
}
