// npm run docs: brings all that is generated up to date with its sources: the tables of the reference, .env.example, the
// operator's forms of the alerts, the dashboards' JSON, the page of the benchmarks that were kept, parts of the chart,
// JSON schemas.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedAlertmanagerFiles, generatedRuleFiles } from '../alerts/generate.ts'
import { renderDashboards } from '../dashboards/render.ts'
import { generatedChartFiles } from '../helm/generate.ts'
import { environmentExample } from '../src/config/environment-help.ts'
import { renderBenchmarks } from '../tools/bench/kept-results.ts'
import { renderSchemas } from './schemas.ts'
import { renderTables } from './tables.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const write = (path: string, text: string) => writeFileSync(join(ROOT, path), text)

for (const page of ['docs/reference.md', 'docs/your-endpoint.md']) write(page, renderTables(read(page)))
write('.env.example', environmentExample())
const alerts = generatedAlertmanagerFiles(read('alerts/alertmanager.yaml'))
for (const [name, text] of Object.entries(alerts)) write(`alerts/${name}`, text)
const rules = generatedRuleFiles(name => read(`alerts/sources/${name}`), read('helm/values.yaml'))
for (const [name, text] of Object.entries(rules)) write(`alerts/${name}`, text)
for (const [name, text] of Object.entries(renderDashboards())) write(`dashboards/${name}`, text)
write('docs/benchmarks.md', renderBenchmarks())
for (const [name, text] of Object.entries(generatedChartFiles())) write(`helm/${name}`, text)
for (const [name, text] of Object.entries(renderSchemas())) write(`docs/schemas/${name}`, text)
