import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { needs } from './component.ts'
import { type ControlPlane, controlPlaneMissing, startControlPlane } from './control-plane.ts'
import { until } from './until.ts'

const OWN = '/apis/apps/v1/namespaces/shop/deployments'
const FOREIGN = '/apis/apps/v1/namespaces/kube-system/deployments'
const ACCOUNT = 'system:serviceaccount:shop:reader'
const REFUSED = { code: 'ECONNREFUSED' }

interface Answer {
  readonly kind: string
  readonly reason?: string
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

suite('control plane', needs(controlPlaneMissing), () => {
  let controlPlane: ControlPlane
  let authority: Buffer
  let token: string

  before(async () => {
    controlPlane = await startControlPlane()
    authority = await readFile(controlPlane.caFile)
    token = await populate(controlPlane)
  })
  after(() => controlPlane?.close())

  const open = async (path: string, signal?: AbortSignal): Promise<IncomingMessage> => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const request = get(`${controlPlane.url}${path}`, {
      ca: authority,
      headers,
      agent: false,
      ...(signal && { signal })
    })
    const [response] = await once(request, 'response')
    return response
  }
  const ask = async (path: string, signal?: AbortSignal): Promise<{ status: number | undefined; answer: Answer }> => {
    const response = await open(path, signal)
    return { status: response.statusCode, answer: JSON.parse(await text(response)) }
  }
  const statusOf = async (path: string): Promise<number | undefined> => (await ask(path)).status

  test('lets an account list its own namespace and no other', async () => {
    const { status, answer } = await ask(OWN)
    assert.equal(status, 200)
    assert.deepEqual(
      answer.items.map(({ metadata }) => metadata.name),
      ['cart', 'till']
    )
    assert.equal(await statusOf(FOREIGN), 403)
  })

  test('has an answered request in its audit log', async () => {
    await ask(`${OWN}?limit=7`)
    const own = (await controlPlane.auditEvents()).filter(({ requestURI }) => requestURI === `${OWN}?limit=7`)
    assert.deepEqual(
      own.map(({ stage, verb, user, responseStatus }) => [stage, verb, user.username, responseStatus?.code]),
      [['ResponseComplete', 'list', ACCOUNT, 200]]
    )
  })

  test('keeps tokens out of its audit log, and what else was written in', async () => {
    const log = await readFile(join(controlPlane.folder, 'audit.jsonl'), 'utf8')
    assert.equal(log.includes(token), false)
    const writes = (await controlPlane.auditEvents()).filter(({ verb }) => verb === 'create')
    const written = writes.filter(({ objectRef }) => objectRef?.resource === 'deployments')
    assert.deepEqual(
      written.map(({ requestObject }) => (requestObject as Answer).kind),
      ['Deployment', 'Deployment']
    )
  })

  test('tells strangers whether it is ready and nothing else', async () => {
    const own = token
    token = ''
    try {
      const ready = await open('/readyz')
      assert.deepEqual([ready.statusCode, await text(ready)], [200, 'ok'])
      assert.equal(await statusOf(OWN), 401)
    } finally {
      token = own
    }
  })

  test('knows an account by its kubeconfig, with a token or with a file of one', async () => {
    const tokenFile = join(controlPlane.folder, 'token')
    await writeFile(tokenFile, token)
    for (const credential of [{ token }, { tokenFile }]) {
      const kubeconfig = `--kubeconfig=${await controlPlane.kubeconfigFor(credential)}`
      const name = await controlPlane.kubectl([kubeconfig, 'auth', 'whoami', '-o=jsonpath={.status.userInfo.username}'])
      assert.equal(name, ACCOUNT)
    }
  })

  test('rejects a kubectl command with its complaint', async () => {
    await assert.rejects(controlPlane.kubectl(['get', 'deployments/none', '--namespace=shop']), /"none" not found/)
  })

  test('refuses a pod that the security level of its namespace forbids', async () => {
    await controlPlane.kubectl(['label', 'namespace/shop', 'pod-security.kubernetes.io/enforce=restricted'])
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root', namespace: 'shop' },
      spec: { serviceAccountName: 'reader', containers: [{ name: 'root', image: 'root:1' }] }
    }
    await assert.rejects(controlPlane.kubectl(['create', '-f=-'], JSON.stringify(pod)), /violates PodSecurity/)
  })

  test('ends watches in good order on a stop, refuses while it is stopped, and comes back at the same address', async () => {
    const watch = await open(`${OWN}?watch=true`)
    const watched = text(watch)
    await controlPlane.stopApiServer()
    assert.equal((await watched).split('\n').filter(line => line !== '').length, 2)
    await assert.rejects(ask(OWN), REFUSED)
    await controlPlane.startApiServer()
    assert.equal(await statusOf(OWN), 200)
  })

  test('breaks watches off when it is killed', async () => {
    const watched = assert.rejects(text(await open(`${OWN}?watch=true`)), { code: 'ECONNRESET' })
    await controlPlane.killApiServer()
    await watched
    await controlPlane.startApiServer()
    assert.equal(await statusOf(OWN), 200)
  })

  test('leaves a request without an answer while it is frozen, and answers it once thawed', async () => {
    controlPlane.freeze()
    await assert.rejects(ask(OWN, AbortSignal.timeout(300)), { name: 'AbortError' })
    const late = ask(OWN)
    controlPlane.thaw()
    assert.equal((await late).status, 200)
  })

  test('has forgotten the resource versions and continue tokens from before a compaction', async () => {
    const { answer } = await ask(`${OWN}?limit=1`)
    await controlPlane.compact()
    const { resourceVersion, continue: rest = '' } = answer.metadata
    const page = await ask(`${OWN}?limit=1&continue=${encodeURIComponent(rest)}`)
    assert.deepEqual([page.status, page.answer.reason], [410, 'Expired'])
    const watch = await open(`${OWN}?watch=true&resourceVersion=${resourceVersion}`)
    const event = JSON.parse(await text(watch))
    assert.deepEqual([event.type, event.object.code, event.object.reason], ['ERROR', 410, 'Expired'])
    assert.equal(await statusOf(OWN), 200)
  })

  test('has no objects and no accounts when its etcd was emptied, and can be filled again', async () => {
    await controlPlane.emptyEtcd()
    assert.equal(await statusOf(OWN), 401)
    assert.equal(await controlPlane.kubectl(['get', 'deployments', '--all-namespaces', '-o=name']), '')
    token = await populate(controlPlane)
    assert.equal(await statusOf(OWN), 200)
  })

  test('ends together with the process that started it, however that ends', async () => {
    const start = `import { startControlPlane } from ${JSON.stringify(import.meta.resolve('./control-plane.ts'))}
      console.log((await startControlPlane()).url)
      setInterval(() => {}, 1_000)`
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', start], {
      // Its folder stays behind, here inside of ours.
      env: { ...process.env, TMPDIR: controlPlane.folder },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [url] = await once(starter.stdout, 'data')
    starter.kill('SIGKILL')
    const isGone = (): Promise<boolean> =>
      fetch(String(url).trim()).then(
        () => false,
        error => error.cause.code === 'ECONNREFUSED'
      )
    await until(async () => assert.ok(await isGone(), 'the API server goes on'), { withinMs: 10_000 })
  })
})

/** Two Deployments in the namespace `shop`, and an account there that may read them; resolves to its token. */
async function populate(controlPlane: ControlPlane): Promise<string> {
  const { kubectl } = controlPlane
  const inShop = '--namespace=shop'
  await kubectl(['create', 'namespace', 'shop'])
  await kubectl(['create', 'deployment', 'cart', '--image=cart:v1', inShop])
  await kubectl(['create', 'deployment', 'till', '--image=till:v1', inShop])
  await kubectl(['create', 'serviceaccount', 'reader', inShop])
  await kubectl(['create', 'role', 'reader', '--verb=get,list,watch', '--resource=deployments', inShop])
  await kubectl(['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=shop:reader', inShop])
  return controlPlane.tokenFor({ namespace: 'shop', serviceAccount: 'reader', expirationSeconds: 600 })
}
