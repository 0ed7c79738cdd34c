import type { Static } from 'typebox'
import * as Type from 'typebox'
import { CLOSED } from '../../config/file-schema.ts'
import { GATE_SECTIONS, GATE_STATUSES, type GateReport } from '../../domain/gate.ts'

const COUNT = Type.Integer({ minimum: 0 })
const SECTION = Type.Enum([...GATE_SECTIONS])
const said = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** The shape of a report. */
export const GATE_REPORT = Type.Object(
  {
    verdict: Type.Enum(['GO', 'NO-GO']),
    reservations: Type.Array(Type.String(), { description: 'GO with at least one is GO with reservations.' }),
    date: Type.String({ format: 'date-time', description: 'When the gate looked, in UTC.' }),
    commit: said('What was gated; null: nobody said.'),
    environment: said('Where; null: nobody said.'),
    validator: said('By whom; null: nobody said.'),
    sections: Type.Array(
      Type.Object(
        {
          section: SECTION,
          total: COUNT,
          pass: COUNT,
          fail: COUNT,
          skip: COUNT,
          rate: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
            description: 'The share of PASS among all items, SKIP included; null: there are no items.'
          })
        },
        CLOSED
      ),
      { description: 'All seven, including those without items.' }
    ),
    items: Type.Array(
      Type.Object(
        {
          id: Type.String({ description: 'Stable.' }),
          section: SECTION,
          item: Type.String({ description: 'What is asked.' }),
          status: Type.Enum([...GATE_STATUSES], {
            description: 'SKIP: the gate could not look at it; this never counts as PASS.'
          }),
          required: Type.Boolean({ description: 'Whether anything but PASS means NO-GO.' }),
          evidence: Type.String({
            description: 'What was asked and what came; for a SKIP, what the gate needs to look at it.'
          }),
          waiver: Type.Union([
            Type.Object(
              {
                reason: Type.String(),
                by: Type.Union([Type.String(), Type.Null()]),
                until: Type.String({ format: 'date', description: 'The last day on which it holds, in UTC.' }),
                expired: Type.Boolean({ description: 'Whether that day is over, so that the item counts again.' })
              },
              CLOSED
            ),
            Type.Null()
          ])
        },
        CLOSED
      )
    ),
    actions: Type.Array(
      Type.Object(
        { action: Type.String(), blocking: Type.Boolean(), items: Type.Array(Type.String(), { description: 'Ids.' }) },
        CLOSED
      ),
      { description: 'One for each cause, blocking ones first.' }
    )
  },
  CLOSED
)

/** The report as JSON, indented, with a newline at its end. */
export function renderGateJson(report: GateReport): string {
  return `${JSON.stringify(report satisfies Static<typeof GATE_REPORT> | GateReport, null, 2)}\n`
}
