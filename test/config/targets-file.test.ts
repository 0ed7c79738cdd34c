import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseTargetsFile } from '../../src/config/targets-file.ts'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS, type Target } from '../../src/domain/target.ts'

const CLIENT = {
  service: 'keybuzz-client',
  namespace: 'keybuzz-client-dev',
  endpoint: 'https://client-dev.keybuzz.io/debug/version'
}
const TARGET = '- {service: web, namespace: shop, endpoint: "https://shop.example/debug/version"}'
const KEYS =
  'service, namespace, endpoint, endpointScope, endpointPort, endpointPath, endpointScheme, workload, versionPointer, gitShaPointer, versionMatch, headers'
const LABEL = 'a DNS label: at most 63 lower-case letters, digits and hyphens'
const ADDRESS = 'an address without a user or a password, http://HOST/PATH or https://HOST/PATH'
const TAKES = 'a targets file is one YAML or JSON document, such as "targets: []"'

function parse(text: string, versionMatch: 'exact' | 'semver' = 'exact') {
  return parseTargetsFile(text, 'targets.yaml', { versionMatch, kind: 'Deployment' })
}

function targetsOf(text: string, versionMatch: 'exact' | 'semver' = 'exact') {
  const parsed = parse(text, versionMatch)
  assert.ok(parsed.ok)
  return parsed.value
}

function mistakesOf(text: string): string[] {
  const parsed = parse(text)
  return parsed.ok ? [] : parsed.mistakes.map(({ message }) => message)
}

suite('targets file', () => {
  test('needs no more than service, namespace and endpoint', () => {
    const defaults = {
      workload: { kind: 'Deployment', name: 'keybuzz-client' },
      versionPointers: DEFAULT_VERSION_POINTERS,
      gitShaPointers: DEFAULT_GIT_SHA_POINTERS,
      versionMatch: 'exact',
      origin: 'file'
    }
    assert.deepEqual(targetsOf(JSON.stringify({ targets: [CLIENT] })), [{ ...CLIENT, ...defaults }])
  })

  test('may leave the endpoint out, for all guards but that of the version', () => {
    const [first] = targetsOf('targets: [{service: web, namespace: shop, versionMatch: semver}]')
    assert.deepEqual([first?.endpoint, first?.workload.name], [null, 'web'])
  })

  test('may end in documents without content', () => {
    assert.equal(targetsOf(`targets:\n${TARGET}\n---\n`).length, 1)
    assert.equal(targetsOf(`targets:\n${TARGET}\n---\n# the end\n---\nnull\n...\n`).length, 1)
  })

  test('may have each pod asked, beside an endpoint or without', () => {
    const [both, alone] = targetsOf(`
targets:
  - { service: a, namespace: shop, endpoint: "https://a.example/v", endpointScope: pods }
  - service: b
    namespace: shop
    endpointScope: pods
    endpointScheme: https
    endpointPort: 8443
    endpointPath: /about
    versionPointer: /version
`)
    assert.deepEqual(both?.podEndpoint, { scheme: 'http', port: 80, path: '/v' })
    assert.deepEqual(alone?.podEndpoint, { scheme: 'https', port: 8443, path: '/about' })
    assert.equal(alone?.endpoint, null)
  })

  test('says what cannot be asked of pods', () => {
    const text = `
targets:
  - { service: a, namespace: shop, endpointScope: pod, endpointPort: 0, endpointPath: v, endpointScheme: ftp }
  - { service: b, namespace: shop, endpointPort: 80, endpointPath: /v, endpointScheme: http }
  - { service: c, namespace: shop, endpointScope: pods, headers: { Authorization: { file: token } } }
  - { service: d, namespace: shop, endpointScope: pods, endpointPort: "80" }
`
    assert.deepEqual(
      mistakesOf(text).map(line => line.replace(/^targets.yaml:/, '')),
      [
        '3: targets[0].endpointScope: "pod" is not one of pods',
        '3: targets[0].endpointPort: this is not a port from 1 to 65535',
        '3: targets[0].endpointPath: "v" is not a path such as /debug/version',
        '3: targets[0].endpointScheme: "ftp" is not one of http, https',
        '4: targets[1].endpointPort: has no effect without endpointScope: pods; add it',
        '4: targets[1].endpointPath: has no effect without endpointScope: pods; add it',
        '4: targets[1].endpointScheme: has no effect without endpointScope: pods; add it',
        '5: targets[2].headers: has no effect without endpoint; add it',
        '6: targets[3].endpointPort: "80" is not a port from 1 to 65535; write it without quotes'
      ]
    )
  })

  test('may share what it anchors, as a file of Prometheus may', () => {
    const text = `
targets:
  - &web { service: web, namespace: shop, endpoint: 'http://web/version', versionMatch: semver }
  - { <<: *web, namespace: dev }
`
    const shared = ({ service, namespace, endpoint, versionMatch }: Target) => [
      service,
      namespace,
      endpoint,
      versionMatch
    ]
    assert.deepEqual(targetsOf(text).map(shared), [
      ['web', 'shop', 'http://web/version', 'semver'],
      ['web', 'dev', 'http://web/version', 'semver']
    ])
  })

  test('may say everything', () => {
    const text = `
targets:
  - service: keybuzz-client            # required
    namespace: keybuzz-client-dev
    endpoint: https://client-dev.keybuzz.io/debug/version
    workload: { kind: StatefulSet, name: client.v2, container: app }
    versionPointer: /version
    gitShaPointer: /git~1sha/0
    versionMatch: semver
`
    assert.deepEqual(targetsOf(text), [
      {
        ...CLIENT,
        workload: { kind: 'StatefulSet', name: 'client.v2', container: 'app' },
        versionPointers: ['/version'],
        gitShaPointers: ['/git~1sha/0'],
        versionMatch: 'semver',
        origin: 'file'
      }
    ])
  })

  test('takes VERSION_MATCH for targets that do not say their own', () => {
    const [first, second] = targetsOf(
      JSON.stringify({ targets: [CLIENT, { ...CLIENT, service: 'api', versionMatch: 'exact' }] }),
      'semver'
    )
    assert.deepEqual([first?.versionMatch, second?.versionMatch], ['semver', 'exact'])
  })

  test('may name a part of the workload', () => {
    const [first, second] = targetsOf(
      JSON.stringify({
        targets: [
          { ...CLIENT, workload: { kind: 'DaemonSet' } },
          { ...CLIENT, service: 'api', workload: { container: 'app' } }
        ]
      })
    )
    assert.deepEqual(first?.workload, { kind: 'DaemonSet', name: 'keybuzz-client' })
    assert.deepEqual(second?.workload, { kind: 'Deployment', name: 'api', container: 'app' })
  })

  test('may name headers, their secrets in files, which are meant from where the targets file is', () => {
    const text = `
targets:
  - service: keybuzz-client
    namespace: keybuzz-client-dev
    endpoint: https://client-dev.keybuzz.io/debug/version
    headers:
      Authorization: { prefix: 'Bearer ', file: /var/run/secrets/client/token }
      X-Api-Key: { file: keys/client }
`
    const parsed = parseTargetsFile(text, '/etc/guard/targets.yaml', { versionMatch: 'exact', kind: 'Deployment' })
    assert.deepEqual(parsed.ok && parsed.value[0]?.headers, [
      { name: 'Authorization', prefix: 'Bearer ', file: '/var/run/secrets/client/token' },
      { name: 'X-Api-Key', prefix: '', file: '/etc/guard/keys/client' }
    ])
  })

  test('may have no targets', () => assert.deepEqual(targetsOf('targets: []'), []))

  test('may have the same service in two namespaces', () => {
    assert.equal(targetsOf(`targets:\n${TARGET}\n${TARGET.replace('shop', 'bank')}`).length, 2)
  })

  test('may name any address, loopback too', () => {
    assert.equal(targetsOf(`targets:\n${TARGET.replace('https://shop.example', 'http://[::1]:3000')}`).length, 1)
  })
})

suite('broken targets file', () => {
  for (const [rule, text, expected] of [
    ['is empty', '', [`targets.yaml:1: empty; ${TAKES}`]],
    ['has nothing but comments', '# soon\n---\n', [`targets.yaml:1: empty; ${TAKES}`]],
    ['has two documents', 'targets: []\n---\ntargets: []\n', [`targets.yaml:3: has a second document; ${TAKES}`]],
    ['begins behind an empty document', '---\n---\ntargets: []\n', [`targets.yaml:1: empty; ${TAKES}`]],
    ['is no mapping', '- service: web', ['targets.yaml:1: not a mapping; it takes the key targets']],
    ['has no targets', '{}', ['targets.yaml:1: targets: missing; write [] for none']],
    ['has nothing under targets', 'targets:\n', ['targets.yaml:1: targets: not a list; write [] for none']],
    [
      'misspells targets',
      'target: []',
      [
        'targets.yaml:1: target: no such key; did you mean targets?',
        'targets.yaml:1: targets: missing; write [] for none'
      ]
    ],
    [
      'has a target that is no mapping',
      'targets:\n  - web\n  -\n',
      [
        `targets.yaml:2: targets[0]: not a mapping; it takes the keys ${KEYS}`,
        `targets.yaml:3: targets[1]: not a mapping; it takes the keys ${KEYS}`
      ]
    ],
    [
      'leaves out what is required',
      'targets:\n  - {}\n',
      [
        'targets.yaml:2: targets[0].service: missing; it takes 1 to 128 printable characters',
        `targets.yaml:2: targets[0].namespace: missing; it takes ${LABEL}`
      ]
    ],
    [
      'says without an endpoint what to look for in its report',
      'targets:\n- {service: web, namespace: shop, versionPointer: /v, versionMatch: exact, gitShaPointer: /s, headers: {}}\n',
      ['versionPointer', 'gitShaPointer', 'headers'].map(
        name => `targets.yaml:2: targets[0].${name}: has no effect without endpoint; add it`
      )
    ],
    [
      'has keys that do not exist, and names the nearest',
      `targets:\n- service: web\n  namespace: shop\n  endpont: http://x/\n  endpoint: http://x/\n  replicas: 2\n  version_match: exact\n`,
      [
        'targets.yaml:4: targets[0].endpont: no such key; did you mean endpoint?',
        `targets.yaml:6: targets[0].replicas: no such key; it takes ${KEYS}`,
        'targets.yaml:7: targets[0].version_match: no such key; did you mean versionMatch?'
      ]
    ],
    [
      'has values of the wrong type',
      'targets:\n- service: 7\n  namespace: true\n  endpoint: [http://x/]\n  workload: web\n  versionPointer:\n',
      [
        'targets.yaml:2: targets[0].service: not a string; it takes 1 to 128 printable characters, in quotes',
        `targets.yaml:3: targets[0].namespace: not a string; it takes ${LABEL}, in quotes`,
        `targets.yaml:4: targets[0].endpoint: not a string; it takes ${ADDRESS}, in quotes`,
        'targets.yaml:5: targets[0].workload: not a mapping; it takes the keys kind, name, container',
        'targets.yaml:6: targets[0].versionPointer: not a string; it takes a JSON pointer, such as /build/version'
      ]
    ],
    [
      'has values that cannot be',
      `targets:
- service: "we\\u0007b"
  namespace: Shop
  endpoint: ftp://shop.example/
  workload:
    kind: Pod
    name: Web
    container: app.web
  versionPointer: version
  gitShaPointer: /git~sha
  versionMatch: fuzzy
`,
      [
        'targets.yaml:2: targets[0].service: "we\ufffdb" is not 1 to 128 printable characters',
        `targets.yaml:3: targets[0].namespace: "Shop" is not ${LABEL}`,
        `targets.yaml:4: targets[0].endpoint: this is not ${ADDRESS}`,
        'targets.yaml:6: targets[0].workload.kind: "Pod" is not one of Deployment, StatefulSet, DaemonSet',
        'targets.yaml:7: targets[0].workload.name: "Web" is not a DNS name: at most 253 lower-case letters, digits, hyphens and dots',
        `targets.yaml:8: targets[0].workload.container: "app.web" is not ${LABEL}`,
        'targets.yaml:9: targets[0].versionPointer: "version" is not a JSON pointer, such as /build/version',
        'targets.yaml:10: targets[0].gitShaPointer: "/git~sha" is not a JSON pointer, such as /build/version',
        'targets.yaml:11: targets[0].versionMatch: "fuzzy" is not one of exact, semver, git-sha'
      ]
    ],
    [
      'has a password in an address, which is not repeated',
      `targets:\n${TARGET.replace('//', '//admin:hunter2@')}`,
      [`targets.yaml:2: targets[0].endpoint: this is not ${ADDRESS}`]
    ],
    [
      'guards a service twice, beside other mistakes',
      `targets:\n${TARGET}\n${TARGET.replace('web', 'api')}\n${TARGET}\n- 1\n`,
      [
        'targets.yaml:4: targets[2]: shop/web is listed twice, first as targets[0] on line 2; remove one',
        `targets.yaml:5: targets[3]: not a mapping; it takes the keys ${KEYS}`
      ]
    ],
    ['writes a key twice', 'targets: []\ntargets: []\n', ['targets.yaml:2: duplicate key: targets']],
    ['is no YAML', 'targets:\n\t- service: web\n', ['targets.yaml:2: Tabs are not allowed as indentation']]
  ] as const) {
    test(`is refused when it ${rule}`, () => assert.deepEqual(mistakesOf(text), expected))
  }

  test('is refused with a hundred lines, however much is wrong', () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `k${index}: 1`).join('\n')
    const lines = mistakesOf(`${keys}\ntargets: []`)
    const TAKEN = 'no such key; it takes targets'
    assert.deepEqual(
      [lines.length, lines[0], lines[100]],
      [101, `targets.yaml:1: k0: ${TAKEN}`, '… and 4900 more mistakes']
    )
    const headers = Array.from({ length: 5000 }, (_, index) => `x-${index}: {file: f}`).join(', ')
    const [first, ...others] = mistakesOf(`targets:\n${TARGET.replace('}', `, headers: {${headers}}}`)}`)
    assert.equal(first, 'targets.yaml:2: targets[0].headers.…: more than 16 headers')
    assert.deepEqual(others, ['… and 4884 more mistakes'])
    const twins = `targets:\n${`${TARGET}\n`.repeat(5000)}`
    assert.equal(mistakesOf(twins)[100], '… and 4899 more mistakes')
  })

  test('does not flood a line with what it found', () => {
    const [line = ''] = mistakesOf(JSON.stringify({ targets: [{ ...CLIENT, namespace: 'x'.repeat(5000) }] }))
    assert.ok(line.length < 300, line)
  })
})

const HEADER_KEYS = 'no such key; it takes prefix, file'

suite('headers of a targets file', () => {
  for (const [rule, headers, expected] of [
    ['take a mapping', '[]', 'headers: not a mapping; write {} for none'],
    [
      'take no secret itself',
      '{Authorization: Bearer canary}',
      'headers.Authorization: not a mapping; it takes the keys prefix, file'
    ],
    ['take no other keys', '{Authorization: {value: canary, file: x}}', `headers.Authorization.value: ${HEADER_KEYS}`],
    [
      'need a file',
      '{Authorization: {prefix: "Bearer "}}',
      'headers.Authorization.file: missing; it takes the path of a file that holds only the secret'
    ],
    [
      'take no secret as a prefix',
      `{Authorization: {prefix: "Bearer ${'canary'.repeat(6)}", file: x}}`,
      "headers.Authorization.prefix: this is not the text before the secret, such as 'Bearer '"
    ],
    [
      'do not repeat a name that may be a secret',
      '{"Bearer canary0": {file: x}}',
      'headers.…: not a header name; it takes one such as Authorization'
    ],
    [
      'have no name twice',
      '{x-key: {file: x}, X-Key: {file: y}}',
      'headers.X-Key: given twice, because case does not matter; remove one'
    ],
    ...['Host', 'content-length', 'Connection', 'Transfer-Encoding', 'Accept-Encoding'].map(
      name =>
        [
          `leave ${name} alone`,
          `{${name}: {file: x}}`,
          `headers.${name}: cannot be set by targets; it takes one such as Authorization`
        ] as const
    )
  ] as const) {
    test(rule, () => {
      const [mistake = '', ...others] = mistakesOf(`targets:\n${TARGET.replace('}', `, headers: ${headers}}`)}`)
      assert.equal(mistake, `targets.yaml:2: targets[0].${expected}`)
      assert.deepEqual(others, [])
      assert.doesNotMatch(mistake, /canary/)
    })
  }

  test('are in at most 256 different files', () => {
    const targets = Array.from({ length: 257 }, (_, index) => {
      return { ...CLIENT, service: `s${index}`, headers: { Authorization: { file: `token-${index}` } } }
    })
    assert.deepEqual(mistakesOf(JSON.stringify({ targets })), [
      'targets.yaml:1: headers from 257 different files; at most 256 are allowed, because each is watched'
    ])
    assert.deepEqual(mistakesOf(JSON.stringify({ targets: targets.slice(1) })), [])
  })
})

suite('targets file of a Docker host', () => {
  const parseDocker = (text: string) =>
    parseTargetsFile(text, 'targets.yaml', { versionMatch: 'exact', kind: 'Container' })

  test('means containers, by the names that they have there', () => {
    const parsed = parseDocker('targets: [{service: web, namespace: my_shop, workload: {name: Web_1.a}}]')
    assert.deepEqual(parsed.ok && parsed.value.map(({ namespace, workload }) => [namespace, workload]), [
      ['my_shop', { kind: 'Container', name: 'Web_1.a' }]
    ])
  })

  test('takes the name of a stack of Swarm, which may have capitals', () => {
    const parsed = parseDocker('targets: [{service: web, namespace: MyShop}]')
    assert.deepEqual(parsed.ok && parsed.value.map(({ namespace }) => namespace), ['MyShop'])
  })

  test('takes no kinds of Kubernetes, and no names that a container cannot have', () => {
    const parsed = parseDocker(
      'targets: [{service: web, namespace: sh.op, workload: {kind: Deployment, name: -web, container: a/b}}]'
    )
    const project =
      'the name of a Compose project or a Swarm stack: at most 63 letters, digits, underscores and hyphens'
    const container = "a container's name: at most 128 letters, digits, underscores, dots and hyphens"
    assert.deepEqual(
      parsed.ok ? [] : parsed.mistakes.map(({ message }) => message.replace('targets.yaml:1: targets[0].', '')),
      [
        `namespace: "sh.op" is not ${project}`,
        'workload.kind: "Deployment" is not one of Container',
        `workload.name: "-web" is not ${container}`,
        `workload.container: "a/b" is not ${container}`
      ]
    )
  })
})
