import { fleetDashboard } from './fleet.ts'
import { gateDashboard } from './gate.ts'
import { guardDashboard } from './guard.ts'
import { imagesDashboard } from './images.ts'
import { releaseDashboard } from './release.ts'
import { numbered } from './scaffold.ts'
import { serviceDashboard } from './service.ts'

/** The text of each committed file, by its name in this folder. */
export function renderDashboards(): Readonly<Record<string, string>> {
  const dashboards = {
    'fleet.json': fleetDashboard(),
    'service.json': serviceDashboard(),
    'release.json': releaseDashboard(),
    'guard.json': guardDashboard(),
    'images.json': imagesDashboard(),
    'gate.json': gateDashboard()
  }
  return Object.fromEntries(
    Object.entries(dashboards).map(([file, dashboard]) => [
      file,
      `${JSON.stringify(numbered(dashboard.build()), null, 2)}\n`
    ])
  )
}
