import Type, { type TObject, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { shown } from '../domain/text.ts'
import type { YamlPath } from '../files/read-yaml.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { isJsonObject } from '../text/json.ts'
import type { ValueSchema } from './file-schema.ts'

/** Something wrong at one place of a file. */
export interface Fault {
  readonly path: YamlPath
  readonly message: string
}

/**
 * All that is wrong with a value, in the words of the schema's `takes`; empty where the schema accepts it.
 * TypeBox's own list ends after eight errors, and has no right names for the wrong ones.
 */
export function findFaults(schema: TSchema, value: unknown): Fault[] {
  if (Type.IsObject(schema)) {
    if (isJsonObject(value)) return faultsOfMapping(schema, value)
    return [{ path: [], message: `not a mapping; it takes the keys ${Object.keys(schema.properties).join(', ')}` }]
  }
  if (Type.IsRecord(schema)) {
    if (!isJsonObject(value)) return [{ path: [], message: 'not a mapping; write {} for none' }]
    const values = Type.RecordValue(schema)
    return Object.entries(value).flatMap(([name, item]) => under(name, findFaults(values, item)))
  }
  if (Type.IsArray(schema)) {
    if (!Array.isArray(value)) return [{ path: [], message: 'not a list; write [] for none' }]
    return value.flatMap((item, index) => under(index, findFaults(schema.items, item)))
  }
  return Value.Check(schema, value) ? [] : [{ path: [], message: wrongValue(schema as LeafSchema, value) }]
}

type LeafSchema = TSchema & ValueSchema & { readonly type?: string }

function faultsOfMapping({ properties, ...schema }: TObject, value: Readonly<Record<string, unknown>>): Fault[] {
  const names = Object.keys(properties)
  const required: readonly string[] = schema.required ?? []
  const wrongNames = Object.keys(value).filter(name => !names.includes(name))
  return [
    ...wrongNames.map(name => ({ path: [name], message: wrongName(name, names) })),
    ...Object.entries(properties).flatMap(([name, schema]): Fault[] => {
      if (Object.hasOwn(value, name)) return under(name, findFaults(schema, value[name]))
      return required.includes(name) ? [{ path: [name], message: missing(schema) }] : []
    })
  ]
}

function wrongName(name: string, names: readonly string[]): string {
  return `no such key; ${didYouMean(name, names) ?? `it takes ${names.join(', ')}`}`
}

function missing(schema: TSchema): string {
  return Type.IsArray(schema)
    ? 'missing; write [] for none'
    : `missing; it takes ${(schema as TSchema & ValueSchema).takes}`
}

function wrongValue({ takes, secret = false, type = 'string' }: LeafSchema, value: unknown): string {
  if (typeof value !== 'string' && type !== 'string') return `${value === null ? 'nothing' : 'this'} is not ${takes}`
  if (typeof value !== 'string') return `not a text; it takes ${takes}${value === null ? '' : ', in quotes'}`
  return `${secret ? 'this' : `"${shown(value)}"`} is not ${takes}`
}

function under(name: string | number, faults: readonly Fault[]): Fault[] {
  return faults.map(({ path, message }) => ({ path: [name, ...path], message }))
}
