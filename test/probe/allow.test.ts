import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  type AllowRules,
  admitsAddress,
  namesHost,
  parseAllowRules,
  refusalOfAddresses,
  refusalOfHost,
  refusalOfPod
} from '../../src/probe/allow.ts'

function rulesOf(...patterns: string[]): AllowRules {
  const parsed = parseAllowRules(patterns)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.value
}

const PUBLIC = '93.184.216.34'
const PRIVATE = '10.1.2.3'
const LOOPBACK = '127.0.0.1'
const METADATA = '169.254.169.254'

suite('allow rules', () => {
  for (const [patterns, host, address, verdict] of [
    [[], 'client.keybuzz.io', PUBLIC, 'admitted'],
    [[], 'client.svc.cluster.local', PRIVATE, 'admitted'],
    [[], 'client.keybuzz.io', LOOPBACK, 'refused'],
    [[], 'client.keybuzz.io', METADATA, 'refused'],
    [['*.keybuzz.io'], 'client.keybuzz.io', PUBLIC, 'admitted'],
    [['*.keybuzz.io'], 'a.b.keybuzz.io', PUBLIC, 'admitted'],
    [['*.KeyBuzz.io.'], 'Client.keybuzz.IO.', PUBLIC, 'admitted'],
    [['*.keybuzz.io'], 'keybuzz.io', PUBLIC, 'refused'],
    [['*.keybuzz.io'], 'evilkeybuzz.io', PUBLIC, 'refused'],
    [['*.keybuzz.io'], 'client.keybuzz.io.evil.example', PUBLIC, 'refused'],
    [['*.keybuzz.io'], 'client.keybuzz.io', PRIVATE, 'admitted'],
    [['*.keybuzz.io'], 'client.keybuzz.io', LOOPBACK, 'refused'],
    [['*.keybuzz.io'], 'client.keybuzz.io', METADATA, 'refused'],
    [['*.keybuzz.io'], PUBLIC, PUBLIC, 'refused'],
    [['client.keybuzz.io'], 'client.keybuzz.io', PUBLIC, 'admitted'],
    [['client.keybuzz.io'], 'admin.keybuzz.io', PUBLIC, 'refused'],
    [['client.keybuzz.io'], 'x.client.keybuzz.io', PUBLIC, 'refused'],
    [['client.keybuzz.io'], 'client.keybuzz.io', LOOPBACK, 'admitted'],
    [['localhost'], 'localhost', LOOPBACK, 'admitted'],
    [['localhost'], 'LOCALHOST.', '::1', 'admitted'],
    [['localhost'], LOOPBACK, LOOPBACK, 'refused'],
    [['*.localhost'], 'client.localhost', LOOPBACK, 'refused'],
    [['10.0.0.0/8'], 'client.svc', PRIVATE, 'admitted'],
    [['10.0.0.0/8'], PRIVATE, PRIVATE, 'admitted'],
    [['10.0.0.0/8'], 'client.svc', '::ffff:10.1.2.3', 'admitted'],
    [['10.0.0.0/8'], 'client.svc', '::10.1.2.3', 'refused'],
    [['10.0.0.0/8'], 'client.svc', '11.1.2.3', 'refused'],
    [['10.0.0.0/8'], 'client.svc', LOOPBACK, 'refused'],
    [['10.1.2.3'], PRIVATE, PRIVATE, 'admitted'],
    [['10.1.2.3'], '10.1.2.4', '10.1.2.4', 'refused'],
    [['10.1.2.3'], '10.1.2.2', '10.1.2.2', 'refused'],
    [['10.1.2.3/32'], PRIVATE, PRIVATE, 'admitted'],
    [['fd00:1::1'], '[fd00:1::]', 'fd00:1::', 'refused'],
    [['fd00:1::1'], '[fd00:1::1]', 'fd00:1::1', 'admitted'],
    [['fd00:1::1'], '[fd00:1:0:1::1]', 'fd00:1:0:1::1', 'refused'],
    [['127.0.0.0/8'], LOOPBACK, LOOPBACK, 'admitted'],
    [['127.0.0.0/8'], '[::ffff:7f00:1]', '::ffff:127.0.0.1', 'admitted'],
    [['127.0.0.0/8'], '[64:ff9b::7f00:1]', '64:ff9b::7f00:1', 'refused'],
    [['127.0.0.1'], METADATA, METADATA, 'refused'],
    [['fd00::/8'], '[fd12::1]', 'fd12::1', 'admitted'],
    [['fd00::/8'], '[fe80::1]', 'fe80::1', 'refused'],
    [['::1'], '[::1]', '::1', 'admitted'],
    [['*.keybuzz.io', '10.0.0.0/8'], 'other.example', PRIVATE, 'admitted'],
    [['*.keybuzz.io', '10.0.0.0/8'], 'other.example', PUBLIC, 'refused'],
    [['müller.example'], 'xn--mller-kva.example', PUBLIC, 'admitted']
  ] as const) {
    test(`${patterns.join(' ') || 'no rule'}: ${host} at ${address} is ${verdict}`, () => {
      const rules = rulesOf(...patterns)
      const isAdmitted = refusalOfHost(rules, host) === null && admitsAddress(rules, host, address)
      assert.equal(isAdmitted ? 'admitted' : 'refused', verdict)
    })
  }

  for (const address of [
    ...['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.255.255.254', '169.254.0.1', '169.254.169.254'],
    ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '::', '::1', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
    ...['fd00:ec2::254', 'fd20:ce::254', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::127.0.0.1'],
    ...['::ffff:0:127.0.0.1', '64:ff9b::169.254.169.254', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2002:a9fe:a9fe::1'],
    ...['fd00:ec2::23', 'fd00:ec2::253', '2001:0:4136:e378:8000:63bf:80ff:fffe', '224.0.0.1', '239.255.255.250'],
    ...['240.0.0.1', '255.255.255.255', 'ff02::1', '::ffff:224.0.0.1', '64:ff9b::255.255.255.255'],
    // Documentation, benchmarks, discard, assignments of protocols, and what is obsolete.
    ...['192.0.2.1', '198.51.100.1', '203.0.113.7', '198.18.0.1', '198.19.255.255', '192.0.0.8', '192.88.99.1'],
    ...['2001:db8::1', '3fff::1', '3fff:fff::1', '100::1', '100:0:0:1::1', '2001:2::1', '2001:10::1', '2001:20::1'],
    ...['2001:1::1', '5f00::1', '3ffe::1', 'fec0::1', '::8.8.8.8', '::ffff:0:8.8.8.8', '64:ff9b:1::8.8.8.8'],
    // Metadata.
    ...['169.254.170.2', '169.254.42.42', '169.254.0.23', '192.80.8.124', 'fe80::a9fe:a9fe', 'fd00:42::42'],
    ...['fd00:c1::a9fe:a9fe', 'fd00:a9fe:a9fe::1', 'fd00:100::100:200', '64:ff9b::100.100.100.200'],
    // Loopback and metadata behind a NAT64 prefix of any length of RFC 6052.
    ...['2600:1:7f00:1::', '2600:1:a9:fea9:fe::', '2600:1:2:7f00:0:100::', '2600:1:2:a9:fe:a9fe::'],
    ...['2600:1:a83f:8110::', '2600:1:a8:3f81:10::', '2600:1:2:a83f:81:1000::', '2600:1:2:a8:3f:8110::'],
    ...['2600:1:2:3:a8:3f81:1000:0'],
    ...['2600:1:2:3:7f:0:100:0', '2600:1:2:3:4:5:169.254.169.254', 'fd12::168.63.129.16', 'fd12::127.0.0.1'],
    // ISATAP, with both identifiers.
    ...['2600:1:2:3:0:5efe:127.0.0.1', 'fd12::200:5efe:169.254.1.1'],
    ...['', 'localhost', '127.1', '0x7f000001']
  ]) {
    test(`no rule does not mean ${address || 'an empty address'}`, () => {
      assert.equal(admitsAddress(rulesOf(), 'client.example', address), false)
    })
  }

  test('ordinary addresses of both families are not special', () => {
    for (const address of [
      '1.1.1.1',
      '100.64.0.1',
      '192.168.1.1',
      '2606:4700::1111',
      '2001:4860:4860::8888',
      '223.255.255.255',
      'fd12::1',
      '64:ff9b::8.8.8.8',
      '64:ff9b::10.1.2.3',
      '2002:808:808::1',
      '192.0.1.1',
      '198.17.255.255',
      '198.20.0.1',
      '192.88.98.1',
      '203.0.114.1',
      '169.253.1.1',
      '2001:200::1',
      '3fff:1000::1',
      '::ffff:8.8.8.8',
      '::ffff:10.1.2.3',
      '2600:1:2:3:0:5efe:8.8.8.8',
      '2600:1:2:3:ab00:5e:fe01:203',
      'fd12::5efe:10.0.0.1',
      'fd00:42::43',
      'fd12::127.0.0.2',
      '2606:4700::'
    ]) {
      assert.equal(admitsAddress(rulesOf(), 'client.example', address), true, address)
    }
  })

  // Before anything is resolved: what a name leads to is another question.
  for (const [patterns, host, verdict] of [
    [[], 'client.keybuzz.io', 'open'],
    [[], 'localhost', 'refused'],
    [[], 'client.localhost', 'refused'],
    [[], 'localhost.keybuzz.io', 'open'],
    [[], LOOPBACK, 'refused'],
    [[], PUBLIC, 'open'],
    [['*.keybuzz.io'], 'evil.example', 'refused'],
    [['10.0.0.0/8'], 'any.example', 'open'],
    [['10.0.0.0/8'], PUBLIC, 'refused'],
    [['10.0.0.0/8'], PRIVATE, 'open']
  ] as const) {
    test(`${patterns.join(' ') || 'no rule'}: the host ${host} is ${verdict} by itself`, () => {
      assert.equal(refusalOfHost(rulesOf(...patterns), host) === null ? 'open' : 'refused', verdict)
    })
  }

  test('need one address of a name that may be reached', () => {
    const rules = rulesOf('10.0.0.0/8')
    assert.equal(refusalOfAddresses(rules, 'client.svc', [LOOPBACK, PRIVATE]), null)
    assert.equal(
      refusalOfAddresses(rules, 'client.svc', ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4']),
      'client.svc resolves to 127.0.0.1, 127.0.0.2, 127.0.0.3, which may not be reached: name it in ENDPOINT_ALLOW to allow it'
    )
    assert.equal(
      refusalOfAddresses(rules, LOOPBACK, [LOOPBACK]),
      '127.0.0.1 may not be reached: name it in ENDPOINT_ALLOW to allow it'
    )
  })

  for (const [patterns, host, isNamed] of [
    [[], 'client.keybuzz.io', false],
    [['client.keybuzz.io'], 'Client.keybuzz.io.', true],
    [['*.keybuzz.io'], 'client.keybuzz.io', true],
    [['*.keybuzz.io'], 'evil.example', false],
    [['10.0.0.0/8'], 'client.svc', false],
    [['10.0.0.0/8', '11.0.0.0/8'], PRIVATE, true],
    [['10.0.0.0/8'], PUBLIC, false],
    [['fd00::/8'], '[fd12::1]', true]
  ] as const) {
    test(`${patterns.join(' ') || 'no rule'}: ${host} is ${isNamed ? '' : 'not '}named itself`, () => {
      assert.equal(namesHost(rulesOf(...patterns), host), isNamed)
    })
  }

  const NO_ADDRESS = /^the pod's address \S* is not an IP address that can be asked$/
  const ITS_NODE = /^10\.1\.2\.3, the address of its node \(hostNetwork\), may not be reached/
  for (const [rule, patterns, pod, host, refusal] of [
    ['is asked at its own address', [], { ip: PRIVATE, isOnHostNetwork: false }, PRIVATE, null],
    ['is asked at it in any spelling', [], { ip: 'FD12:0::1', isOnHostNetwork: false }, '[fd12::1]', null],
    ['is not asked at another one', [], { ip: PRIVATE, isOnHostNetwork: false }, '10.1.2.4', NO_ADDRESS],
    ['is not asked at a name', [], { ip: PRIVATE, isOnHostNetwork: false }, 'client.svc', NO_ADDRESS],
    [
      'is not asked where its status names a host',
      [],
      { ip: 'evil.example', isOnHostNetwork: false },
      PRIVATE,
      NO_ADDRESS
    ],
    ['is not asked where both are one name', [], { ip: 'evil', isOnHostNetwork: false }, 'evil', NO_ADDRESS],
    ['is not asked at its node', [], { ip: PRIVATE, isOnHostNetwork: true }, PRIVATE, ITS_NODE],
    [
      'is not asked at a node beside those named',
      ['11.0.0.0/8'],
      { ip: PRIVATE, isOnHostNetwork: true },
      PRIVATE,
      ITS_NODE
    ],
    ['is asked at a node that is named', ['10.0.0.0/8'], { ip: PRIVATE, isOnHostNetwork: true }, PRIVATE, null]
  ] as const) {
    test(`a pod ${rule}`, () => {
      const why = refusalOfPod(rulesOf(...patterns), { name: 'client-a', createdAt: 0, ...pod }, host)
      if (refusal === null) assert.equal(why, null)
      else assert.match(why ?? 'nothing', refusal)
    })
  }

  test('says what is refused, and the cure', () => {
    assert.equal(
      refusalOfHost(rulesOf('*.keybuzz.io'), 'evil.example'),
      'evil.example may not be reached: name it in ENDPOINT_ALLOW to allow it'
    )
  })
})

suite('ENDPOINT_ALLOW', () => {
  test('passes over blanks', () => assert.deepEqual(rulesOf('', ' '), rulesOf()))

  test('keeps hosts as they are compared', () => {
    const { hosts, suffixes } = rulesOf(' Client.KeyBuzz.io. ', '*.Svc.Cluster.Local', 'localhost', 'my_service')
    assert.deepEqual(hosts, ['client.keybuzz.io', 'localhost', 'my_service'])
    assert.deepEqual(suffixes, ['.svc.cluster.local'])
  })

  for (const pattern of [
    ...['*', '*.', '*keybuzz.io', 'a.*.io', '**.io', 'https://client.keybuzz.io', 'client.keybuzz.io:443'],
    ...[
      'client.keybuzz.io/path',
      'a b',
      '-a.io',
      'a..io',
      '.io',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/1e1'
    ],
    ...['10.0.0/8', '10.1', '0x7f.1', '2130706433', '1.2.3.4.5', '::1/129', '[::1]', 'fe80::1%eth0', '*.10.0.0.1']
  ]) {
    test(`takes no ${pattern}`, () => {
      const parsed = parseAllowRules(['*.keybuzz.io', pattern])
      const mistakes = parsed.ok ? [] : parsed.mistakes.map(({ message }) => message)
      assert.deepEqual(mistakes, [
        `"${pattern}" is not a host pattern: it takes host names (client.keybuzz.io, *.keybuzz.io), addresses and CIDRs (10.0.0.0/8)`
      ])
    })
  }

  test('names every mistake', () => {
    const parsed = parseAllowRules(['*', 'client.keybuzz.io', '10.1'])
    assert.equal(parsed.ok ? 0 : parsed.mistakes.length, 2)
  })
})
