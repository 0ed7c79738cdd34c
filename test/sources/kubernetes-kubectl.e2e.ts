import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createKubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts'
import { needs } from '../support/component.ts'
import { controlPlaneMissing } from '../support/control-plane.ts'
import { type FakeApiServer, kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { problemsOf } from '../support/followed-source.ts'

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments'
const V1BETA1 = 'client.authentication.k8s.io/v1beta1'

/** A kubeconfig as it is parsed; a case changes it. */
interface Written {
  clusters: { name: string; cluster: Record<string, unknown> }[]
  users: { name: string; user: Record<string, unknown> }[]
  contexts: { name: string; context: Record<string, unknown> }[]
  'current-context'?: string
}

const EXEC = { apiVersion: V1BETA1, command: 'sh', args: ['-c', 'exit 1'] }

function changed(fields: object) {
  return (config: Written) => {
    Object.assign(config, fields)
  }
}

function ofUser(user: Record<string, unknown>) {
  return (config: Written) => {
    config.users = [{ name: 'guard', user }]
  }
}

function ofCluster(fields: Record<string, unknown>) {
  return (config: Written) => {
    Object.assign(config.clusters[0]?.cluster ?? {}, fields)
  }
}

function printing(answer: object) {
  return {
    ...EXEC,
    args: ['-c', `echo '${JSON.stringify({ kind: 'ExecCredential', apiVersion: V1BETA1, ...answer })}'`]
  }
}

suite('the configuration that kubectl takes', needs(controlPlaneMissing), () => {
  let server: FakeApiServer
  let plain: FakeApiServer
  let folder: string

  before(async () => {
    server = await startFakeApiServer()
    plain = await startFakeApiServer(null)
    folder = await mkdtemp(join(tmpdir(), 'guard-kubectl-'))
    const credential = JSON.stringify({ kind: 'ExecCredential', apiVersion: V1BETA1, status: { token: 'beside' } })
    await writeFile(join(folder, 'plugin'), `#!/bin/sh\necho '${credential}'\n`, { mode: 0o755 })
    await writeFile(join(folder, 'token'), 'from-file\n')
  })
  after(async () => {
    await server?.close()
    await plain?.close()
    await rm(folder, { recursive: true })
  })

  /** Whether it was read, and who asked, as the server saw it. */
  async function outcomeOf(read: () => Promise<boolean>): Promise<unknown> {
    const [before, plainBefore] = [server.requests.length, plain.requests.length]
    const isRead = await read()
    const asked = [...server.requests.slice(before), ...plain.requests.slice(plainBefore)]
    const who = asked
      .filter(({ path }) => path.endsWith(DEPLOYMENTS))
      .map(({ path, headers }) => {
        const named = Object.entries(headers).filter(([name]) => /^(authorization|impersonate-)/.test(name))
        return { path, ...Object.fromEntries(named) }
      })
    return { isRead, who }
  }

  function byKubectl(env: Record<string, string>): Promise<boolean> {
    const kubectl = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl')
    return new Promise(resolve => {
      const options = { env: { ...env, PATH: process.env.PATH ?? '' }, timeout: 20_000 }
      const child = execFile(kubectl, ['get', '--raw', DEPLOYMENTS], options, error => resolve(error === null))
      // Without credentials, kubectl asks for a user name.
      child.stdin?.end()
    })
  }

  async function byUs(env: Record<string, string>): Promise<boolean> {
    const environment = { ...env, PATH: process.env.PATH }
    const source = createKubernetesSource({ environment, namespaces: ['shop'], watchPods: false, clock: Date.now })
    await source.read(AbortSignal.timeout(20_000))
    const problems = problemsOf(source)
    await source.close()
    return problems.length === 0
  }

  for (const [what, change] of [
    ['as it is', () => {}],
    [
      'to impersonate a user with all that goes with it',
      ofUser({
        token: 'a',
        as: 'jane',
        'as-uid': 'u',
        'as-groups': ['x', 'y'],
        'as-user-extra': { 'acme.com/%p': ['v', 'w'] }
      })
    ],
    ['to impersonate groups alone', ofUser({ token: 'a', 'as-groups': ['x'] })],
    ['with a token and a password', ofUser({ token: 'a', username: 'b' })],
    ['with a password', ofUser({ username: 'me', password: 'b' })],
    ['with a token and a file with one', ofUser({ token: 'written', tokenFile: 'token' })],
    ['with a file that is not there', ofUser({ tokenFile: 'gone' })],
    ['with a token that is a number', ofUser({ token: 7 })],
    ['with a certificate alone', ofUser({ 'client-certificate-data': 'YQ==' })],
    ['with a key alone', ofUser({ token: 'a', 'client-key-data': 'YQ==' })],
    ['without the user that the context names', changed({ users: [] })],
    ['without the cluster that the context names', changed({ clusters: [] })],
    ['without the context', changed({ contexts: [] })],
    ['with users that are no list', changed({ users: {} })],
    [
      'with broken entries that nobody uses',
      (config: Written) => {
        config.users.push({ name: 'bad', user: { exec: {} } })
      }
    ],
    ['with two CAs', ofCluster({ 'certificate-authority': 'token' })],
    ['with a CA, and not to verify', ofCluster({ 'insecure-skip-tls-verify': true })],
    ['not to verify', ofCluster({ 'insecure-skip-tls-verify': true, 'certificate-authority-data': '' })],
    ['with a CA that is not base64', ofCluster({ 'certificate-authority-data': '-----' })],
    ['with a CA that is none', ofCluster({ 'certificate-authority-data': 'YQ==' })],
    ['for another name', ofCluster({ 'tls-server-name': 'api.corp.test' })],
    ['with a proxy that is none', ofCluster({ 'proxy-url': 'proxy:3128' })],
    ['for a path and a query', (config: Written) => ofCluster({ server: `${server.url}/a/b/?x=1` })(config)],
    ['without TLS', (config: Written) => ofCluster({ server: plain.url })(config)],
    ['without a scheme', (config: Written) => ofCluster({ server: plain.url.replace('http://', '') })(config)],
    [
      'without TLS, to impersonate',
      (config: Written) => {
        ofCluster({ server: plain.url })(config)
        ofUser({ token: 'a', as: 'jane' })(config)
      }
    ],
    ['with a plugin', ofUser({ exec: printing({ status: { token: 'abc' } }) })],
    ['with a plugin beside the file', ofUser({ exec: { ...EXEC, command: './plugin', args: [] } })],
    ['with a plugin that is not there', ofUser({ exec: { ...EXEC, command: 'no-such-plugin' } })],
    ['with a plugin that fails', ofUser({ exec: EXEC })],
    ['with a plugin that is killed', ofUser({ exec: { ...EXEC, args: ['-c', 'kill -9 $$'] } })],
    ['with a plugin that gives no status', ofUser({ exec: printing({}) })],
    ['with a plugin that gives nothing in it', ofUser({ exec: printing({ status: {} }) })],
    [
      'with a plugin of another version',
      ofUser({
        exec: {
          ...printing({ status: { token: 'a' } }),
          apiVersion: 'client.authentication.k8s.io/v1',
          interactiveMode: 'Never'
        }
      })
    ],
    [
      'with a plugin that does not say its mode',
      ofUser({ exec: { ...EXEC, apiVersion: 'client.authentication.k8s.io/v1' } })
    ],
    ['with a plugin beside a token', ofUser({ token: 'a', exec: EXEC })],
    ['with a plugin beside a provider', ofUser({ exec: EXEC, 'auth-provider': { name: 'oidc' } })],
    ['with the provider of Google', ofUser({ 'auth-provider': { name: 'gcp' } })],
    ['with a provider that nobody knows', ofUser({ 'auth-provider': { name: 'openstack' } })]
  ] satisfies [string, (config: Written) => void][]) {
    test(`is taken or refused alike, and shows the server the same user: ${what}`, async () => {
      const config: Written = JSON.parse(kubeconfigTextFor(server))
      change(config)
      const KUBECONFIG = join(folder, 'config')
      await writeFile(KUBECONFIG, JSON.stringify(config))
      const env = { KUBECONFIG, HOME: folder }
      assert.deepEqual(await outcomeOf(() => byUs(env)), await outcomeOf(() => byKubectl(env)))
    })
  }

  test('is put together alike from several files', async () => {
    const whole: Written = JSON.parse(kubeconfigTextFor(server))
    const files = {
      users: { users: [{ name: 'guard', user: { token: 'first' } }] },
      empty: '',
      whole: { ...whole, 'current-context': '' },
      context: { 'current-context': 'fake' },
      late: { 'current-context': 'gone' }
    }
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content === '' ? '' : JSON.stringify(content))
    }
    const paths = ['gone', ...Object.keys(files)].map(name => join(folder, name))
    const env = { KUBECONFIG: `:${paths.join(':')}:`, HOME: folder }
    const ours = await outcomeOf(() => byUs(env))
    assert.deepEqual(ours, await outcomeOf(() => byKubectl(env)))
    assert.deepEqual(ours, { isRead: true, who: [{ path: DEPLOYMENTS, authorization: 'Bearer first' }] })
  })
})
