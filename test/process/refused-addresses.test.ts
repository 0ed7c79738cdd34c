import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { ownNamesMissing, serveGuardWithNames } from '../support/guard-with-names.ts'
import { NO_ORDINARY_ADDRESS, ordinaryAddress } from '../support/probing.ts'
import { manifests, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

// As many ways as there are to say the same thing.
const HOSTS = [
  ...['127.0.0.1', '127.0.0.1.', '127.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '0'],
  ...['127.255.255.254', 'localhost', 'LOCALHOST.', 'client.localhost', '[::1]', '[::]', '[::ffff:127.0.0.1]'],
  ...[
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]'
  ],
  ...['192.0.2.1', '203.0.113.7', '198.18.0.1', '192.88.99.1', '[2001:db8::1]', '[3fff::1]', '[100::1]', '[fec0::1]'],
  ...['[fd12::5efe:127.0.0.1]', '[2600:1:2:7f00:0:100::]', '[fd00:42::42]', '[fd00:a9fe:a9fe::1]'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:a9fe:a9fe]', '[fd00:ec2::254]'],
  ...['100.100.100.200', '168.63.129.16', '[64:ff9b::a9fe:a9fe]']
]
const NAMES = {
  'loopback.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'mapped.test': ['::ffff:7f00:1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'metadata.test': ['169.254.169.254'],
  'metadata6.test': ['fd00:ec2::254'],
  'nowhere.test': ['0.0.0.0'],
  'several.test': ['127.0.0.1', '169.254.169.254', '::1']
}

suite('addresses that only the machine or its cloud is meant to reach', needs(ownNamesMissing()), () => {
  test('are refused to annotations and to redirects, spelt and resolved in whatever way', async t => {
    const names = Object.fromEntries(Object.entries(NAMES).map(([name, addresses]) => [name, () => addresses]))
    let reached = 0
    const secret = await startService(t, (_request, response) => {
      reached += 1
      response.end('{"version":"v1","gitSha":"abc1234"}')
    })
    const { port } = new URL(secret)
    const hosts = [...HOSTS, ...Object.keys(NAMES)]
    const address = (host: string | undefined) => `http://${host}:${port}/latest/meta-data/`
    const redirecting = await startService(t, (request, response) => {
      response.writeHead(302, { location: address(hosts[Number(request.url?.slice(1))]) }).end()
    })
    // Operators may name any address; where it leads is another matter. 127.0.0.1 would be the same host.
    const abroad = hosts.map((_, index) => index).filter(index => !isSameHost(address(hosts[index])))
    const { guard, services } = await serveGuardWithNames(t, {
      names,
      workloads: manifests(
        Object.fromEntries(hosts.map((host, index) => [`a${index}`, { image: 'app:v1', endpoint: address(host) }]))
      ),
      targets: abroad.map(index => ({ service: `r${index}`, namespace: 'dev', endpoint: `${redirecting}/${index}` }))
    })
    const seen = await services()
    const outcomes = Object.fromEntries(seen.map(({ service, reason, message }) => [service, [reason, message]]))
    const metrics = await guard.metrics()
    for (const service of [...hosts.map((_, index) => `a${index}`), ...abroad.map(index => `r${index}`)]) {
      const line = `keybuzz_debug_endpoint_failure{namespace="dev",service="${service}",reason="refused"} 1`
      const where = `${service}, ${hosts[Number(service.slice(1))]}: ${outcomes[service]}`
      assert.ok(metrics.includes(`${line}\n`), where)
      assert.match(String(outcomes[service]), /may not be reached: name it in ENDPOINT_ALLOW to allow it$/, where)
    }
    assert.ok(abroad.length > hosts.length / 2)
    assert.equal(reached, 0)
  })

  test('are not reached by a name that changes its mind between check and connection', async t => {
    // Where everybody may go, and nobody listens on the service's port.
    const address = ordinaryAddress()
    if (address === undefined) return t.skip(NO_ORDINARY_ADDRESS)
    const first = (times: number) => (times === 0 ? [address] : ['127.0.0.1'])
    const names = { 'rebinding.test': first }
    let reached = 0
    const secret = await startService(t, (_request, response) => {
      reached += 1
      response.end('{"version":"v1"}')
    })
    const { guard, services } = await serveGuardWithNames(t, {
      names,
      workloads: manifests({ shop: { image: 'app:v1', endpoint: `http://rebinding.test:${new URL(secret).port}/` } }),
      targets: []
    })
    await until(async () => assert.equal((await services())[0]?.reason, 'refused'))
    const messages = guard.lines().flatMap(({ service, message }) => (service === 'shop' ? String(message) : []))
    // What was admitted was dialled, and nothing else: no answer came from there.
    assert.doesNotMatch(messages[0] ?? '', /may not be reached/)
    assert.match(messages[0] ?? '', /^Endpoint error: /)
    assert.match(messages.at(-1) ?? '', /rebinding\.test resolves to 127\.0\.0\.1, which may not be reached/)
    assert.equal(reached, 0)
  })
})

function isSameHost(address: string): boolean {
  return new URL(address).hostname.replace(/\.$/, '') === '127.0.0.1'
}
