import * as models from '@kubernetes/client-node'

export type JsonSchema = Readonly<Record<string, unknown>>

interface Attribute {
  readonly baseName: string
  /** `string`, `V1Affinity`, `Array<V1EnvVar>`, `{ [key: string]: string; }`, … */
  readonly type: string
}

const SCALARS: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'integer' },
  boolean: { type: 'boolean' },
  Date: { type: 'string' },
  IntOrString: { type: ['integer', 'string'] },
  any: {}
}

/** A quantity (`20m`, `96Mi`, `2`) is a string to the client, but people write numbers too. */
const QUANTITIES = { type: 'object', additionalProperties: { type: ['string', 'number'] } }
const HOLDS_QUANTITIES = /^(limits|requests)$/

/**
 * Closed schemas of Kubernetes' own types, as the Kubernetes client knows them.
 *
 * `refer('V1Affinity')` gives a reference into `definitions`, and adds to them what it refers to.
 */
export class KubernetesTypes {
  readonly definitions: Record<string, JsonSchema> = {}

  refer(name: string): JsonSchema {
    if (!(name in this.definitions)) {
      this.definitions[name] = {}
      const properties = attributesOf(name).map(({ baseName, type }) => [
        baseName,
        HOLDS_QUANTITIES.test(baseName) ? QUANTITIES : this.schemaOf(type)
      ])
      this.definitions[name] = {
        type: 'object',
        properties: Object.fromEntries(properties),
        additionalProperties: false
      }
    }
    return { $ref: `#/definitions/${name}` }
  }

  private schemaOf(type: string): JsonSchema {
    const [, item] = /^(?:Array|Set)<(.+)>$/.exec(type) ?? []
    if (item !== undefined) return { type: 'array', items: this.schemaOf(item) }
    const [, entry] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? []
    if (entry !== undefined) return { type: 'object', additionalProperties: this.schemaOf(entry) }
    return SCALARS[type] ?? this.refer(type)
  }
}

function attributesOf(name: string): readonly Attribute[] {
  const model = (models as Readonly<Record<string, unknown>>)[name]
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model))
    throw new Error(`${name} is no type of Kubernetes`)
  return (model.getAttributeTypeMap as () => readonly Attribute[])()
}
