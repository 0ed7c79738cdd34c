import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { generatedRuleFiles } from '../../alerts/generate.ts'
import { CULPRITS } from '../../src/domain/diagnosis.ts'
import { RUNBOOKS } from '../../src/domain/links.ts'
import { needs } from '../support/component.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { ENDPOINT, PROMTOOLS, type Replica, replica, runPromtool, type Seen } from './promtool.ts'
import { readAllRules, ruleFile } from './shipped-rules.ts'

const descriptions = new Map(readAllRules().alerts.map(({ alert, annotations }) => [alert, annotations.description]))

const SAID = { image_tag: 'v0.2.12-dev', ui_version: 'v0.2.33-dev', git_sha: 'abc1234' }
// What the values leave unset makes no link.
const NO_LINKS = { page_url: '', dashboard_url: '' }
const FACTS = { workload: 'Deployment/shop', endpoint: ENDPOINT, ...SAID, ...NO_LINKS }
const OF_VERSION = { ...FACTS, culprit: '', since: '1970-01-01 00:00:40 UTC' }
const { endpoint: _inItsMessage, ...OF_ENDPOINT } = {
  ...OF_VERSION,
  culprit: 'Out of step: the endpoint. Until it answers, nobody can tell which version runs.'
}
const OF_ROLLOUT = { ...FACTS, since: '1970-01-01 00:01:20 UTC' }
const OF_IMAGE = { workload: 'Deployment/shop', ...NO_LINKS }
const OF_GUARD = { page_url: '' }
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
// Compose forgets how many `--scale` made, and `-p`: the command must leave neither to it.
const COMPOSE_UPDATE =
  'docker compose -p dev pull shop && docker compose -p dev up -d shop --scale shop=$(docker compose -p dev ps -q shop | wc -l)'
const SHOP = { namespace: 'dev', service: 'shop' }
const GUARD = { service: 'keybuzz-version-guard' }

const INSTANCE = 'job="guard",instance="a:9877"'

/** What is said of each culprit; the runbooks begin with the same words. */
const SAID_OF_CULPRITS = [
  ['none', ''],
  [
    'route',
    'the route. The pods report the deployed version, the public address something else: a cache answers, or the route leads elsewhere.'
  ],
  [
    'build',
    'the build. The image itself reports a version that is not its tag: it was built without its metadata, or with those of another build.'
  ],
  ['rollout', 'the rollout. It is under way, stuck or held, and old and new pods run side by side.'],
  ['pods', 'some pods. They differ from the others; the page of the service names them.'],
  ['tag_moved', 'the tag. It was moved to another image after these pods had pulled theirs.'],
  ['deployment', 'the deployment. It is not what was declared: somebody deployed by hand, or the declaration is old.'],
  [
    'metadata',
    'the metadata. The version is right, but the commit is missing, or is not the one that the image was built from.'
  ],
  ['endpoint', 'the endpoint. Until it answers, nobody can tell which version runs.'],
  ['unknown', 'not known. A fact is missing; the page of the service names it.']
] as const

const DOWN: Seen = { up: '0x240', consistent: '_x240' }
const FAILURES = [
  [['dns', '_x240'], 'the name cannot be resolved'],
  [['connect', '_x240'], 'no connection'],
  [['tls', '_x240'], 'TLS failed'],
  [['redirect', '302x240'], 'a redirect that the guard does not follow'],
  [['too_large', '200x240'], 'the report is larger than 64 KiB'],
  [['not_json', '200x240'], 'the answer is not JSON'],
  [['no_version', '200x240'], 'the report has no version'],
  [['refused', '_x240'], 'the guard may not ask this address'],
  [['http_status', '520x240'], 'HTTP 520'],
  [['later', '_x240'], 'later']
] as const
// As the page has them, which takes them from Node.
const PHRASES = [400, 401, 403, 404, 405, 406, 408, 410, 429, 500, 501, 502, 503, 504].map(
  code => [['http_status', `${code}x240`], `HTTP ${code} ${STATUS_CODES[code]}`] as const
)

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
      summary: 'shop reports v0.2.33-dev, v0.2.12-dev is deployed (dev)',
      message: 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)',
      ...OF_VERSION
    }
  },
  {
    alert: 'KeyBuzzVersionMismatch',
    seen: { consistent: '0x240', reportedVersions: '3x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop reports v0.2.33-dev, v0.2.12-dev is deployed (dev)',
      message:
        'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev); its pods report 3 different versions or SHAs, ' +
        "and the guard's page names the odd ones",
      ...OF_VERSION
    }
  },
  {
    alert: 'KeyBuzzDebugEndpointDown',
    seen: { up: '0x240', consistent: '_x240', failure: ['http_status', '404x240'] },
    labels: { severity: 'critical', ...SHOP },
    annotations: {
      summary: 'shop does not report its version: HTTP 404 Not Found (dev)',
      message: `Endpoint error: HTTP 404 Not Found, from ${ENDPOINT}`,
      ...OF_ENDPOINT
    }
  },
  {
    alert: 'KeyBuzzDebugEndpointDown',
    seen: { up: '0x240', consistent: '_x240', failure: ['timeout', '_x240'] },
    labels: { severity: 'critical', ...SHOP },
    annotations: {
      summary: 'shop does not report its version: no answer in time (dev)',
      message: `Endpoint error: no answer in time, from ${ENDPOINT}`,
      ...OF_ENDPOINT
    }
  },
  {
    alert: 'KeyBuzzGitShaMissing',
    seen: { warning: '1x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop does not say which commit it was built from (dev)',
      message: 'Git SHA missing in UI response',
      ...OF_VERSION
    }
  },
  // With VERSION_MATCH=git-sha, nothing is compared without a SHA.
  {
    alert: 'KeyBuzzGitShaMissing',
    seen: { warning: '1x240', consistent: '_x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop does not say which commit it was built from (dev)',
      message: 'Git SHA missing in UI response',
      ...OF_VERSION
    }
  },
  {
    alert: 'KeyBuzzWorkloadMissing',
    seen: { found: '0x240', consistent: '_x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop answers, but its workload does not exist (dev)',
      message: 'Workload not found in Kubernetes',
      ...OF_VERSION
    }
  },
  {
    alert: 'KeyBuzzWorkloadMissing',
    seen: { kind: 'Container', found: '0x240', consistent: '_x240' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'shop answers, but its workload does not exist (dev)',
      message: 'Workload not found on the Docker host',
      ...OF_VERSION,
      workload: 'Container/shop'
    }
  },
  {
    alert: 'KeyBuzzWorkloadMissing',
    seen: { hasEndpoint: false, found: '0x240', imageTag: '', uiVersion: '', gitSha: '' },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The workload of shop does not exist (dev)',
      message: 'Workload not found in Kubernetes',
      ...OF_VERSION,
      endpoint: '',
      image_tag: '',
      ui_version: '',
      git_sha: '',
      since: ''
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: { stuck: '1x240', wayBack: { ...WAY_BACK, revision: '3', image_tag: 'v0.2.11-dev', proof: 'serves' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message: 'Rollout made no progress within its deadline. You can go back to v0.2.11-dev (proof: serves)',
      command: 'kubectl rollout undo deployment/shop -n dev --to-revision=3',
      ...OF_ROLLOUT
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
      summary: 'The rollout of shop is stuck (dev)',
      message:
        'Rollout made no progress within its deadline. You can go back to v0.2.11-dev (proof: history), but Argo CD reverts that at its next sync: revert the change in Git',
      command:
        'kubectl rollout resume deployment/shop -n dev && kubectl rollout undo deployment/shop -n dev --to-revision=3',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: { stuck: '1x240', wayBack: { ...WAY_BACK, kind: 'StatefulSet', proof: 'not_watched', pod: 'shop-2' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message:
        'Rollout made no progress within its deadline. The guard knows nothing to go back to (not_watched); the command frees the pod that is stuck',
      command: 'kubectl delete pod shop-2 -n dev',
      ...OF_ROLLOUT
    }
  },
  // Its container was renamed since.
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: { stuck: '1x240', wayBack: { ...WAY_BACK, revision: '3', image_tag: '', proof: 'serves' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message: 'Rollout made no progress within its deadline. You can go back to revision 3 (proof: serves)',
      command: 'kubectl rollout undo deployment/shop -n dev --to-revision=3',
      ...OF_ROLLOUT
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
      summary: 'The rollout of shop is stuck (dev)',
      message: 'Rollout made no progress within its deadline. You can go back to v1 (proof: serves)',
      command: 'kubectl rollout undo statefulset/shop -n dev --to-revision=1 && kubectl delete pod shop-2 -n dev',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzMixedVersions',
    seen: { mixed: '1x240', wayBack: { ...WAY_BACK, manager: 'helm', release: 'web', revision: '3', proof: 'serves' } },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'Pods of shop run different images (dev)',
      message:
        'No rollout is under way, but the pods run 2 different images. Helm manages it: look at `helm history web -n dev` before you go back',
      command: 'helm rollback web REVISION -n dev',
      ...OF_ROLLOUT,
      culprit: ''
    }
  },
  // These texts come from people who may annotate the workload.
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      wayBack: { ...WAY_BACK, manager: 'helm', release: 'web; id #', revision: '3', proof: 'serves' }
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message: 'Rollout made no progress within its deadline. Helm manages it',
      command: '',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      wayBack: { ...WAY_BACK, manager: 'helm', release: 'web', revision: '3', proof: 'serves' },
      releaseNamespace: '--post-renderer=x'
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message: 'Rollout made no progress within its deadline. Helm manages it',
      command: '',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzVersionGuardSeriesDropped',
    seen: {},
    self: { dropped: '0+5x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard leaves services out of /metrics',
      message: 'SERIES_LIMIT has no room for all series'
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: { images: [{ available: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      ...OF_IMAGE,
      summary: 'An update is available for shop (dev)',
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
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An update is available for shop (dev)',
      message: 'app 15.4 → 15.12. First write the new tag into the Compose file',
      image_tag: '15.4',
      command: COMPOSE_UPDATE,
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
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An update is available for shop (dev)',
      message: 'app 15.4 → 15.12',
      image_tag: '15.4',
      command: 'docker pull docker.io/library/postgres:15.12',
      notes: ''
    }
  },
  {
    alert: 'KeyBuzzImageUpdateAvailable',
    seen: {
      kind: 'Container',
      managedBy: 'swarm',
      images: [{ available: '1x240', info: { ...POSTGRES, latest: '15.12', notes: '' } }]
    },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An update is available for shop (dev)',
      message: 'app 15.4 → 15.12',
      image_tag: '15.4',
      command: 'docker service update --image docker.io/library/postgres:15.12 dev_shop',
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
      ...OF_IMAGE,
      summary: 'An update is available for shop (dev)',
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
      ...OF_IMAGE,
      summary: 'An image tag of shop was moved (dev)',
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
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An image tag of shop was moved (dev)',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: COMPOSE_UPDATE,
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageDigestDrift',
    seen: { kind: 'Container', images: [{ drift: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An image tag of shop was moved (dev)',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: 'docker pull docker.io/library/postgres:15.4',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzImageDigestDrift',
    seen: { kind: 'Container', managedBy: 'swarm', images: [{ drift: '1x240', info: POSTGRES }] },
    at: '10m',
    labels: { severity: 'info', ...SHOP },
    annotations: {
      ...OF_IMAGE,
      workload: 'Container/shop',
      summary: 'An image tag of shop was moved (dev)',
      message: 'app: tag 15.4 has moved to another image',
      image_tag: '15.4',
      command: 'docker service update --image docker.io/library/postgres:15.4 dev_shop',
      notes: 'https://example.com/releases'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { alive: '_x240' },
    labels: { severity: 'critical', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard is down',
      message: 'Prometheus scrapes no KeyBuzz Version Guard'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { shard: [1, 3] },
    labels: { severity: 'critical', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'A shard of KeyBuzz Version Guard is down',
      message: 'Prometheus scrapes 1 of 3 shards of KeyBuzz Version Guard'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardDown',
    seen: {},
    self: { startedAt: '0+60x240' },
    labels: { severity: 'critical', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard keeps restarting, or is often out of reach',
      message: 'KeyBuzz Version Guard keeps restarting, or only some of its scrapes succeed'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: { checkedAt: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'Checks of KeyBuzz Version Guard are out of date',
      message: 'Targets that were not checked within the last three intervals: 1, and namespace dev has the most'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: { checkedAt: '_x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'Checks of KeyBuzz Version Guard are out of date',
      message: 'A guard has not yet checked any of its targets'
    }
  },
  {
    alert: 'KeyBuzzVersionGuardStale',
    seen: {},
    self: { reloadSuccess: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard refuses a file that changed',
      message: 'A file that changed is refused: its last good version is in use'
    }
  },
  {
    alert: 'KeyBuzzHelmReleaseStuck',
    seen: { helmStuck: [HELM_STUCK] },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'Helm release shop is stuck in pending-upgrade (dev)',
      message:
        'Helm release shop is stuck in pending-upgrade (revision 4): look at `helm history shop -n releases` first, then go back to revision 3',
      command: 'helm rollback shop 3 -n releases',
      ...FACTS
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
      summary: 'Helm release a failed, and others of shop (dev)',
      message:
        'Helm release a failed (revision 4): look at `helm history a -n releases` first; no revision to go back to is kept; ' +
        'Helm release b is stuck in pending-install (revision 1): look at `helm history b -n releases` first, then go back to revision 1',
      command: 'helm rollback b 1 -n releases',
      ...FACTS
    }
  },
  {
    alert: 'KeyBuzzHelmReleaseStuck',
    seen: { helmStuck: [{ ...HELM_STUCK, status: 'uninstalling', rollback_revision: '' }] },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'Helm release shop is stuck in uninstalling (dev)',
      message:
        'Helm release shop is stuck in uninstalling (revision 4): look at `helm history shop -n releases` first; ' +
        '`helm uninstall shop -n releases` finishes it',
      command: '',
      ...FACTS
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
      summary: 'The rollout of shop is stuck (dev)',
      message:
        'Rollout made no progress within its deadline. Helm manages it: look at `helm history web -n dev` before you go back',
      command: 'helm rollback web 6 -n dev',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzRolloutStuck',
    seen: {
      stuck: '1x240',
      releaseNamespace: 'releases',
      wayBack: { ...WAY_BACK, kind: 'StatefulSet', manager: 'helm', release: 'web', proof: 'serves', pod: 'shop-2' }
    },
    labels: { severity: 'warning', ...SHOP },
    annotations: {
      summary: 'The rollout of shop is stuck (dev)',
      message:
        'Rollout made no progress within its deadline. Helm manages it: look at `helm history web -n releases` before you go back',
      command: 'helm rollback web REVISION -n releases && kubectl delete pod shop-2 -n dev',
      ...OF_ROLLOUT
    }
  },
  {
    alert: 'KeyBuzzKubernetesUnreachable',
    seen: {},
    self: { kubernetesUp: '0x240' },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard cannot read all of Kubernetes',
      message: 'Kubernetes cannot be read, or only in part',
      since: '1970-01-01 00:05:00 UTC'
    }
  },
  {
    alert: 'KeyBuzzDockerUnreachable',
    seen: {},
    self: { docker: { up: '0x240' } },
    labels: { severity: 'warning', ...GUARD },
    annotations: {
      ...OF_GUARD,
      summary: 'KeyBuzz Version Guard cannot read a Docker host',
      message: 'A Docker engine cannot be read',
      since: '1970-01-01 00:05:00 UTC'
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
        const a = replica('a:9877', [facts], self)
        // A Prometheus that runs twice, or a relabelled instance, may give a guard's series twice, with labels of their own.
        const again = a.map(({ series, values }) => ({ series: series.replace('}', ',replica="again"}'), values }))
        const scenario = {
          input_series: [...a, ...again, ...replica('b:9877', [facts], self)],
          alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: [{ exp_labels: labels, exp_annotations }] }]
        }
        assert.equal(runPromtool(t, [scenario], { program }), '')
      })
    }

    /** What the alert about this one service says five minutes on. */
    const says = (t: TestContext, alert: string, seen: Seen, expected: Readonly<Record<string, string>>) => {
      const severity = alert === 'KeyBuzzDebugEndpointDown' ? 'critical' : 'warning'
      const exp_annotations = {
        ...expected,
        description: descriptions.get(alert),
        runbook_url: `${RUNBOOKS}/${alert}.md`
      }
      const facts = { imageTag: SAID.image_tag, uiVersion: SAID.ui_version, ...seen }
      const exp_alerts = [{ exp_labels: { severity, ...SHOP }, exp_annotations }]
      const scenario = {
        input_series: replica('a:9877', [facts]),
        alert_rule_test: [{ eval_time: '5m', alertname: alert, exp_alerts }]
      }
      return runPromtool(t, [scenario], { program })
    }
    const MISMATCH = {
      ...OF_VERSION,
      summary: 'shop reports v0.2.33-dev, v0.2.12-dev is deployed (dev)',
      message: 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)'
    }

    test('name the cluster in the summary where Prometheus has its name for an external label', t => {
      const exp_annotations = {
        ...MISMATCH,
        summary: `${MISMATCH.summary}, cluster fsn1`,
        description: descriptions.get('KeyBuzzVersionMismatch'),
        runbook_url: `${RUNBOOKS}/KeyBuzzVersionMismatch.md`
      }
      const facts = { imageTag: SAID.image_tag, uiVersion: SAID.ui_version, consistent: '0x240' }
      const exp_alerts = [{ exp_labels: { severity: 'warning', ...SHOP }, exp_annotations }]
      const scenario = {
        external_labels: { cluster: 'fsn1' },
        input_series: replica('a:9877', [facts]),
        alert_rule_test: [{ eval_time: '5m', alertname: 'KeyBuzzVersionMismatch', exp_alerts }]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })

    test('say that Prometheus overwrites the labels of the guard', t => {
      const exp_annotations = {
        ...OF_GUARD,
        summary: 'Prometheus overwrites labels of KeyBuzz Version Guard',
        message: 'Prometheus scrapes KeyBuzz Version Guard without honor_labels: its services have the wrong names',
        description: descriptions.get('KeyBuzzVersionGuardDown'),
        runbook_url: `${RUNBOOKS}/KeyBuzzVersionGuardDown.md`
      }
      const exp_alerts = [{ exp_labels: { severity: 'critical', ...GUARD }, exp_annotations }]
      const scenario = {
        input_series: replica('a:9877', [{}]).map(({ series, values }) => ({
          series: series.replace('service="shop"', 'service="guard",exported_service="shop"'),
          values
        })),
        alert_rule_test: [{ eval_time: '5m', alertname: 'KeyBuzzVersionGuardDown', exp_alerts }]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })

    test('have words for every culprit that there is', () => {
      assert.deepEqual(
        SAID_OF_CULPRITS.map(([culprit]) => culprit),
        CULPRITS
      )
    })

    for (const [culprit, words] of SAID_OF_CULPRITS) {
      test(`say who is out of step: ${culprit}`, t => {
        const sentence = words === '' ? '' : `Out of step: ${words}`
        const expected = { ...MISMATCH, culprit: sentence }
        assert.equal(says(t, 'KeyBuzzVersionMismatch', { consistent: '0x240', culprit }, expected), '')
      })
    }

    for (const [failure, words] of [...FAILURES, ...PHRASES]) {
      test(`say in words why an endpoint is down: ${failure.join(' ').replace(/x240$/, '')}`, t => {
        const expected = {
          ...OF_ENDPOINT,
          summary: `shop does not report its version: ${words} (dev)`,
          message: `Endpoint error: ${words}, from ${ENDPOINT}`
        }
        assert.equal(says(t, 'KeyBuzzDebugEndpointDown', { ...DOWN, failure }, expected), '')
      })
    }

    for (const [rule, seen, expected] of [
      [
        'speak of pods where the address reports the deployed version',
        { uiVersion: 'v0.2.12-dev' },
        {
          summary: 'Pods of shop report different versions (dev)',
          message: 'Not all pods report what is deployed (v0.2.12-dev)',
          ui_version: 'v0.2.12-dev'
        }
      ],
      [
        'name the commit where the report has no version',
        { uiVersion: '' },
        {
          summary: 'shop reports commit abc1234, v0.2.12-dev is deployed (dev)',
          message: 'UI git SHA (abc1234) does not match deployed image tag (v0.2.12-dev)',
          ui_version: ''
        }
      ]
    ] as const) {
      test(`${rule}`, t => {
        const mismatch = { consistent: '0x240', ...seen }
        assert.equal(says(t, 'KeyBuzzVersionMismatch', mismatch, { ...MISMATCH, ...expected }), '')
      })
    }

    test('of a release that is unhealthy say what failed, since when, and how to go back', t => {
      const of = (series: string, values: string) => ({
        series: `${series}{namespace="dev",service="shop",${INSTANCE}}`,
        values
      })
      const wayBack = 'kind="Deployment",workload="shop",manager="",revision="3",image_tag="v1",proof="serves"'
      const exp_annotations = {
        ...NO_LINKS,
        summary: 'shop has been unhealthy since its last rollout (dev)',
        message: 'Failed after the rollout: health. You can go back to v1 (proof: serves)',
        workload: 'Deployment/shop',
        endpoint: '',
        image_tag: 'v2',
        ui_version: '',
        git_sha: '',
        command: 'kubectl rollout undo deployment/shop -n dev --to-revision=3',
        since: '1970-01-01 00:02:00 UTC',
        description: descriptions.get('KeyBuzzReleaseUnhealthy'),
        runbook_url: `${RUNBOOKS}/KeyBuzzReleaseUnhealthy.md`
      }
      const exp_alerts = [{ exp_labels: { severity: 'warning', ...SHOP }, exp_annotations }]
      const scenario = {
        input_series: [
          of('keybuzz_rollout_started_timestamp_seconds', '60x40'),
          of('keybuzz_rollout_completed_timestamp_seconds', '_x7 120x40'),
          of('keybuzz_debug_endpoint_up', '0x40'),
          of('keybuzz_version_check_timestamp_seconds', '0+15x40'),
          { series: `keybuzz_version_info{namespace="dev",service="shop",image_tag="v2",${INSTANCE}}`, values: '1x40' },
          { series: `keybuzz_rollback_info{namespace="dev",service="shop",${wayBack},${INSTANCE}}`, values: '1x40' },
          {
            series: `keybuzz_service_info{namespace="dev",service="shop",kind="Deployment",workload="shop",${INSTANCE}}`,
            values: '1x40'
          }
        ],
        alert_rule_test: [{ eval_time: '5m', alertname: 'KeyBuzzReleaseUnhealthy', exp_alerts }]
      }
      assert.equal(runPromtool(t, [scenario], { program, rules: ruleFile('postdeploy') }), '')
    })

    test('link to the page and the dashboard of the service where values name them, and where there is a service', t => {
      const values = parse(readFileSync(join(ROOT, 'helm/values.yaml'), 'utf8'))
      const links = {
        runbookUrl: 'https://wiki.example/runbooks/',
        pageUrl: 'https://guard.example/',
        dashboardUrl: 'https://grafana.example/d/service?orgId=1'
      }
      const alerting = { ...values.alerting, ...links }
      const readSource = (name: string) => readFileSync(join(ROOT, 'alerts/sources', name), 'utf8')
      const rules = join(temporaryFolder(t), 'rules.yaml')
      const made = generatedRuleFiles(readSource, JSON.stringify({ alerting }))
      writeFileSync(rules, made['rules.yaml'] ?? '')
      const facts = { service: 'shop/web a', consistent: '0x240', imageTag: 'v1', uiVersion: 'v2' }
      const exp_annotations = {
        ...OF_VERSION,
        summary: 'shop/web a reports v2, v1 is deployed (dev)',
        message: 'UI version (v2) does not match deployed image tag (v1)',
        description: descriptions.get('KeyBuzzVersionMismatch'),
        workload: 'Deployment/shop/web a',
        image_tag: 'v1',
        ui_version: 'v2',
        page_url: 'https://guard.example/services/dev/shop%2Fweb%20a',
        dashboard_url: 'https://grafana.example/d/service?orgId=1&var-namespace=dev&var-service=shop%2Fweb+a',
        runbook_url: 'https://wiki.example/runbooks/KeyBuzzVersionMismatch.md'
      }
      const exp_labels = { severity: 'warning', namespace: 'dev', service: 'shop/web a' }
      const ofService = {
        eval_time: '5m',
        alertname: 'KeyBuzzVersionMismatch',
        exp_alerts: [{ exp_labels, exp_annotations }]
      }
      const ofGuard = {
        eval_time: '5m',
        alertname: 'KeyBuzzKubernetesUnreachable',
        exp_alerts: [
          {
            exp_labels: { severity: 'warning', ...GUARD },
            exp_annotations: {
              summary: 'KeyBuzz Version Guard cannot read all of Kubernetes',
              message: 'Kubernetes cannot be read, or only in part',
              description: descriptions.get('KeyBuzzKubernetesUnreachable'),
              since: '1970-01-01 00:05:00 UTC',
              page_url: 'https://guard.example/',
              runbook_url: 'https://wiki.example/runbooks/KeyBuzzKubernetesUnreachable.md'
            }
          }
        ]
      }
      const ofRelease = {
        eval_time: '5m',
        alertname: 'KeyBuzzHelmReleaseStuck',
        exp_alerts: [
          {
            exp_labels: { severity: 'warning', namespace: 'dev', service: 'infra' },
            exp_annotations: {
              ...FACTS,
              workload: '',
              endpoint: '',
              image_tag: '',
              ui_version: '',
              git_sha: '',
              summary: 'Helm release infra failed (dev)',
              message:
                'Helm release infra failed (revision 2): look at `helm history infra -n dev` first; no revision to go back to is kept',
              command: '',
              description: descriptions.get('KeyBuzzHelmReleaseStuck'),
              runbook_url: 'https://wiki.example/runbooks/KeyBuzzHelmReleaseStuck.md'
            }
          }
        ]
      }
      const infra = 'release="infra",release_namespace="dev",status="failed",revision="2",rollback_revision=""'
      const withoutService = `keybuzz_helm_release_stuck{namespace="dev",service="infra",${infra},${INSTANCE}}`
      const scenario = {
        input_series: [
          ...replica('a:9877', [facts], { kubernetesUp: '0x240' }),
          { series: withoutService, values: '1x240' }
        ],
        alert_rule_test: [ofService, ofGuard, ofRelease]
      }
      // Nobody serves the page of a guard that is down.
      const saidOfDown = {
        summary: 'KeyBuzz Version Guard is down',
        message: 'Prometheus scrapes no KeyBuzz Version Guard',
        description: descriptions.get('KeyBuzzVersionGuardDown'),
        page_url: '',
        runbook_url: 'https://wiki.example/runbooks/KeyBuzzVersionGuardDown.md'
      }
      const withoutGuard = {
        input_series: [],
        alert_rule_test: [
          {
            eval_time: '5m',
            alertname: 'KeyBuzzVersionGuardDown',
            exp_alerts: [{ exp_labels: { severity: 'critical', ...GUARD }, exp_annotations: saidOfDown }]
          }
        ]
      }
      assert.equal(runPromtool(t, [scenario, withoutGuard], { program, rules }), '')
    })

    test('tell why the endpoint is down, in the words of the replica that looked last', t => {
      const old = { ...DOWN, checkedAt: '0+14x240', failure: ['not_json', '200x240'] } as const
      const fresh = { ...DOWN, failure: ['http_status', '503x240'] } as const
      const exp_annotations = {
        ...OF_ENDPOINT,
        image_tag: 'v1',
        ui_version: 'v1',
        summary: 'shop does not report its version: HTTP 503 Service Unavailable (dev)',
        message: `Endpoint error: HTTP 503 Service Unavailable, from ${ENDPOINT}`,
        description: descriptions.get('KeyBuzzDebugEndpointDown'),
        runbook_url: `${RUNBOOKS}/KeyBuzzDebugEndpointDown.md`
      }
      const exp_alerts = [{ exp_labels: { severity: 'critical', ...SHOP }, exp_annotations }]
      const tests = [
        [old, fresh],
        [fresh, old]
      ].map(([a = {}, b = {}]) => ({
        input_series: [...replica('a:9877', [a]), ...replica('b:9877', [b])],
        alert_rule_test: [{ eval_time: '5m', alertname: 'KeyBuzzDebugEndpointDown', exp_alerts }]
      }))
      assert.equal(runPromtool(t, tests, { program }), '')
    })

    test('name the newest tags as the replica has them that read the registry last', t => {
      const knows = (latest: string): Seen => ({
        images: [
          {
            available: '1x240',
            info: { ...POSTGRES, latest, same_major: '', notes: `https://example.com/${latest}` }
          }
        ]
      })
      const read = (instance: string, at: string) => ({
        series: `keybuzz_image_last_check_timestamp_seconds{${shop},container="app",job="guard",instance="${instance}"}`,
        values: `${at}x240`
      })
      const shop = 'namespace="dev",service="shop"'
      const exp_annotations = {
        ...OF_IMAGE,
        summary: 'An update is available for shop (dev)',
        message: 'app 15.4 → 17.3',
        image_tag: '15.4',
        command: 'kubectl -n dev set image deployment/shop app=docker.io/library/postgres:17.3',
        notes: 'https://example.com/17.3',
        description: descriptions.get('KeyBuzzImageUpdateAvailable'),
        runbook_url: `${RUNBOOKS}/KeyBuzzImageUpdateAvailable.md`
      }
      const exp_alerts = [{ exp_labels: { severity: 'info', ...SHOP }, exp_annotations }]
      const alert_rule_test = [{ eval_time: '10m', alertname: 'KeyBuzzImageUpdateAvailable', exp_alerts }]
      const [first, last] = [knows('17.2'), knows('17.3')]
      const tests = [
        [...replica('a:9877', [first]), read('a:9877', '3'), ...replica('b:9877', [last]), read('b:9877', '60')],
        [...replica('a:9877', [last]), read('a:9877', '60'), ...replica('b:9877', [first]), read('b:9877', '3')]
      ].map(input_series => ({ input_series, alert_rule_test }))
      assert.equal(runPromtool(t, tests, { program }), '')
    })

    test('tell of no image that only a replica knows that has lost Kubernetes', t => {
      const replaced: Seen = { images: [{ available: '1x240', drift: '1x240', info: POSTGRES }] }
      const scenario = {
        input_series: [...replica('a:9877', [replaced], { lastSync: '-600+0x240' }), ...replica('b:9877', [{}])],
        alert_rule_test: ['KeyBuzzImageUpdateAvailable', 'KeyBuzzImageDigestDrift'].map(alertname => ({
          eval_time: '30m',
          alertname,
          exp_alerts: []
        }))
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })

    test('name no way back that a replica knows from before', t => {
      const knows = (revision: string, imageTag: string) => ({
        stuck: '1x240',
        imageTag,
        wayBack: { ...WAY_BACK, revision, image_tag: `v${revision}`, proof: 'serves' },
        helmStuck: [{ ...HELM_STUCK, revision: `${Number(revision) + 1}`, rollback_revision: revision }]
      })
      const [old, fresh] = [knows('3', 'v4'), knows('7', 'v8')]
      const said = { ...OF_ROLLOUT, image_tag: 'v8', ui_version: 'v1' }
      const expected = {
        KeyBuzzRolloutStuck: {
          ...said,
          summary: 'The rollout of shop is stuck (dev)',
          message: 'Rollout made no progress within its deadline. You can go back to v7 (proof: serves)',
          command: 'kubectl rollout undo deployment/shop -n dev --to-revision=7'
        },
        KeyBuzzHelmReleaseStuck: {
          ...FACTS,
          image_tag: 'v8',
          ui_version: 'v1',
          summary: 'Helm release shop is stuck in pending-upgrade (dev)',
          message:
            'Helm release shop is stuck in pending-upgrade (revision 8): look at `helm history shop -n releases` first, then go back to revision 7',
          command: 'helm rollback shop 7 -n releases'
        }
      }
      const alert_rule_test = Object.entries(expected).map(([alert, annotations]) => ({
        eval_time: '15m',
        alertname: alert,
        exp_alerts: [
          {
            exp_labels: { severity: 'warning', ...SHOP },
            exp_annotations: {
              ...annotations,
              description: descriptions.get(alert),
              runbook_url: `${RUNBOOKS}/${alert}.md`
            }
          }
        ]
      }))
      const unseen: Replica = { lastSync: '0x240' }
      const tests = [
        [...replica('a:9877', [old], unseen), ...replica('b:9877', [fresh])],
        [...replica('a:9877', [fresh]), ...replica('b:9877', [old], unseen)]
      ].map(input_series => ({ input_series, alert_rule_test }))
      assert.equal(runPromtool(t, tests, { program }), '')
    })

    test('names the namespace whose services are left out all at once', t => {
      const held = (namespace: string, values: string) => ({
        series: `keybuzz_version_guard_new_series_held_total{namespace="${namespace}",${INSTANCE}}`,
        values
      })
      const exp_annotations = {
        ...OF_GUARD,
        summary: 'KeyBuzz Version Guard leaves services out of /metrics',
        message: 'Namespace dev names too many new services',
        description: descriptions.get('KeyBuzzVersionGuardSeriesDropped'),
        runbook_url: `${RUNBOOKS}/KeyBuzzVersionGuardSeriesDropped.md`
      }
      const exp_alerts = [{ exp_labels: { severity: 'warning', ...GUARD }, exp_annotations }]
      const scenario = {
        input_series: [...replica('a:9877', []), held('before', '900x240'), held('dev', '_x80 100x159')],
        alert_rule_test: [{ eval_time: '25m', alertname: 'KeyBuzzVersionGuardSeriesDropped', exp_alerts }]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })

    test('take what is deployed and who is out of step from no replica that knows Kubernetes from before', t => {
      const culprit = 'pods'
      const old = { imageTag: 'v0.2.33-dev', uiVersion: 'v0.2.33-dev', culprit, reportedVersions: '3x240' }
      const fresh = {
        imageTag: 'v0.2.12-dev',
        uiVersion: 'v0.2.33-dev',
        culprit: 'deployment',
        checkedAt: '0+14.9x240'
      }
      const said = { ...OF_VERSION, culprit: `Out of step: ${new Map(SAID_OF_CULPRITS).get('deployment')}` }
      const expected: readonly (readonly [alert: string, Seen, Readonly<Record<string, string>>])[] = [
        [
          'KeyBuzzVersionMismatch',
          { consistent: '0x240' },
          {
            ...said,
            summary: 'shop reports v0.2.33-dev, v0.2.12-dev is deployed (dev)',
            message: 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)'
          }
        ],
        [
          'KeyBuzzWorkloadMissing',
          { found: '0x240', consistent: '_x240' },
          {
            ...said,
            summary: 'shop answers, but its workload does not exist (dev)',
            message: 'Workload not found in Kubernetes'
          }
        ]
      ]
      const tests = expected.map(([alert, sees, annotations]) => ({
        input_series: [
          ...replica('a:9877', [{ ...old }], { lastSync: '0x240' }),
          ...replica('b:9877', [{ ...fresh, ...sees }])
        ],
        alert_rule_test: [
          {
            eval_time: '15m',
            alertname: alert,
            exp_alerts: [
              {
                exp_labels: { severity: 'warning', ...SHOP },
                exp_annotations: {
                  ...annotations,
                  description: descriptions.get(alert),
                  runbook_url: `${RUNBOOKS}/${alert}.md`
                }
              }
            ]
          }
        ]
      }))
      assert.equal(runPromtool(t, tests, { program }), '')
    })

    // What is told of the fresh one of two replicas, which do not see the same.
    const told = {
      ...OF_VERSION,
      summary: 'shop reports v2, v3 is deployed (dev)',
      message: 'UI version (v2) does not match deployed image tag (v3)',
      description: descriptions.get('KeyBuzzVersionMismatch'),
      image_tag: 'v3',
      ui_version: 'v2',
      runbook_url: `${RUNBOOKS}/KeyBuzzVersionMismatch.md`
    }
    const fresh = { consistent: '0x240', imageTag: 'v3', uiVersion: 'v2' }
    const mismatchAt = (eval_time: string, exp_annotations: object) => ({
      eval_time,
      alertname: 'KeyBuzzVersionMismatch',
      exp_alerts: [{ exp_labels: { severity: 'warning', ...SHOP }, exp_annotations }]
    })

    test('tells no time since which only a replica that hangs saw a fault', t => {
      const begun = replica('b:9877', [fresh]).map(({ series, values }) => ({
        series,
        values: series.includes('guard="version"') ? '100x240' : values
      }))
      const scenario = {
        input_series: [...replica('a:9877', [{ ...fresh, checkedAt: '0x240' }]), ...begun],
        alert_rule_test: [mismatchAt('15m', { ...told, since: '1970-01-01 00:01:40 UTC' })]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })

    test('takes no words from a replica that compares nothing, though it looked last', t => {
      const compares = replica('b:9877', [{ ...fresh, culprit: 'route', checkedAt: '0+14.9x240' }]).map(
        ({ series, values }) => ({ series, values: series.includes('guard="version"') ? '100x240' : values })
      )
      const culprit = `Out of step: ${new Map(SAID_OF_CULPRITS).get('route')}`
      const noAnswer: Seen = { ...DOWN, imageTag: 'v3', uiVersion: '', gitSha: '', culprit: 'endpoint' }
      const neverRead: Seen = { consistent: '_x240', imageTag: '', uiVersion: 'v2' }
      const tests = [noAnswer, neverRead].map(other => ({
        input_series: [...replica('a:9877', [other]), ...compares],
        alert_rule_test: [mismatchAt('5m', { ...told, git_sha: 'abc1234', culprit, since: '1970-01-01 00:01:40 UTC' })]
      }))
      assert.equal(runPromtool(t, tests, { program }), '')
    })

    test('tells the versions of the replica that looked last', t => {
      const old = { consistent: '0x240', checkedAt: '0+14x240', imageTag: 'v1', uiVersion: 'v0' }
      const scenario = {
        input_series: [...replica('a:9877', [old]), ...replica('b:9877', [fresh])],
        alert_rule_test: [mismatchAt('5m', { ...told, git_sha: 'abc1234' })]
      }
      assert.equal(runPromtool(t, [scenario], { program }), '')
    })
  })
}
