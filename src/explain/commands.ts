import { findingBy } from '../domain/finding.ts'
import type { ServiceReport } from '../domain/report.ts'
import type { KnownService } from '../domain/service-change.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { ExplainedCommand } from './explanation.ts'
import { ownContainer } from './fact.ts'

/** What a person may run to look at a service, and to go back; nothing that the guard itself would ever run. */
export function explainCommands(known: KnownService): readonly ExplainedCommand[] {
  const { target, report } = known
  const { namespace, workload } = target
  // As it is named, not as the report shows it.
  const container = ownContainer(known) ?? ''
  // A name that cannot be shown unchanged cannot be written into a command.
  if ([namespace, workload.name, container].some(text => shown(text) !== text)) return askEndpoint(target)
  const commands =
    workload.kind === 'Container' ? dockerCommands(known) : kubernetesCommands(workload, { namespace, report })
  return [...askEndpoint(target), ...commands, ...helmCommands(report), ...goBack(report)]
}

function check(purpose: string, ...words: readonly string[]): ExplainedCommand {
  return { kind: 'check', purpose, command: words.map(shellWord).join(' '), note: '' }
}

/** One word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

const LONGEST_ADDRESS = 2048

function askEndpoint({ endpoint, headers = [] }: Target): readonly ExplainedCommand[] {
  const url = endpoint === null || endpoint.length > LONGEST_ADDRESS ? null : URL.parse(endpoint)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return []
  const note = headers.length === 0 ? '' : `the guard also sends: ${headers.map(({ name }) => name).join(', ')}`
  // Without -g, curl asks once for each of `[1-1000]`.
  return [{ ...check('ask the endpoint as the guard does', 'curl', '-gsSi', '--max-time', '10', url.href), note }]
}

function kubernetesCommands(
  { kind, name }: Target['workload'],
  { namespace, report }: { readonly namespace: string; readonly report: ServiceReport }
): readonly ExplainedCommand[] {
  const object = `${kind.toLowerCase()}/${name}`
  const { container } = report.workload
  // One without a reason is only the next to be replaced.
  const pod = findingBy(report.findings, 'rollout')?.evidence.awaitedPods.find(({ reason }) => reason !== '')
  const recent = ['--since=15m', '--tail=200']
  return [
    check('what the workload runs', 'kubectl', 'get', object, '-n', namespace, '-o', 'wide'),
    check('its conditions and events', 'kubectl', 'describe', object, '-n', namespace),
    check('its rollout', 'kubectl', 'rollout', 'status', object, '-n', namespace, '--timeout=10s'),
    check('its revisions', 'kubectl', 'rollout', 'history', object, '-n', namespace),
    check(
      'its log',
      ...['kubectl', 'logs', object, '-n', namespace],
      ...(container === null ? [] : ['-c', container]),
      ...recent
    ),
    ...(pod === undefined
      ? []
      : [
          check('the pod that the rollout waits for', 'kubectl', 'describe', `pod/${pod.name}`, '-n', namespace),
          // Of a workload's pods, kubectl logs takes one that is ready.
          check(
            'the log of that pod',
            ...['kubectl', 'logs', `pod/${pod.name}`, '-n', namespace, '--all-containers', '--prefix'],
            ...recent
          )
        ])
  ]
}

function helmCommands({ namespace, findings }: ServiceReport): readonly ExplainedCommand[] {
  const { managedBy } = findingBy(findings, 'rollout')?.evidence.wayBack ?? {}
  if (managedBy?.manager !== 'helm' || managedBy.release === '') return []
  const { release, releaseNamespace } = managedBy
  return [check("the Helm release's history", 'helm', 'history', release, '-n', releaseNamespace || namespace)]
}

const BACK_BY_FILE = 'first put the earlier image into the Compose file; Docker keeps no revisions'

// Logs are cut by lines, not by age: a container that has stopped stays, and its last words may be old.
function dockerCommands({ target, facts: { pods }, report }: KnownService): readonly ExplainedCommand[] {
  const { namespace, workload } = target
  const { name } = workload
  const { managedBy } = report.workload
  if (managedBy === 'compose') {
    const compose = ['docker', 'compose', '-p', namespace]
    const running = pods.seen ? pods.value.length : 0
    // Compose forgets how many containers `--scale` made, and removes those beyond its own number.
    const scale = running > 1 ? ['--scale', `${name}=${running}`] : []
    const back = [...compose, 'up', '-d', '--no-deps', ...scale, name]
    return [
      check('its containers', ...compose, 'ps', '--all', name),
      check('the images that they run', ...compose, 'images', name),
      check('its log', ...compose, 'logs', '--tail', '200', name),
      { ...check('go back to an earlier image', ...back), kind: 'back', note: BACK_BY_FILE }
    ]
  }
  if (managedBy === 'swarm') {
    const service = namespace === 'default' ? name : `${namespace}_${name}`
    return [
      check('its tasks', 'docker', 'service', 'ps', '--no-trunc', service),
      check('its log', 'docker', 'service', 'logs', '--tail', '200', service),
      {
        ...check('go back to what the service was before its last update', 'docker', 'service', 'rollback', service),
        kind: 'back'
      }
    ]
  }
  // Only Compose and Swarm have namespaces: nothing was seen of the service that would tell which of the two it is, or
  // what anything is called.
  if (namespace !== 'default') return [check('its containers', 'docker', 'ps', '--all', '--filter', `name=${name}`)]
  return [check('its container', 'docker', 'inspect', name), check('its log', 'docker', 'logs', '--tail', '200', name)]
}

function goBack({ findings }: ServiceReport): readonly ExplainedCommand[] {
  const { command = '', note = '' } = findingBy(findings, 'rollout')?.evidence.wayBack ?? {}
  const purpose = 'go back to what ran before'
  const ofRollout = command === '' ? [] : [{ kind: 'back', purpose, command, note } as const]
  const ofReleases = findings.flatMap(({ evidence }): ExplainedCommand[] => {
    const isHelm = 'kind' in evidence && evidence.kind === 'helm' && evidence.isStuck && evidence.rollbackTo !== null
    if (!isHelm) return []
    const { release, rollbackTo, namespace } = evidence
    const words = ['helm', 'rollback', release, String(rollbackTo), '-n', namespace]
    return [
      {
        kind: 'back',
        purpose: 'go back to an earlier Helm revision',
        command: words.map(shellWord).join(' '),
        note: ''
      }
    ]
  })
  return [...ofRollout, ...ofReleases.filter(one => one.command !== command)]
}
