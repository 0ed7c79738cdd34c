import type { YamlPath } from '../files/read-yaml.ts'

/**
 * As people write it: `targets[1].workload.kind: `; empty for the whole document. A key that does not look like one may be
 * a secret in the wrong place: the line tells where it is.
 */
export function printPath(path: YamlPath): string {
  const print = (name: string) => (/^[a-z][a-z_-]{0,39}\d?$/i.test(name) ? name : '…')
  const text = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${print(name)}`)).join('')
  return text === '' ? '' : `${text.slice(1)}: `
}
