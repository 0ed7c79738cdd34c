import { dirname, resolve } from 'node:path'
import { shown } from '../../domain/text.ts'
import { readYaml } from '../../files/read-yaml.ts'
import { listAt, textAt } from '../../text/json.ts'
import { inFile } from '../../text/mistake.ts'
import type { PrometheusConfigFile, ScrapeJob } from './file-facts.ts'
import { expandPath, readText } from './paths.ts'

/**
 * Reads the scrape jobs of a `prometheus.yml`, and of the files that its `scrape_config_files` names. Everything else
 * in it is left to Prometheus. Names and targets are kept whole, for they are compared.
 */
export function readPrometheusConfig(path: string, told: string): PrometheusConfigFile {
  const { text, ...file } = readText(path, told)
  if (file.unreadable !== null) return { ...file, mistakes: [], jobs: [] }
  const { mistakes, value } = parse(text, told)
  const others = listAt(value, 'scrape_config_files')
    .filter(name => typeof name === 'string')
    .map(name => ({ name, ...expandPath(resolve(dirname(path), name)) }))
  const more = others.flatMap(({ paths }) => paths).map(readJobsFile)
  const leftOut = others.flatMap(one => (one.leftOut === null ? [] : [`${shown(one.name)}: ${one.leftOut}`]))
  return {
    ...file,
    mistakes: [...mistakes, ...more.flatMap(other => other.mistakes), ...leftOut],
    jobs: [...jobsIn(value), ...more.flatMap(other => other.jobs)]
  }
}

function readJobsFile(path: string): Pick<PrometheusConfigFile, 'mistakes' | 'jobs'> {
  const { text, unreadable } = readText(path, shown(path))
  if (unreadable !== null) return { mistakes: [`${shown(path)}: ${unreadable}`], jobs: [] }
  const { mistakes, value } = parse(text, shown(path))
  return { mistakes, jobs: jobsIn(value) }
}

function parse(text: string, told: string): { readonly mistakes: readonly string[]; readonly value: unknown } {
  const yaml = readYaml(text)
  if (yaml.ok) return { mistakes: [], value: yaml.value[0]?.value }
  return { mistakes: inFile(told, yaml.mistakes).map(({ message }) => message), value: null }
}

function jobsIn(value: unknown): ScrapeJob[] {
  return listAt(value, 'scrape_configs').map(job => ({
    name: textAt(job, 'job_name'),
    targets: listAt(job, 'static_configs')
      .flatMap(config => listAt(config, 'targets'))
      .filter(target => typeof target === 'string'),
    mayRename: mayRename(job)
  }))
}

// A target's own label comes before the name of its job; these two kinds of discovery give such labels.
function mayRename(job: unknown): boolean {
  const isRelabelled = listAt(job, 'relabel_configs').some(rule => /^job$|\$/.test(textAt(rule, 'target_label')))
  const isLabelled = listAt(job, 'static_configs').some(config => textAt(config, 'labels', 'job') !== '')
  const isGiven = ['file_sd_configs', 'http_sd_configs'].some(kind => listAt(job, kind).length > 0)
  return isRelabelled || isLabelled || isGiven
}
