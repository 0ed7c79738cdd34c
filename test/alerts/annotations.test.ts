import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RUNBOOKS } from '../../alerts/generate.ts'
import { needs } from '../support/component.ts'
import { PROMTOOLS, type Replica, replica, runPromtool, type Seen } from './promtool.ts'
import { readRules } from './shipped-rules.ts'

const descriptions = new Map(readRules().alerts.map(({ alert, annotations }) => [alert, annotations.description]))

const SAID = { image_tag: 'v0.2.12-dev', ui_version: 'v0.2.33-dev', git_sha: 'abc1234' }
const WAY_BACK = {
  kind: 'Deployment',
  workload: 'shop',
  manager: '',
  release: '',
  revision: '',
  image_tag: '',
  proof: '',
  pod: ''
}
const HELM_STUCK = {
  release: 'shop',
  release_namespace: 'releases',
  status: 'pending-upgrade',
  revision: '4',
  rollback_revision: '3'
}
const POSTGRES = {
  container: 'app',
  image: 'docker.io/library/postgres',
  current: '15.4',
  latest: '17.2',
  same_major: '15.12',
  notes: 'https://example.com/releases'
}
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
    alert: 'KeyBuzzVersionMismatch',
    seen: { consistent: '0x240', reportedVersions: '3x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop in dev reports another version than the one deployed',
      message:
        'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev); its pods report 3 different versions or SHAs, ' +
        "and the guard's page names the odd ones",
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
    seen: { stuck: '1x240', wayBack: { ...WAY_BACK, revision: '3', image_tag: 'v0.2.11-dev', proof: 'serves' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message:
        'Rollout made no progress within its deadline. To go back to v0.2.11-dev (proof: serves): kubectl rollout undo deployment/shop -n dev --to-revision=3',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      held: ['paused', '1x240'],
      wayBack: { ...WAY_BACK, manager: 'argocd', revision: '3', image_tag: 'v0.2.11-dev', proof: 'history' }
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message:
        'Rollout made no progress within its deadline. To go back to v0.2.11-dev (proof: history): kubectl rollout resume deployment/shop -n dev && kubectl rollout undo deployment/shop -n dev --to-revision=3 (Argo CD reverts it with its next sync: revert the change in Git)',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: { stuck: '1x240', wayBack: { ...WAY_BACK, kind: 'StatefulSet', proof: 'not_watched', pod: 'shop-2' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message:
        'Rollout made no progress within its deadline. Nothing to go back to is known: not_watched. To free it: kubectl delete pod shop-2 -n dev',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      wayBack: { ...WAY_BACK, kind: 'StatefulSet', revision: '1', image_tag: 'v1', proof: 'serves', pod: 'shop-2' }
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message:
        'Rollout made no progress within its deadline. To go back to v1 (proof: serves): kubectl rollout undo statefulset/shop -n dev --to-revision=1 && kubectl delete pod shop-2 -n dev',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzMixedVersions',
    seen: { mixed: '1x240', wayBack: { ...WAY_BACK, manager: 'helm', release: 'web', revision: '3', proof: 'serves' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'Pods of shop in dev run different images',
      message:
        'No rollout is under way, but the pods run 2 different images. To go back: helm history web -n dev, then helm rollback web REVISION -n dev',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzVersionGuardSeriesDropped',
    seen: {},
    self: { dropped: '0+5x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard leaves series out of /metrics',
      message: 'SERIES_LIMIT has no room for all series'
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: { images: [{ available: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'shop in dev can be updated',
      message: 'app 15.4 → 17.2 (15.12 of the same major version)',
      image_tag: '15.4',
      command: 'kubectl -n dev set image deployment/shop app=docker.io/library/postgres:15.12',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: {
      kind: 'Container',
      managedBy: 'compose',
      images: [{ available: '1x240', info: { ...POSTGRES, latest: '15.12', notes: '' } }]
    },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'shop in dev can be updated',
      message: 'app 15.4 → 15.12',
      image_tag: '15.4',
      command: 'docker compose pull shop && docker compose up -d shop',
      notes: ''
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: {
      kind: 'Container',
      images: [{ available: '1x240', info: { ...POSTGRES, latest: '15.12', notes: '' } }]
    },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'shop in dev can be updated',
      message: 'app 15.4 → 15.12',
      image_tag: '15.4',
      command: 'docker pull docker.io/library/postgres:15.12',
      notes: ''
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: {
      images: [
        { available: '1x240', info: { ...POSTGRES, same_major: '', latest: '17.2' } },
        { available: '1x240', info: { ...POSTGRES, container: 'proxy', image: 'ghcr.io/shop/proxy', latest: '15.12' } },
        { info: { ...POSTGRES, container: 'quiet', latest: '', same_major: '' } }
      ]
    },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'shop in dev can be updated',
      message: 'app 15.4 → 17.2; proxy 15.4 → 15.12',
      image_tag: '15.4',
      command:
        'kubectl -n dev set image deployment/shop app=docker.io/library/postgres:17.2 && kubectl -n dev set image deployment/shop proxy=ghcr.io/shop/proxy:15.12',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageDigestDrift',
    seen: { images: [{ drift: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'A tag of shop in dev has moved',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: 'kubectl -n dev rollout restart deployment/shop',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageDigestDrift',
    seen: { kind: 'Container', managedBy: 'compose', images: [{ drift: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'A tag of shop in dev has moved',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: 'docker compose pull shop && docker compose up -d shop',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageDigestDrift',
    seen: { kind: 'Container', images: [{ drift: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      summary: 'A tag of shop in dev has moved',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: 'docker pull docker.io/library/postgres:15.4',
      notes: 'https://example.com/releases'
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
      message: 'Targets whose last check is not of the last three check intervals: 1, most of them in namespace dev'
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
    alert: 'KeyBuzzHelmReleaseStuck',
    seen: { helmStuck: [HELM_STUCK] },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'A Helm release of shop in dev failed or hangs',
      message:
        'Helm release shop is stuck in pending-upgrade (revision 4): helm history shop -n releases, then helm rollback shop 3 -n releases',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzHelmReleaseStuck',
    seen: {
      helmStuck: [
        { ...HELM_STUCK, release: 'a', status: 'failed', rollback_revision: '' },
        { ...HELM_STUCK, release: 'b', status: 'pending-install', revision: '1', rollback_revision: '1' }
      ]
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'A Helm release of shop in dev failed or hangs',
      message:
        'Helm release a failed (revision 4): helm history a -n releases, no revision to go back to is kept; ' +
        'Helm release b is stuck in pending-install (revision 1): helm history b -n releases, then helm rollback b 1 -n releases',
      ...SAID
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      helmRevision: '7',
      wayBack: { ...WAY_BACK, manager: 'helm', release: 'web', revision: '6', proof: 'history' }
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop in dev does not end',
      message:
        'Rollout made no progress within its deadline. To go back: helm history web -n dev, then helm rollback web 6 -n dev',
      ...SAID
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
  },
  {
    alert: 'KeyBuzzDockerUnreachable',
    seen: {},
    self: { docker: { up: '0x240' } },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      summary: 'KeyBuzz Version Guard does not see the containers of a Docker host',
      message: 'A Docker engine cannot be read'
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
