import { findingBy } from '../domain/finding.ts'
import { POD_RESULTS } from '../domain/pod-reports.ts'
import { type Sample, single } from './family.ts'
import { ofPart } from './section.ts'

const PODS = ofPart(
  ({ findings }) => findingBy(findings, 'version')?.evidence.pods ?? null,
  [
    {
      name: 'keybuzz_workload_reported_versions',
      help: 'How many different versions and SHAs the pods report, each asked at its own address; absent if none gives a report.',
      type: 'gauge',
      labels: [],
      samples: ({ versions }) => (versions === 0 ? [] : single(versions))
    },
    {
      name: 'keybuzz_pod_reports',
      help: 'Pods by the result of asking them: agrees, differs, failed, refused (its address), not_asked (not ready, or outside the sample of 20).',
      type: 'gauge',
      labels: ['result'],
      isOptional: true,
      samples: ({ results }) => POD_RESULTS.map((result): Sample => [[result], results[result]])
    }
  ]
)

/** The gauges of services that are asked pod by pod. */
export const POD_SECTIONS = [PODS]
