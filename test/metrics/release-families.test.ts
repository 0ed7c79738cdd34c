import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HelmRelease } from '../../src/domain/helm-release.ts'
import { seen } from '../../src/domain/observation.ts'
import type { FleetFinding } from '../../src/domain/report.ts'
import { judgeHelmRelease } from '../../src/guards/release/helm.ts'
import { createReleaseGuard } from '../../src/guards/release/release.ts'
import { createFleetText } from '../../src/metrics/fleet-families.ts'
import { createServiceText } from '../../src/metrics/service-text.ts'
import { aWorkload, judgeOne, reportOf } from '../support/facts.ts'
import { plainTextOf } from '../support/plain-text.ts'

const HELM: HelmRelease = {
  namespace: 'releases',
  name: 'shop',
  current: { number: 4, status: 'pending-upgrade', createdAt: 0 },
  earlier: [{ number: 3, status: 'deployed', createdAt: 0 }]
}
const lines = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

suite('the gauges of the release guard', () => {
  test('are these, of a service with all that it judges', async () => {
    const { report } = judgeOne({
      guards: [createReleaseGuard(0)],
      facts: {
        workload: seen(
          aWorkload({
            image: 'shop:v1.4.2',
            releaseLabels: { version: '1.4.2', chart: 'shop-0.1.0_x' },
            annotations: { 'migration-job': 'migrate' }
          })
        ),
        observation: null,
        helm: seen(HELM),
        manifest: seen({ tag: 'v"1', gitSha: null, releasedAt: null, runner: '', readAt: 0, refusal: null }),
        objects: [
          { kind: 'Secret', name: 'db', found: seen({ job: null }), asOf: null },
          { kind: 'ConfigMap', name: 'gone', found: seen(null), asOf: null },
          { kind: 'Job', name: 'migrate', found: seen({ job: { outcome: 'failed', completedAt: null } }), asOf: null }
        ]
      }
    })
    const families = await createServiceText()(reportOf([report]))
    const text = await plainTextOf(families)
    const ofRelease = lines(text).filter(line => /^keybuzz_(release|declared|required|migration)/.test(line))
    assert.deepEqual(
      ofRelease.map(line => line.replace('namespace="dev",service="shop"', '…')),
      [
        'keybuzz_release_consistent{…} 1',
        'keybuzz_release_status{…,status="DRIFTED"} 1',
        'keybuzz_release_status{…,status="UNKNOWN"} 0',
        'keybuzz_release_status{…,status="AGREES"} 0',
        'keybuzz_release_info{…,chart="shop",chart_version="0.1.0+x",app_version="1.4.2",revision="4"} 1',
        'keybuzz_declared_info{…,source="label",version="1.4.2",git_sha=""} 1',
        'keybuzz_declared_info{…,source="manifest",version="v\\"1",git_sha=""} 1',
        'keybuzz_required_object_present{…,kind="Secret",name="db"} 1',
        'keybuzz_required_object_present{…,kind="ConfigMap",name="gone"} 0',
        'keybuzz_migration_succeeded{…,job="migrate"} 0'
      ]
    )
  })

  test('are none of a service of which nothing is declared', async () => {
    const { report } = judgeOne({ guards: [createReleaseGuard(0)] })
    const families = await createServiceText()(reportOf([report]))
    const text = await plainTextOf(families)
    assert.deepEqual(
      lines(text).filter(line => /^keybuzz_(release|declared|required|migration)/.test(line)),
      []
    )
  })

  test('do not show labels that change all the time', async () => {
    const guards = [createReleaseGuard(0)]
    let judged = judgeOne({ guards })
    for (let number = 0; number < 12; number += 1) {
      const workload = seen(aWorkload({ releaseLabels: { version: `1.0.${number}`, chart: `shop-1.0.${number}` } }))
      judged = judgeOne({ guards, facts: { workload, observation: null } }, { earlier: judged, now: number })
    }
    const families = await createServiceText()(reportOf([judged.report]))
    const text = await plainTextOf(families)
    assert.doesNotMatch(text, /1\.0\.\d/)
    assert.match(
      text,
      /^keybuzz_release_info\{.+chart="\(changing\)",chart_version="",app_version="",revision=""\} 1$/m
    )
  })
})

suite('the gauges of Helm’s releases', () => {
  const fleetOf = (service: string, now: number): FleetFinding => ({
    namespace: 'dev',
    service,
    finding: { ...judgeHelmRelease(HELM, 10, now), guard: 'release', since: 0, isSinceStart: true }
  })
  test('are the present status, and what a person needs where it is stuck', async () => {
    const texts = createFleetText()({ fleet: [fleetOf('shop', 0), fleetOf('a"b', 10)] })
    assert.deepEqual(lines(await plainTextOf(texts)), [
      'keybuzz_helm_release_status{namespace="dev",service="shop",release="shop",status="pending-upgrade"} 1',
      'keybuzz_helm_release_status{namespace="dev",service="a\\"b",release="shop",status="pending-upgrade"} 1',
      'keybuzz_helm_release_stuck{namespace="dev",service="a\\"b",release="shop",release_namespace="releases",status="pending-upgrade",revision="4",rollback_revision="3"} 1'
    ])
  })

  test('are made anew for other findings alone', () => {
    const render = createFleetText()
    const fleet = [fleetOf('shop', 0)]
    const before = render({ fleet })
    assert.equal(render({ fleet }), before)
    assert.notEqual(render({ fleet: [fleetOf('shop', 10)] }), before)
  })
})
