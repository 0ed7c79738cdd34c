import { deploymentOf } from './fleet.ts'

const VARIABLES = 30
const MANAGED_FIELDS = 55

/** A Deployment as a cluster gives it, of about 7 KB, most of which the guard never looks at. */
export function wholeDeployment(index: number, endpoint?: string) {
  const small = deploymentOf(index, endpoint)
  const { metadata, spec } = small
  const env = Array.from({ length: VARIABLES }, (_, n) => ({ name: `VARIABLE_${n}`, value: `value-${index}-${n}` }))
  const fields = Array.from({ length: MANAGED_FIELDS }, (_, n) => [`f:field-${n}`, { 'f:name': {}, 'f:value': {} }])
  const containers = spec.template.spec.containers.map(container => ({
    ...container,
    env,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } }
  }))
  return {
    ...small,
    metadata: {
      ...metadata,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      creationTimestamp: '2026-11-03T08:15:00Z',
      labels: { 'app.kubernetes.io/name': metadata.name, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...metadata.annotations,
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ ...small, env })
      },
      managedFields: [
        { manager: 'helm', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: Object.fromEntries(fields) }
      ]
    },
    spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } }
  }
}
