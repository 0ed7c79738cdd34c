import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createFleetJudge } from '../../src/check/fleet.ts'
import { createTargetSelector } from '../../src/check/targets.ts'
import type { HelmRelease, HelmStatus } from '../../src/domain/helm-release.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { judgeHelmRelease } from '../../src/guards/release/helm.ts'
import { parseDuration } from '../../src/text/durations.ts'
import { aWorkload, knownWorkload } from '../support/facts.ts'

const release = (name: string, status: HelmStatus = 'deployed', namespace = 'dev'): HelmRelease => ({
  namespace,
  name,
  current: { number: 1, status, createdAt: 0 },
  earlier: []
})
const workload = (name: string, of: string, changes: Partial<Workload> = {}) =>
  aWorkload({
    name,
    annotations: { enabled: 'true' },
    managedBy: { manager: 'helm', release: of, releaseNamespace: '' },
    ...changes
  })

function setUp(releases: readonly HelmRelease[], workloads: readonly Workload[] = [], shard = WHOLE) {
  const judge = createFleetJudge({
    shard,
    releases: () => releases,
    judge: (one, pendingMs = 900_000, now) => judgeHelmRelease(one, pendingMs, now)
  })
  const known = workloads.map(knownWorkload)
  const selection = createTargetSelector({ discovery: 'true', versionMatch: 'exact', shard, parseDuration })([], known)
  return (now = 0) => judge({ selection, known, now })
}

/** Since when the first finding is as it is, after the releases have changed. */
function setUpChanging() {
  let releases: readonly HelmRelease[] = []
  const judge = createFleetJudge({
    shard: WHOLE,
    releases: () => releases,
    judge: (one, pendingMs = 900_000, now) => judgeHelmRelease(one, pendingMs, now)
  })
  const selection = { ofWorkload: () => new Map(), helmPendingMs: new Map() }
  return (now: number, present: readonly HelmRelease[]) => {
    releases = present
    return judge({ selection, known: [], now }).findings[0]?.finding.since
  }
}

const names = ({ findings }: ReturnType<ReturnType<typeof setUp>>) =>
  findings.map(({ namespace, service, finding }) => `${namespace}/${service} ${finding.part}`)

suite('findings that no service has to itself', () => {
  test('name the service of the release’s workload, of several the first by its name, else the release', () => {
    const workloads = [workload('web', 'shop'), workload('api', 'shop'), workload('cart', 'cart-release')]
    const judge = setUp([release('shop'), release('cart-release'), release('lonely')], workloads)
    assert.deepEqual(names(judge()), [
      'dev/api release/shop',
      'dev/cart release/cart-release',
      'dev/lonely release/lonely'
    ])
  })

  test('are never drawn to a workload of another namespace, which anybody may annotate', () => {
    const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: 'releases' } as const
    // The workload's own namespace has a release of that name too, and it is not the one that the annotation names.
    const releases = [release('shop'), release('shop', 'deployed', 'releases')]
    const judge = setUp(releases, [workload('web', '', { managedBy })])
    assert.deepEqual(names(judge()), ['dev/shop release/shop', 'releases/shop release/shop'])
  })

  test('are those of one shard alone, whichever shard has the service', () => {
    const releases = Array.from({ length: 40 }, (_, number) => release(`r${number}`))
    const workloads = releases.map(({ name }) => workload(`w-${name}`, name))
    const shards = [0, 1, 2].map(index => names(setUp(releases, workloads, { index, total: 3 })()))
    const whole = names(setUp(releases, workloads)())
    assert.deepEqual(shards.flat().toSorted(), whole.toSorted())
    assert.ok(shards.every(({ length }) => length > 3))
  })

  test('wait as long as the annotation says, and say when they change by time', () => {
    const annotations = { enabled: 'true', 'helm-deadline': '1h' }
    const judge = setUp(
      [release('shop', 'pending-install'), release('other', 'pending-install')],
      [workload('web', 'shop', { annotations })]
    )
    assert.equal(judge().validUntil, 900_000)
    const at = (now: number) => judge(now).findings.map(({ finding }) => finding.status)
    assert.deepEqual(at(900_000), ['UNKNOWN', 'DRIFTED'])
    assert.equal(judge(900_000).validUntil, 3_600_000)
    assert.deepEqual(at(3_600_000), ['DRIFTED', 'DRIFTED'])
  })

  test('wait as long as a workload of the release says that is no service', () => {
    const annotations = { 'helm-deadline': '1h' }
    const of = (changes: Record<string, string>) =>
      setUp(
        [release('shop', 'pending-install')],
        [workload('web', 'shop', { annotations: { ...annotations, ...changes } })]
      )()
    assert.equal(of({}).validUntil, 3_600_000)
    assert.equal(of({ enabled: 'false' }).validUntil, 900_000)
  })

  test('keep since when they are as they are', () => {
    const judge = setUp([release('shop', 'pending-install')])
    const since = (now: number) => judge(now).findings.map(({ finding }) => [finding.since, finding.isSinceStart])
    assert.deepEqual([since(5), since(10), since(900_000), since(900_001)].flat(), [
      [5, true],
      [5, true],
      [900_000, false],
      [900_000, false]
    ])
  })

  test('start over with a release that was uninstalled and is installed again, though there was no other', () => {
    const judge = setUpChanging()
    assert.equal(judge(1000, [release('shop', 'failed')]), 1000)
    assert.equal(judge(2000, []), undefined)
    assert.equal(judge(3000, [release('shop', 'failed')]), 3000)
  })

  test('have been so since now if they began later than now, because the clock was set back', () => {
    const judge = setUp([release('shop')])
    assert.deepEqual(
      [5000, 1000, 2000].map(now => judge(now).findings[0]?.finding.since),
      [5000, 1000, 1000]
    )
  })

  test('are bounded in each namespace, which a warning names', () => {
    const flood = Array.from({ length: 510 }, (_, number) => release(`r${number}`))
    const { findings, warnings } = setUp([...flood, release('shop', 'deployed', 'other')])()
    assert.equal(findings.length, 501)
    assert.deepEqual(warnings, [
      { namespace: 'dev', line: 'namespace dev has too many Helm releases: 10 of them are not checked' }
    ])
  })
})
