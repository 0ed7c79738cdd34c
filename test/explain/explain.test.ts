import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import { explain, tellOthers } from '../../src/explain/explain.ts'
import {
  aHelmFinding,
  aKnownService,
  anExplanation,
  anImageFinding,
  aRolloutFinding,
  aStaleService,
  CONTEXT,
  NOW,
  withFindings
} from '../support/explanations.ts'
import { anObservation, aWorkload } from '../support/facts.ts'

suite('an explanation', () => {
  test('begins with the version, whatever else is wrong', () => {
    const { verdict, namespace, service } = anExplanation()
    assert.deepEqual([namespace, service], ['dev', 'shop'])
    assert.deepEqual(
      [verdict.guard, verdict.status, verdict.message],
      ['version', 'MISMATCH', 'UI version (v1) does not match deployed image tag (v2)']
    )
  })

  test('begins with the version, though another finding is worse', () => {
    const version = aKnownService().report.findings.filter(({ guard }) => guard === 'version')
    const { verdict } = anExplanation(withFindings(aRolloutFinding(), ...version))
    assert.deepEqual([verdict.guard, verdict.status], ['version', 'OK'])
  })

  test('tells beside the version what else is wrong, the worst first, and nothing twice', () => {
    const version = aKnownService().report.findings.filter(({ guard }) => guard === 'version')
    const stuck = { ...aRolloutFinding(), message: 'Rollout is stuck' }
    const helm = { ...aHelmFinding(), message: 'The release failed' }
    const image = { ...anImageFinding(), message: 'there is a newer tag' }
    const known = withFindings(helm, image, stuck, ...version)
    assert.deepEqual(
      tellOthers(anExplanation(known)).map(({ message }) => message),
      ['Rollout is stuck', 'The release failed']
    )
    assert.deepEqual(
      tellOthers(anExplanation(withFindings(helm, stuck))).map(({ message }) => message),
      ['The release failed']
    )
    const { diagnosis, ...explanation } = anExplanation(known)
    assert.ok(diagnosis !== null)
    const culprit = { ...diagnosis, culprit: 'rollout', message: 'Rollout is stuck; go back' } as const
    assert.deepEqual(
      tellOthers({ ...explanation, diagnosis: culprit }).map(({ message }) => message),
      ['The release failed']
    )
  })

  test('begins with the worst where there is no version, in whatever order they are', () => {
    const findings = [anImageFinding(), aRolloutFinding(), { ...aHelmFinding(), part: '' }]
    for (const order of [findings, findings.toReversed()]) {
      assert.equal(anExplanation(withFindings(...order)).verdict.guard, 'rollout')
    }
  })

  test('says that no guard judges a service, and when it has known that: since the start', () => {
    const { verdict, findings } = anExplanation(withFindings())
    assert.deepEqual([verdict.guard, verdict.status, verdict.isSinceStart, findings], [null, 'UNKNOWN', true, []])
    assert.equal(verdict.message, 'Nothing is checked: it has no endpoint')
    const unjudged = withFindings()
    const gone = { ...unjudged.facts, workload: unseen('not_found', 'it does not run') }
    assert.equal(
      anExplanation({ ...unjudged, facts: gone }).verdict.message,
      'Nothing is checked: it has no endpoint; it does not run'
    )
  })

  test('begins with what is not known of an image, where nothing else is judged', () => {
    const image = { ...anImageFinding(), severity: 'unknown', status: 'UNKNOWN' } as const
    assert.equal(anExplanation(withFindings(image)).verdict.guard, 'image-update')
  })

  test('says who is out of step, with what would tell', () => {
    const { diagnosis } = anExplanation()
    assert.equal(diagnosis?.culprit, 'unknown')
    assert.equal(diagnosis?.missing?.fact, 'pods')
    assert.equal(diagnosis?.asOf, '2026-11-03T03:03:53.000Z')
    assert.equal(anExplanation(aKnownService({ target: { endpoint: null } })).diagnosis, null)
  })

  test('begins with the worst finding of a service without an endpoint', () => {
    const labels = { version: 'v9', chart: '' }
    const workload = seen(aWorkload({ releaseLabels: labels }))
    const { verdict } = anExplanation(aKnownService({ target: { endpoint: null }, facts: { workload } }))
    assert.deepEqual([verdict.guard, verdict.status], ['release', 'DRIFTED'])
  })

  test('begins with the service as a whole where nothing is wrong with its parts', () => {
    const stable = { ...aRolloutFinding(), status: 'STABLE', severity: 'ok' } as const
    const usual = { ...aHelmFinding(), part: 'Job/migrate', status: 'UNKNOWN', severity: 'info' } as const
    assert.equal(anExplanation(withFindings(usual, stable)).verdict.status, 'STABLE')
    const missing = { ...usual, status: 'DRIFTED', severity: 'warning' } as const
    assert.equal(anExplanation(withFindings(stable, missing)).verdict.status, 'DRIFTED')
  })

  test('has the findings, the worst first, with what they rest on', () => {
    const { findings } = anExplanation()
    assert.deepEqual(
      findings.map(({ guard, status }) => `${guard} ${status}`),
      ['version MISMATCH', 'rollout STABLE', 'release AGREES']
    )
    assert.deepEqual(findings[0]?.evidence, ['reported version and deployed tag: they differ'])
    assert.ok(findings[1]?.evidence.includes('running: v2, 1 pod'))
    assert.deepEqual(findings[2]?.evidence, ['chart: shop 1.2.3', 'app version: v2', 'declared by the label: v2'])
  })

  test('has at most fifty findings, and those are the worst', () => {
    const images = Array.from({ length: 60 }, (_, index) => anImageFinding({ container: `c${index}` }))
    const { findings } = anExplanation(withFindings(...images, aHelmFinding(), aRolloutFinding()))
    assert.equal(findings.length, 50)
    assert.deepEqual(
      findings.slice(0, 3).map(({ guard, part }) => `${guard} ${part}`),
      ['rollout ', 'release release/shop', 'image-update c0']
    )
  })

  test('leads to no dashboard where none is configured', () => {
    const { links } = explain(aStaleService(), { ...CONTEXT, links: { ...CONTEXT.links, dashboardUrl: null } })
    assert.deepEqual(
      links.map(({ kind }) => kind),
      ['runbook']
    )
  })

  test('leads to the runbooks of what is wrong, and to the dashboard', () => {
    assert.deepEqual(
      anExplanation().links.map(({ text, href }) => [text, href.replace(/^.*\//, '')]),
      [
        ['KeyBuzzVersionMismatch', 'KeyBuzzVersionMismatch.md'],
        ['Dashboard of this service', 'service?var-namespace=dev&var-service=shop']
      ]
    )
    const gone = { workload: unseen('not_found', 'Deployment shop not found in namespace dev') } as const
    const down = { observation: anObservation(unseen('http_status', 'HTTP 502')) }
    const alertsOf = (facts: Parameters<typeof aKnownService>[0]) =>
      anExplanation(aKnownService(facts)).links.flatMap(({ kind, text }) => (kind === 'runbook' ? [text] : []))
    assert.deepEqual(alertsOf({ facts: gone }), ['KeyBuzzWorkloadMissing'])
    assert.deepEqual(alertsOf({ facts: down }), ['KeyBuzzDebugEndpointDown'])
    assert.deepEqual(alertsOf({}), [])
  })

  test('says why there are no changes', () => {
    const noteOf = (isServing: boolean) => explain(aKnownService(), { ...CONTEXT, isServing }).changes.note
    assert.equal(noteOf(true), 'nothing has changed since this guard started')
    assert.match(noteOf(false), /see the page of this service there/)
    const one = { at: NOW, what: 'version', from: 'OK', to: 'MISMATCH', message: '' }
    assert.equal(anExplanation(aKnownService({ changes: [one] })).changes.note, '')
  })

  test('says what keeps the guard from seeing', () => {
    const problems = [{ message: 'no right to list pods', withholds: 'pods' }] as const
    const { problems: told } = explain(aKnownService(), { ...CONTEXT, source: { ...CONTEXT.source, problems } })
    assert.deepEqual(told, ['no right to list pods'])
  })

  test('is the same as JSON', () => {
    const explanation = anExplanation()
    assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation)
  })

  test('is bounded, whatever is in the cluster', () => {
    const containers = Array.from({ length: 500 }, (_, index) => ({ name: `c${index}`, image: 'x'.repeat(500) }))
    const { facts, ...known } = aStaleService()
    const workload = seen({ ...aWorkload(), containers })
    const text = JSON.stringify(explain({ ...known, facts: { ...facts, workload } }, CONTEXT))
    assert.ok(text.length < 50_000, String(text.length))
  })
})
