import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordContents } from './chart-version.ts'
import { renderChartReadme } from './readme.ts'
import { renderValuesSchema } from './schema.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')

/** What the chart's version stands for, besides the application's version. */
export function readChartFiles(): Readonly<Record<string, string>> {
  const paths = ['values.yaml', ...globSync('templates/**/*.*', { cwd: import.meta.dirname })]
  return Object.fromEntries(paths.map(path => [path, read(path)]))
}

/** The files of the chart that are generated, in whole or in part, by name. */
export function generatedChartFiles(): Readonly<Record<string, string>> {
  const values = read('values.yaml')
  return {
    'values.schema.json': renderValuesSchema(values),
    'README.md': renderChartReadme(read('README.md'), values),
    'Chart.yaml': recordContents(read('Chart.yaml'), readChartFiles())
  }
}
