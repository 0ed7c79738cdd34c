// The commands of the runbooks, pasted one after the other, on a real control plane with the real guard and a real
// Prometheus. Ports are open already, and what no container here could answer (logs, exec, top) has a stand-in.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram, needs } from '../support/component.ts'
import { controllersMissing } from '../support/control-plane.ts'
import { temporaryFolder } from '../support/files.ts'
import { prometheusMissing, startAlerting } from '../support/prometheus.ts'
import { type RolloutCluster, startRolloutCluster } from '../support/rollout-cluster.ts'
import { reporting, startService } from '../support/services.ts'
import { commandsOf, RUNBOOKS } from './runbook-commands.ts'

const ASSETS = process.env.KUBEBUILDER_ASSETS ?? ''
const jqMissing = findProgram('jq') === undefined ? 'jq is not on the PATH; Debian: apt install jq' : undefined
// One is for a Docker host, the other wants a gate.
const ELSEWHERE = ['KeyBuzzDockerUnreachable', 'KeyBuzzGateNoGo']
const NAME = 'app.kubernetes.io/name'

const serviceOf = (name: string, namespace: string, spec: object, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec
})
const podOf = (name: string, namespace: string, more: object, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: { containers: [{ name: 'app', image: 'web:v1' }], ...more }
})
const ingressOf = (name: string, host: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop' },
  spec: {
    rules: [
      {
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] }
      }
    ]
  }
})

suite('runbooks', needs(controllersMissing ?? prometheusMissing ?? jqMissing), () => {
  const ends: (() => Promise<void> | void)[] = []
  const life = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
  let stage: RolloutCluster
  let prometheus: { readonly url: string }
  let origin: string
  let folder: string
  before(async () => {
    stage = await startRolloutCluster(['keybuzz-db'])
    life.after(stage.close)
    origin = (await startService(life, reporting({ version: 'v1', gitSha: 'abc1234' }))).replace(
      '127.0.0.1',
      'localhost'
    )
    const annotations = { 'version-guard.keybuzz.io/endpoint': `${origin}/debug/version` }
    await stage.start('Deployment', 'web', { annotations })
    await stage.start('Deployment', 'web-admin')
    const port = { port: 80 }
    for (const object of [
      serviceOf('guard', 'monitoring', { ports: [{ ...port, name: 'http' }] }, { [NAME]: 'keybuzz-version-guard' }),
      serviceOf('web', 'shop', { ports: [port], selector: { app: 'web' } }),
      serviceOf('web-admin', 'shop', { ports: [port], selector: { app: 'web-admin' } }),
      ingressOf('web', 'localhost'),
      ingressOf('web-admin', 'web-admin.localhost'),
      podOf('guard-0', 'monitoring', { serviceAccountName: 'guard' }, { [NAME]: 'keybuzz-version-guard' }),
      podOf('postgres-0', 'keybuzz-db', {}),
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data-postgres-0', namespace: 'keybuzz-db' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
      }
    ]) {
      await stage.cluster.controlPlane.kubectl(['create', '-f=-'], JSON.stringify(object))
    }
    prometheus = await startAlerting(life, stage.guard.url)
    folder = temporaryFolder(life)
    const kubeconfig = stage.cluster.controlPlane.adminKubeconfig
    const programs = {
      kubectl: `case " $* " in
  *" port-forward "*) exec sleep 5 >/dev/null 2>&1 ;;
  *" logs "* | *" exec "* | *" top "*) echo "GIT_SHA=abc1234 (refused) $*" ;;
  *) exec "${ASSETS}/kubectl" --kubeconfig="${kubeconfig}" "$@" ;;
esac`,
      helm: 'echo "$*"',
      docker: 'echo "$*"',
      sleep: `case "$1" in 2) ;; *) exec "${findProgram('sleep')}" "$@" ;; esac`
    }
    mkdirSync(join(folder, 'bin'))
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    }
  })
  after(async () => {
    for (const end of ends) await end()
  })

  for (const runbook of RUNBOOKS.filter(name => !ELSEWHERE.includes(name))) {
    test(`${runbook}: every command answers, and of the service alone`, async () => {
      const commands = commandsOf(runbook)
        .replace(
          /NAMESPACE=keybuzz-(?:client-dev|api-prod) SERVICE=keybuzz-(?:client|api)/,
          'NAMESPACE=shop SERVICE=web'
        )
        .replaceAll('http://localhost:9877', stage.guard.url)
        .replaceAll('http://localhost:9090', prometheus.url)
        .replaceAll('http://localhost:8080', origin)
      const env = { PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter), HOME: folder }
      const flags = ['-eu', '-o', 'pipefail', '-c', commands]
      const { stdout } = await promisify(execFile)('bash', flags, { env, maxBuffer: Number.POSITIVE_INFINITY })
      const isOfService = commands.includes('SERVICE=web') && runbook !== 'KeyBuzzWorkloadMissing'
      if (!isOfService) return
      const lines = stdout.split('\n').filter(line => !/ (?:Normal|Warning) /.test(line))
      assert.deepEqual(
        lines.filter(line => line.includes('web-admin')),
        []
      )
      if (commands.includes('guarded')) assert.match(stdout, /\bweb\b/)
    })
  }
})
