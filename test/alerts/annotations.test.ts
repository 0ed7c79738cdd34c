import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { RUNBOOKS } from '../../alerts/generate.ts'
import { needs } from '../support/component.ts'
import { PROMTOOLS, type Replica, RULES, replica, runPromtool, type Seen } from './promtool.ts'

const rules: readonly { alert: string; annotations: Record<string, string> }[] = parse(
  readFileSync(RULES, 'utf8')
).groups.flatMap((group: { rules: unknown[] }) => group.rules)
const descriptions = new Map(rules.map(({ alert, annotations }) => [alert, annotations.description]))

const SAID = { image_tag: 'v0.2.12-dev', ui_version: 'v0.2.33-dev', git_sha: 'abc1234' }
const SHOP = { namespace: 'dev', service: 'shop' }
const GUARD = { service: 'keybuzz-version-guard' }

interface Expected {
  readonly alert: string
  readonly seen: Seen
  readonly self?: Replica
  readonly at?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const ROWS: readonly Expected[] = [
  {
    alert: 'KeyBuzzVersionMismatch',
    seen: { consistent: '0x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop in dev reports another version than the one deployed',
      message: 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzDebugEndpointDown',
    seen: { up: '0x240', consistent: '_x240', failure: ['http_status', '404x240'] },
    labels: { severity: 'critical', ...SHOP },
    annotations: {
      summary: 'shop in dev gives no usable report at its debug endpoint',
      message: 'Endpoint error: http_status (HTTP status 404)',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzDebugEndpointDown',
    seen: { up: '0x240', consistent: '_x240', failure: ['timeout', '_x240'] },
    labels: { severity: 'critical', ...SHOP },
    annotations: {
      summary: 'shop in dev gives no usable report at its debug endpoint',
      message: 'Endpoint error: timeout',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzGitShaMissing',
    seen: { warning: '1x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop in dev does not say from which commit it was built',
      message: 'Git SHA missing in UI response',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzWorkloadMissing',
    seen: { found: '0x240', consistent: '_x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop in dev answers, but its workload does not exist',
      message: 'Workload not found in Kubernetes',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: { rollout: '1x240' },
    at: '20m',
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message: 'Rollout in progress for more than 15 minutes',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { alive: '_x240' },
    labels: { severity: 'critical', ...GUARD },
    annotations: { summary: 'KeyBuzz Version Guard is gone', message: 'No KeyBuzz Version Guard is scraped' }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { shard: [1, 3] },
    labels: { severity: 'critical', ...GUARD },
    annotations: {
      summary: 'A shard of KeyBuzz Version Guard is gone',
      message: 'Shards of KeyBuzz Version Guard that are scraped: 1 of 3'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { startedAt: '0+60x240' },
    labels: { severity: 'critical', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard does not stay up',
      message: 'KeyBuzz Version Guard restarts again and again, or is scraped only now and then'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: { checkedAt: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard judges by what is old',
      message: 'Targets whose last check is not of the last three check intervals: 1'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: { checkedAt: '_x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard judges by what is old',
      message: 'A guard has not yet checked any of its targets'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: {},
    self: { reloadSuccess: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard judges by what is old',
      message: 'A file that changed is refused: its last good version is in use'
    }
  },
  {
    alert: 'KeyBuzzKubernetesUnreachable',
    seen: {},
    self: { kubernetesUp: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard does not see all of Kubernetes',
      message: 'Kubernetes cannot be read, or only in part'
    }
  }
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`labels and annotations of alerts, by the ${name} promtool`, needs(missing), () => {
    for (const { alert, seen, self, at = '5m', labels, annotations } of ROWS) {
      test(`${alert} says exactly: ${annotations.message}`, t => {
        const facts = { imageTag: SAID.image_tag, uiVersion: SAID.ui_version, ...seen }
        const exp_annotations = {
          ...annotations,
          description: descriptions.get(alert),
          runbook_url: `${RUNBOOKS}/${alert}.md`
        }
        const scenario = {
          input_series: [...replica('a:9877', [facts], self), ...replica('b:9877', [facts], self)],
          alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: [{ exp_labels: labels, exp_annotations }] }]
        }
        assert.equal(runPromtool(t, [scenario], { program }), '')
      })
    }

    test('tells the versions of the replica that looked last', t => {
      const old = { consistent: '0x240', checkedAt: '0+14x240', imageTag: 'v1', uiVersion: 'v0' }
      const fresh = { consistent: '0x240', imageTag: 'v3', uiVersion: 'v2' }
      const exp_annotations = {
        summary: 'shop in dev reports another version than the one deployed',
        message: 'UI version (v2) does not match deployed image tag (v3)',
        description: descriptions.get('KeyBuzzVersionMismatch'),
        image_tag: 'v3',
        ui_version: 'v2',
        git_sha: 'abc1234',
        runbook_url: `${RUNBOOKS}/KeyBuzzVersionMismatch.md`
      }
      const scenario = {
        input_series: [...replica('a:9877', [old]), ...replica('b:9877', [fresh])],
        alert_rule_test: [
          {
            eval_time: '5m',
            alertname: 'KeyBuzzVersionMismatch',
            exp_alerts: [{ exp_labels: { severity: 'warning', ...SHOP }, exp_annotations }]
          }
        ]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })
  })
}
