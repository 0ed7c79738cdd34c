import type { TSchema } from 'typebox'
import { TARGETS_ANYWHERE } from '../src/config/targets-schema.ts'
import { GATE } from '../src/gate/config/gate-schema.ts'
import { GATE_REPORT } from '../src/gate/formats/json.ts'

interface Published {
  readonly title: string
  readonly schema: TSchema
}

// Of the files in docs/schemas.
const SCHEMAS: Readonly<Record<string, Published>> = {
  'targets.schema.json': { title: 'Targets of KeyBuzz Version Guard', schema: TARGETS_ANYWHERE },
  'gate.schema.json': { title: 'A gate file of KeyBuzz Version Guard', schema: GATE },
  'gate-report.schema.json': { title: 'A report of the gate, as gate --format json prints it', schema: GATE_REPORT }
}

/** The published JSON schemas, by the names of their files. */
export function renderSchemas(): Record<string, string> {
  return Object.fromEntries(Object.entries(SCHEMAS).map(([name, published]) => [name, renderSchema(published)]))
}

// Draft 7 is what editors know best. They show what a value takes as its description.
function renderSchema({ title, schema }: Published): string {
  const body: unknown = JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === 'secret' || typeof value !== 'object' || value === null || !('takes' in value)) {
      return key === 'secret' ? undefined : value
    }
    const { takes, ...rest } = value
    return { ...rest, description: takes }
  })
  const whole = { $schema: 'http://json-schema.org/draft-07/schema#', title, ...(body as object) }
  return `${JSON.stringify(whole, null, 2)}\n`
}
