import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createReportLog } from '../../src/commands/report-log.ts'
import type { LeftOut, Report } from '../../src/domain/report.ts'
import { createLogger } from '../../src/logging/logger.ts'
import { reportOf } from '../support/facts.ts'

const CONFIG = {
  logChecks: 'changes',
  logLevel: 'info',
  workloads: { source: 'file', path: 'workloads.yaml' }
} as const
const KUBERNETES = {
  ...CONFIG,
  workloads: { source: 'kubernetes', namespaces: [], pods: true, helmReleases: false }
} as const
const LARGEST = { namespace: 'dev', inNamespace: 6 }

/** Level, message and number of targets of each line about what `SERIES_LIMIT` leaves out, report after report. */
function toldOf(...leftOut: readonly (LeftOut | null)[]): readonly unknown[] {
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: text => lines.push(JSON.parse(text)) })
  const reportLog = createReportLog({ config: CONFIG, log, print: () => {}, files: undefined })
  let before: Report | undefined
  for (const one of leftOut) {
    const report = reportOf([], { leftOut: one })
    reportLog.write(report, { before, checked: new Set() })
    before = report
  }
  for (const { namespace, inNamespace } of lines) assert.deepEqual({ namespace, inNamespace }, LARGEST)
  return lines.map(({ level, message, targets, of }) => [level, message, targets, of])
}

const leavingOut = (...services: string[]): LeftOut => ({ services: new Set(services), of: 8, ...LARGEST })

const GAUGES = [
  'warning',
  'SERIES_LIMIT leaves optional gauges of all targets out of /metrics; this namespace has the most targets',
  8,
  undefined
]
const TARGETS = ['error', 'SERIES_LIMIT leaves targets out of /metrics; this namespace has the most targets', 2, 8]

suite('log of reports', () => {
  test('tells once which targets SERIES_LIMIT leaves out', () => {
    assert.deepEqual(toldOf(null, leavingOut('dev/a', 'dev/b'), leavingOut('dev/c')), [TARGETS])
  })

  test('does not say that targets are left out while only optional gauges are', () => {
    assert.deepEqual(toldOf(leavingOut(), leavingOut()), [GAUGES])
  })

  test('tells of the targets that are left out after the optional gauges', () => {
    assert.deepEqual(toldOf(leavingOut(), leavingOut('dev/a', 'dev/b')), [GAUGES, TARGETS])
  })

  test('tells again of targets that are left out a second time', () => {
    const two = leavingOut('dev/a', 'dev/b')
    assert.deepEqual(toldOf(two, null, two, leavingOut(), two), [TARGETS, TARGETS, TARGETS])
  })

  test('tells what is not read only of reports that were begun once it should have been', () => {
    const lines: string[] = []
    const log = createLogger('info', { write: text => lines.push(JSON.parse(text).message) })
    const reportLog = createReportLog({ config: KUBERNETES, log, print: () => {}, files: undefined })
    const problems = [{ message: 'Kubernetes: deployments.apps not read yet', withholds: 'workloads' }] as const
    let before: Report | undefined
    const write = (generatedAt: number) => {
      const report = reportOf([], { generatedAt, source: { up: false, lastSyncAt: null, problems } })
      reportLog.write(report, { before, checked: new Set() })
      before = report
    }
    write(1)
    write(2)
    reportLog.expectSource(3)
    write(3)
    assert.deepEqual(lines, [])
    write(4)
    assert.deepEqual(lines, ['Workloads cannot be seen'])
  })

  test('does not say that facts are seen again while what keeps them away is told of the workloads', () => {
    const lines: string[] = []
    const log = createLogger('info', { write: text => lines.push(JSON.parse(text).message) })
    const reportLog = createReportLog({ config: KUBERNETES, log, print: () => {}, files: undefined })
    const refused = 'Kubernetes API server: HTTP 407'
    const gone = 'Kubernetes API server: HTTP 503'
    let before: Report | undefined
    // The pods are the first to find that the words for it have changed.
    for (const problems of [
      [],
      [{ message: refused, withholds: 'workloads' }],
      [
        { message: refused, withholds: 'workloads' },
        { message: gone, withholds: 'pods' }
      ],
      [{ message: gone, withholds: 'workloads' }],
      []
    ] as const) {
      const report = reportOf([], { source: { up: problems.length === 0, lastSyncAt: 0, problems } })
      reportLog.write(report, { before, checked: new Set() })
      before = report
    }
    assert.deepEqual(lines, [
      'Workloads cannot be seen',
      'Some facts besides the workloads cannot be seen',
      'Workloads cannot be seen',
      'All workloads are seen again',
      'The facts besides the workloads are seen again'
    ])
  })

  test('tells of a problem whose numbers keep changing, or that comes and goes, only so often', t => {
    const now = t.mock.method(performance, 'now', () => 0)
    const lines: string[] = []
    const log = createLogger('info', {
      write: text => {
        const { problem, message } = JSON.parse(text)
        lines.push(problem ?? message)
      }
    })
    const reportLog = createReportLog({ config: KUBERNETES, log, print: () => {}, files: undefined })
    let before: Report | undefined
    const write = (...messages: string[]) => {
      const problems = messages.map(message => ({ message, withholds: 'workloads' }) as const)
      const report = reportOf([], { source: { up: messages.length === 0, lastSyncAt: 0, problems } })
      reportLog.write(report, { before, checked: new Set() })
      before = report
    }
    const complaintAt = (second: number) => `the plugin failed: E1128 13:09:${second}.228673 cred.go:145] no reply`
    write()
    for (let second = 10; second < 60; second += 1) write(complaintAt(second))
    assert.deepEqual(
      lines,
      Array.from({ length: 20 }, (_, index) => complaintAt(10 + index))
    )
    write('connection refused')
    assert.deepEqual(lines.splice(0).at(-1), 'connection refused')
    write()
    write(complaintAt(11))
    write()
    assert.deepEqual(lines.splice(0), ['All workloads are seen again'])
    write(complaintAt(12))
    now.mock.mockImplementation(() => 600_000)
    write(complaintAt(12))
    write(complaintAt(12))
    assert.deepEqual(lines, [complaintAt(12)])
  })
})
