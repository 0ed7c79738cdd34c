import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import type { AskedPod } from '../../src/domain/pod-reports.ts'
import { readProxyRules } from '../../src/proxy-environment.ts'
import { needs } from '../support/component.ts'
import { listen, serveHttp } from '../support/hostile-servers.ts'
import { during, inShort, NO_ORDINARY_ADDRESS, ordinaryAddress, startProbing } from '../support/probing.ts'

const REPORT = '{"version":"v1"}'
const LOOPBACK = ['127.0.0.0/8']
const address = ordinaryAddress()

/** A question to a pod, with the trust that its target has. */
const inPod = (ip: string, changes: Partial<AskedPod> = {}) =>
  ({ origin: 'file', pod: { name: 'shop-a', createdAt: 0, ip, isOnHostNetwork: false, ...changes } }) as const

async function startPod(t: TestContext, location?: (port: number) => string) {
  const headers: unknown[] = []
  const { port } = await during(
    t,
    serveHttp((request, response) => {
      headers.push(request.headers.authorization)
      const isRedirect = location !== undefined && request.url === '/'
      if (isRedirect) response.writeHead(302, { location: location(request.socket.localPort ?? 0) }).end()
      else response.end(REPORT)
    })
  )
  return { port, headers }
}

suite('a pod', () => {
  test('is asked at an address that ENDPOINT_ALLOW admits', async t => {
    const { port } = await startPod(t)
    const { probe } = startProbing(t, { allow: LOOPBACK })
    assert.equal(inShort(await probe(`http://127.0.0.1:${port}/`, inPod('127.0.0.1'))), 'v1')
  })

  test(
    'is asked directly, though a connection to its address over a proxy is kept',
    needs(address === undefined ? NO_ORDINARY_ADDRESS : undefined),
    async t => {
      const ip = address ?? ''
      const pod = await during(
        t,
        serveHttp((_, response) => response.end(REPORT), ip)
      )
      const proxy = await during(
        t,
        serveHttp((_, response) => response.end(REPORT.replace('v1', 'v2')))
      )
      const rules = readProxyRules({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` })
      const proxies = rules.ok ? rules.value : assert.fail()
      const { probe } = startProbing(t, { allow: [ip], proxies })
      const endpoint = `http://${ip.includes(':') ? `[${ip}]` : ip}:${pod.port}/`
      const ask = async (inWhom: Parameters<typeof probe>[1]) => inShort(await probe(endpoint, inWhom))
      const answers = [await ask({ origin: 'annotation' }), await ask(inPod(ip)), await ask({ origin: 'annotation' })]
      assert.deepEqual([...answers, await ask(inPod(ip))], ['v2', 'v1', 'v2', 'v1'])
      assert.deepEqual([proxy.connections(), pod.connections()], [1, 1])
    }
  )

  test('is asked over IPv6', async t => {
    const server = createServer((_request, response) => response.end(REPORT))
    const { port } = await during(t, listen(server, '::1'))
    const { probe } = startProbing(t, { allow: ['::1'] })
    assert.equal(inShort(await probe(`http://[::1]:${port}/`, inPod('0:0:0:0:0:0:0:1'))), 'v1')
  })

  for (const [ip, allow] of [
    ['127.0.0.1', []],
    ['127.0.0.1', ['*.keybuzz.io']],
    ['127.0.0.1', ['10.0.0.0/8']]
  ] as const) {
    test(`is bound by ENDPOINT_ALLOW though the operator named its service: ${ip} by ${allow}`, async t => {
      const { port, headers } = await startPod(t)
      const outcome = inShort(await startProbing(t, { allow }).probe(`http://${ip}:${port}/`, inPod(ip)))
      assert.equal(outcome, `refused: ${ip} may not be reached: name it in ENDPOINT_ALLOW to allow it`)
      assert.equal(headers.length, 0)
    })
  }

  for (const [ip, host] of [
    ['localhost', 'localhost'],
    ['127.1', '127.1'],
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1@', '127.0.0.1'],
    ['', '127.0.0.1'],
    ['fe80::1%lo', '127.0.0.1']
  ] as const) {
    test(`is asked at nothing but the IP address of its status: ${host} for ${ip}`, async t => {
      const { port, headers } = await startPod(t)
      const { probe } = startProbing(t, { allow: ['localhost', ...LOOPBACK] })
      const outcome = inShort(await probe(`http://${host}:${port}/`, inPod(ip)))
      assert.equal(outcome, `refused: the pod's address ${ip} is not an IP address that can be asked`)
      assert.equal(headers.length, 0)
    })
  }

  test('with an address that makes no URL is refused in the same words', async t => {
    const outcome = await startProbing(t).probe('http://a b:80/', inPod('a b'))
    assert.equal(inShort(outcome), "refused: the pod's address a b is not an IP address that can be asked")
  })

  test("on its node's network is asked only where ENDPOINT_ALLOW names the address", async t => {
    const { port } = await startPod(t)
    const endpoint = `http://127.0.0.1:${port}/`
    const node = inPod('127.0.0.1', { isOnHostNetwork: true })
    assert.equal(inShort(await startProbing(t, { allow: LOOPBACK }).probe(endpoint, node)), 'v1')
    assert.equal(
      inShort(await startProbing(t).probe('http://10.255.255.1:1/', inPod('10.255.255.1', { isOnHostNetwork: true }))),
      'refused: 10.255.255.1, the address of its node (hostNetwork), may not be reached: name it in ENDPOINT_ALLOW to allow it'
    )
  })

  test('gives no report where it sends the guard to another host, which would answer for it', async t => {
    const elsewhere = await startPod(t)
    const { port } = await startPod(t, () => `http://127.0.0.2:${elsewhere.port}/`)
    const { probe } = startProbing(t, { allow: LOOPBACK })
    assert.equal(
      inShort(await probe(`http://127.0.0.1:${port}/`, inPod('127.0.0.1'))),
      'redirect: redirects to another host, so the answer is not from this pod'
    )
    assert.equal(elsewhere.headers.length, 0)
  })

  test('may redirect to another path of its own', async t => {
    const { port } = await startPod(t, () => '/debug/version')
    const { probe } = startProbing(t, { allow: LOOPBACK })
    assert.equal(inShort(await probe(`http://127.0.0.1:${port}/`, inPod('127.0.0.1'))), 'v1')
  })

  test('is asked without a proxy', async t => {
    const { port } = await startPod(t)
    const proxies = readProxyRules({ HTTP_PROXY: 'http://127.0.0.9:1' })
    assert.ok(proxies.ok)
    const { probe } = startProbing(t, { allow: LOOPBACK, proxies: proxies.value })
    assert.equal(inShort(await probe(`http://127.0.0.1:${port}/`, inPod('127.0.0.1'))), 'v1')
  })
})
