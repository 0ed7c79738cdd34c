// The hostile fleet as a process of its own, so that its floods and bombs cost the guard's process nothing.
import { startHostileFleet } from './hostile-fleet.ts'

const { endpoints, ca } = await startHostileFleet()
process.send?.({ endpoints, ca })
process.on('disconnect', () => process.exit())
