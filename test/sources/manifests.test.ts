import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Fleet, parseManifests } from '../../src/sources/manifests.ts'
import { deployment } from '../support/cluster-objects.ts'

const TAKES = 'it takes Kubernetes manifests, YAML or JSON, as kubectl get -o yaml prints them'

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: app
          image: web:v1
`
const API = WEB.replace('name: web', 'name: api\n  namespace: shop')
const NO_IMAGE = WEB.replace('image:', 'img:')
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n'
const LIST = { apiVersion: 'v1', kind: 'List' }
const IMAGE_IS_MISSING = 'Deployment web: spec.template.spec.containers[0].image is missing or not a string'

function fleetOf(text: string): Fleet {
  const parsed = parseManifests(text, 'fleet.yaml')
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.value
}

/** The workloads that can be judged. */
function read(text: string): string[] {
  const { workloads, unreadable } = fleetOf(text)
  const names = workloads.map(({ namespace, kind, name }) => `${namespace}/${kind}/${name}`)
  return names.filter(name => !unreadable.has(name))
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '  ').replace('  ', '- ')
}

const bare = ({ apiVersion: _apiVersion, kind: _kind, ...rest }: ReturnType<typeof deployment>) => rest
const json = (...names: readonly string[]) => names.map(name => JSON.stringify(deployment(name)))

suite('manifests from Windows', () => {
  const LAST =
    'apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: app, image: web:v1}]}}}\n'
  const web = `${LAST}metadata:\n  name: web\n`
  const api = `${LAST}metadata: {name: api}\n`
  for (const [form, text] of [
    ['several documents', `${web}---\n${api}---\n${WEB.replace('name: web', 'name: third')}---\n`],
    ['documents that end by three dots', `${web}...\n---\n${api}...\n---\n${WEB.replace('name: web', 'name: third')}`],
    ['a List', `kind: List\nitems:\n${[web, api, WEB.replace('name: web', 'name: third')].map(indented).join('\n')}\n`]
  ] as const) {
    test(`end no text with a carriage return: ${form}`, () => {
      const { workloads, warnings } = fleetOf(text.replaceAll('\n', '\r\n'))
      const found = workloads.map(({ name, containers }) => [name, containers[0]?.image])
      const expected = ['web', 'api', 'third'].map(name => [name, 'web:v1'])
      assert.deepEqual([found, warnings], [expected, []])
    })
  }
})

suite('manifests', () => {
  const both = ['default/Deployment/web', 'shop/Deployment/api']
  for (const [rule, text, expected] of [
    ['are read as one document, in the namespace default where none is named', WEB, ['default/Deployment/web']],
    ['are read as several documents, empty ones among them', `---\n${WEB}---\n# nothing\n---\n${API}---\n`, both],
    [
      'are read as the List that kubectl prints',
      `apiVersion: v1\nitems:\n${indented(WEB)}\nkind: List\nmetadata:\n  resourceVersion: ""\n`,
      ['default/Deployment/web']
    ],
    [
      // Together they would be too much for the parser.
      'are read as a List item by item, though a text in one looks like an anchor and its alias',
      `kind: List\nitems:\n${indented(WEB.replace('name: web', 'name: web\n  annotations: {a: "x &a *a x"}'))}\n${indented(`${API}x: [${'1,'.repeat(100_000)}]`)}\n${indented(`${CONFIG}x: [${'1,'.repeat(100_000)}]`)}\n`,
      both
    ],
    [
      'are read as a List whose items share what they anchor',
      `kind: List\nitems:\n${indented(WEB.replace('image: web:v1', 'image: &image web:v1'))}\n${indented(API.replace('image: web:v1', 'image: *image'))}\n`,
      both
    ],
    [
      'are read as a List whose items are indented',
      `items:\n  # first\n${`${indented(WEB)}\n\n${indented(API)}`.replaceAll(/^/gm, '  ')}\nkind: List\n`,
      both
    ],
    [
      'are read as a DeploymentList in YAML',
      `kind: DeploymentList\napiVersion: apps/v1\nitems:\n${indented(WEB.replace('apiVersion: apps/v1\nkind: Deployment\n', ''))}\n# the end\n${indented(API)}\n\nmetadata: {}\n`,
      both
    ],
    [
      'are passed over as the items of a list of others',
      `kind: AllowList\nitems:\n${indented(WEB)}\n- 10.0.0.0/8\n`,
      []
    ],
    [
      'are read as JSON',
      JSON.stringify({ ...LIST, items: [deployment('web'), { ...deployment('db'), kind: 'StatefulSet' }] }),
      ['shop/Deployment/web', 'shop/StatefulSet/db']
    ],
    [
      'are read as the DeploymentList of the API server, whose items do not repeat their kind',
      JSON.stringify({ apiVersion: 'apps/v1', kind: 'DeploymentList', items: [bare(deployment('web'))] }),
      ['shop/Deployment/web']
    ],
    ['are read where JSON breaks its rules as YAML allows', `{"apiVersion": "v1", "kind": "List", "items": [],}`, []],
    [
      'are read as JSON objects one after the other, as kubectl apply takes them',
      json('web', 'api').join('\n'),
      ['shop/Deployment/web', 'shop/Deployment/api']
    ],
    [
      'are read as JSON objects with nothing between them',
      json('web', 'api').join(''),
      ['shop/Deployment/web', 'shop/Deployment/api']
    ],
    [
      'are read as JSON objects between dashes, and beside YAML',
      `---\n${json('web')}\n--- # next\n  ${json('api')}\n---\n${WEB}`,
      ['shop/Deployment/web', 'shop/Deployment/api', 'default/Deployment/web']
    ],
    [
      'are read as a List of Lists',
      JSON.stringify({
        ...LIST,
        items: [
          { ...LIST, items: [deployment('web')] },
          { ...LIST, items: null }
        ]
      }),
      ['shop/Deployment/web']
    ],
    [
      'are read out of eight Lists in each other',
      `${'{"kind": "List", "items": ['.repeat(8)}${json('web')}${']}'.repeat(8)}`,
      ['shop/Deployment/web']
    ],
    ['may end with dashes, and no new line', `${WEB}---`, ['default/Deployment/web']],
    ['may be a List without items: a fleet without workloads', 'apiVersion: v1\nkind: List\nitems: []\n', []],
    [
      'may be a DeploymentList whose items are null',
      '{"apiVersion":"apps/v1","kind":"DeploymentList","items":null}',
      []
    ],
    [
      'may have an item that is null',
      JSON.stringify({ ...LIST, items: [null, deployment('web'), null] }),
      ['shop/Deployment/web']
    ],
    ['are passed over where they are of other kinds', 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n', []],
    [
      'are passed over where a kind of others ends in List',
      'apiVersion: x/v1\nkind: AllowList\nitems: [10.0.0.0/8]\n',
      []
    ],
    ['are passed over in a group of others', WEB.replace('apps/v1', 'apps.example.com/v1'), []],
    [
      'may name things of the same name in two namespaces, and of two kinds',
      `${WEB}---\n${WEB.replace('Deployment', 'DaemonSet')}---\n${WEB.replace('name: web', 'name: web\n  namespace: shop')}`,
      ['default/Deployment/web', 'default/DaemonSet/web', 'shop/Deployment/web']
    ],
    ['may come from Windows', `\ufeff${WEB}---\n\ufeff${API}`.replaceAll('\n', '\r\n'), both],
    [
      'may come from Windows as JSON',
      `\ufeff${json('web')}\r\n\ufeff${json('api')}\r\n`,
      ['shop/Deployment/web', 'shop/Deployment/api']
    ],
    [
      'may have tabs between words and in empty lines',
      `${WEB.replace(': web:v1', ':\tweb:v1\t')}\t\n---\t\n${API}`,
      both
    ],
    ['may end a document by three dots', `${WEB}...\n# and then\n---\n${API}...\n`, both],
    ['may say which YAML they are', `%YAML 1.1\n---\n${WEB}...\n# next\n%YAML 1.1\n---\n${API}`, both],
    [
      'may have an object on the line of the dashes',
      `--- {apiVersion: apps/v1, kind: Secret}\n---\n${WEB}`,
      ['default/Deployment/web']
    ],
    ['are parted by any line that begins with three dashes', `${WEB}---- # next\n${API}`, both],
    ['may have a comment right behind the dashes', `---# Source: a.yaml\n${WEB}---# Source: b.yaml\n${API}`, both],
    [
      'may have a very long line',
      `${CONFIG}data: {a: ${'x'.repeat(2_000_000)}}\n---\n${WEB}`,
      ['default/Deployment/web']
    ],
    ['may have tags of others', `${CONFIG}data: !vault |\n  x\n---\n${WEB}`, ['default/Deployment/web']]
  ] as const) {
    test(rule, () => {
      assert.deepEqual(read(text), expected)
      assert.deepEqual([fleetOf(text).warnings, fleetOf(text).hidden], [[], null])
    })
  }

  test('are read as a List of more than the parser takes at once', () => {
    const large = indented(`${CONFIG}data: [${'a,'.repeat(90_000)}]`)
    const fleet = fleetOf(`kind: List\nitems:\n${`${large}\n`.repeat(3)}${indented(API)}\n${indented(NO_IMAGE)}\n`)
    assert.deepEqual([fleet.workloads[0]?.name, fleet.warnings], ['api', [`fleet.yaml:26: ${IMAGE_IS_MISSING}`]])
  })

  test('share what they anchor by the hundred', () => {
    const uses = Array.from({ length: 500 }, (_, index) => `    - {name: app-${index}, labels: *labels}\n`)
    const text = `${CONFIG}x:\n    - &labels {app: web, tier: front}\n${uses.join('')}---\n${WEB}`
    assert.deepEqual([read(text), fleetOf(text).warnings], [['default/Deployment/web'], []])
  })

  test('merge what they anchor, as kubectl does', () => {
    const text = WEB.replace('- name: app', '- &app {name: app, image: web:v1}\n        - <<: *app').replace(
      'image: web:v1\n',
      'name: next\n'
    )
    const [workload] = fleetOf(text).workloads
    assert.deepEqual(
      workload?.containers.map(({ name, image }) => `${name} ${image}`),
      ['app web:v1', 'next web:v1']
    )
  })
})

const JOB = `apiVersion: batch/v1
kind: CronJob
metadata:
  name: night
  annotations: {version-guard.keybuzz.io/endpoint: http://night/}
`

suite('what of manifests cannot be read', () => {
  // Beside a workload that can.
  for (const [what, text, warnings, unreadable] of [
    [
      'a workload without containers',
      `${API}---\n${WEB.replace('containers', 'container')}`,
      ['fleet.yaml:13: Deployment web: spec.template.spec.containers is not a list of containers'],
      ['default/Deployment/web']
    ],
    [
      'an image of its only container',
      `${API}---\n${NO_IMAGE}`,
      [`fleet.yaml:13: ${IMAGE_IS_MISSING}`],
      ['default/Deployment/web']
    ],
    [
      'an image of one container among others, which can be judged',
      `${API}---\n${WEB}        - {name: proxy, image: ""}\n        - {image: "a:v1"}\n        - null\n`,
      [
        'fleet.yaml:13: Deployment web: spec.template.spec.containers[1].image is missing or not a string',
        'fleet.yaml:13: Deployment web: spec.template.spec.containers[2].name is missing or not a string',
        'fleet.yaml:13: Deployment web: spec.template.spec.containers[3].image is missing or not a string'
      ],
      []
    ],
    [
      'an annotation of ours on what is not guarded',
      `${API}---\n${JOB}`,
      [
        'fleet.yaml:13: batch/v1 CronJob is not an apps/v1 Deployment, StatefulSet, DaemonSet: version-guard.keybuzz.io/… has no effect on it'
      ],
      []
    ],
    [
      'no annotation of ours on what a controller has made',
      `${API}---\n${JOB}  ownerReferences: [{kind: Shop}]\n`,
      [],
      []
    ],
    [
      'an API version from before apps/v1',
      `${API}---\n${WEB.replace('apps/v1', 'extensions/v1beta1')}`,
      ['fleet.yaml:13: Deployment web: apiVersion extensions/v1beta1 is too old: use apps/v1'],
      ['default/Deployment/web']
    ],
    [
      'an item of a List in JSON',
      `{"kind": "List", "items": [\n${json('api')},\n\n${JSON.stringify({ ...deployment('web'), spec: {} })}]}`,
      ['fleet.yaml:4: Deployment web: spec.template.spec.containers is not a list of containers'],
      ['shop/Deployment/web']
    ],
    [
      'a workload that is there twice, and not alike',
      `${API}---\n${WEB}---\n${WEB.replace('web:v1', 'web:v2')}`,
      ['fleet.yaml:24: Deployment web in namespace default appears twice, first on line 13'],
      ['default/Deployment/web']
    ],
    [
      'a workload that is there twice, alike: it can be judged',
      `${API}---\n${WEB}---\n${WEB}`,
      ['fleet.yaml:24: Deployment web in namespace default appears twice, first on line 13'],
      []
    ],
    [
      'a key that is written twice where that changes what is judged',
      `${API}---\n${WEB}          image: web:v2\n`,
      ['fleet.yaml:23: duplicate key: image', 'fleet.yaml:13: duplicate keys make it ambiguous'],
      ['default/Deployment/web']
    ],
    [
      'a key that is written twice elsewhere in a workload, which can be judged',
      `${API}---\n${WEB}          env: []\n          env: [{name: a}]\n`,
      ['fleet.yaml:24: duplicate key: env'],
      []
    ],
    [
      'a key of others that is written twice',
      `${API}---\n${CONFIG}data: {a: b, a: c}\n`,
      ['fleet.yaml:16: duplicate key: a'],
      []
    ],
    [
      'the YAML of another kind',
      `${API}---\n${CONFIG}data: {a: [}\n`,
      ['fleet.yaml:16: Flow sequence in block collection must be sufficiently indented and end with a ]'],
      []
    ],
    [
      'an item of a List whose items are indented',
      `kind: List\nitems:\n${`${indented(API)}\n${indented(NO_IMAGE)}`.replaceAll(/^/gm, '  ')}\nmetadata: {}\n`,
      [`fleet.yaml:14: ${IMAGE_IS_MISSING}`],
      ['default/Deployment/web']
    ],
    [
      'an item of a List in YAML',
      `kind: List\nitems:\n${indented(API)}\n${indented(NO_IMAGE)}\n- null\n${indented(CONFIG)}\n  data: {a: [}\n`,
      [
        `fleet.yaml:14: ${IMAGE_IS_MISSING}`,
        'fleet.yaml:28: Flow sequence in block collection must be sufficiently indented and end with a ]'
      ],
      ['default/Deployment/web']
    ],
    [
      'what Helm prints before the manifests',
      `Pulled: registry.example/shop:1.2.3\nDigest: sha256:0\n---\n${API}`,
      [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`],
      []
    ],
    [
      'bytes that are no UTF-8, as of a comment of Windows',
      `${API}# gr\ufffdn\n`,
      ['fleet.yaml:12: not UTF-8 text: each invalid byte is read as U+FFFD'],
      []
    ]
  ] as const) {
    test(`is a warning: ${what}`, () => {
      const fleet = fleetOf(text)
      assert.deepEqual(fleet.warnings, warnings)
      assert.deepEqual([...fleet.unreadable.keys()], unreadable)
      assert.deepEqual([fleet.hidden, fleet.workloads[0]?.name], [null, 'api'])
    })
  }

  test('is told of a workload by its own mistake', () => {
    const { unreadable } = fleetOf(`${API}---\n${NO_IMAGE}`)
    assert.deepEqual([...unreadable], [['default/Deployment/web', `fleet.yaml:13: ${IMAGE_IS_MISSING}`]])
  })

  for (const [what, text, mistake] of [
    ['a scalar that is not closed', '"a\n', 'fleet.yaml:14: Missing closing "quote'],
    [
      'a list that is not closed',
      '- a\n- [\n',
      'fleet.yaml:15: Flow sequence in block collection must be sufficiently indented and end with a ]'
    ],
    ['nothing but a bracket', ']\n', 'fleet.yaml:13: Unexpected flow-seq-end token in YAML document'],
    [
      'what stands below empty lines',
      '\n\n\n- a\n',
      `fleet.yaml:16: not a Kubernetes object, it has no kind; ${TAKES}`
    ],
    ['no object', 'Not found', `fleet.yaml:13: not a Kubernetes object, it has no kind; ${TAKES}`],
    [
      'a list of objects without a List',
      '- kind: Deployment',
      `fleet.yaml:13: not a Kubernetes object, it has no kind; ${TAKES}`
    ],
    ['a List without items', 'apiVersion: v1\nkind: List\n', `fleet.yaml:13: List without items; ${TAKES}`],
    [
      'a workload without a name',
      WEB.replace('name: web', 'nom: web'),
      'fleet.yaml:13: Deployment: metadata.name is missing or not a string'
    ],
    [
      'a workload with a tab before a key',
      WEB.replace('  name: web', '\tname: web'),
      'fleet.yaml:16: Tabs are not allowed as indentation'
    ],
    [
      'JSON that is cut',
      '{"kind": "List",\n "items": [',
      'fleet.yaml:14:12: not JSON: the text ends before its [ is closed'
    ],
    [
      'objects without dashes between them',
      `${CONFIG}${WEB}${CONFIG}`,
      'fleet.yaml:16: duplicate key: apiVersion; is a --- line missing?'
    ],
    [
      'a template that was not rendered',
      WEB.replace('web:v1', '{{ .Values.image }}'),
      'fleet.yaml:22: a key is not a string; is {{ … }} of a template left in it?'
    ],
    [
      'an alias that has no anchor',
      `${WEB}x: *y\n`,
      'fleet.yaml:13: Unresolved alias (the anchor must be set before the alias)'
    ],
    [
      'an anchor that holds itself',
      `${WEB}x: &x [*x]\n`,
      'fleet.yaml:13: its aliases expand to more than 1000000 values'
    ],
    [
      'more aliases than are read',
      `${WEB}x: &x 1\ny: [${'*x ,'.repeat(10_001)}]\n`,
      'fleet.yaml:13: more aliases than are allowed in a file'
    ]
  ] as const) {
    test(`may hide any workload: ${what}`, () => {
      const fleet = fleetOf(`${API}---\n${text}`)
      assert.deepEqual([fleet.hidden, fleet.warnings], [mistake, [mistake]])
      assert.deepEqual([fleet.workloads.map(({ name }) => name), fleet.unreadable.size], [['api'], 0])
    })
  }

  test('ends at the next JSON object', () => {
    const [web, api] = json('web', 'api')
    const { workloads, hidden } = fleetOf(`${web}\n{"kind": "List" "items": []}\n${api}\n{"kind":`)
    assert.deepEqual(
      workloads.map(({ name }) => name),
      ['web', 'api']
    )
    assert.equal(hidden, 'fleet.yaml:2:17: not JSON: a comma or } is expected')
  })

  test('keeps the annotations of a workload, so that a service that they announce is not lost', () => {
    const annotations = { 'version-guard.keybuzz.io/endpoint': 'https://shop.example/' }
    const old = { ...deployment('web', { annotations }), apiVersion: 'apps/v1beta2' }
    const { workloads, unreadable } = fleetOf(`${JSON.stringify(old)}${json('api')}`)
    assert.deepEqual(workloads[0]?.annotations, { endpoint: 'https://shop.example/' })
    assert.deepEqual([...unreadable.keys()], ['shop/Deployment/web'])
  })

  test('is told in a hundred lines and a count, and still withheld', () => {
    const broken = Array.from({ length: 150 }, (_, index) => ({ ...deployment(`web-${index}`), spec: {} }))
    const fleet = fleetOf(JSON.stringify({ ...LIST, items: [...broken, deployment('api')] }))
    assert.deepEqual(
      [fleet.warnings.length, fleet.warnings.at(-1), fleet.unreadable.size],
      [101, '… and 50 more mistakes', 150]
    )
  })
})

suite('broken manifests', () => {
  for (const [rule, text, expected] of [
    ['an empty file', '', [`fleet.yaml:1: empty; ${TAKES}`]],
    ['a file of empty documents', '# soon\n---\n---\n', [`fleet.yaml:1: empty; ${TAKES}`]],
    ['no object', 'Not found', [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`]],
    [
      'a List cut off before its kind',
      `apiVersion: v1\nitems:\n${indented(WEB)}\n`,
      [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`]
    ],
    [
      'an error of the API server',
      '{"kind": "Status", "apiVersion": "v1", "message": "Unauthorized", "code": 401}',
      ['fleet.yaml:1: an answer of the API server, not an object: Unauthorized']
    ],
    ['a List without items', 'apiVersion: v1\nkind: List\n', [`fleet.yaml:1: List without items; ${TAKES}`]],
    [
      'JSON cut off',
      '{"kind": "List",\n "items": []',
      ['fleet.yaml:2:13: not JSON: the text ends before its { is closed']
    ],
    ['JSON cut off in a word', '{"kind": "Li', ['fleet.yaml:1:13: not JSON: the text ends inside a string']],
    ['JSON that is not even YAML', '{"kind": [1, 2}\n', ['fleet.yaml:1:15: not JSON: a comma or ] is expected']],
    [
      'YAML that looks like JSON',
      '{kind: [1, 2}\n',
      ['fleet.yaml:1: Flow sequence in block collection must be sufficiently indented and end with a ]']
    ],
    ['a key twice', `${WEB}kind: DaemonSet\n`, ['fleet.yaml:11: duplicate key: kind; is a --- line missing?']],
    [
      'every malformed workload',
      `apiVersion: v1\nkind: List\nitems:\n${indented(WEB.replace('name: web', 'nom: web'))}\n${indented(NO_IMAGE)}\n`,
      ['fleet.yaml:4: Deployment: metadata.name is missing or not a string', `fleet.yaml:14: ${IMAGE_IS_MISSING}`]
    ],
    [
      'a malformed workload in JSON, with its line',
      '{\n"kind": "List", "items": [\n{"apiVersion": "apps/v1",\n "kind": "Deployment"}]}',
      ['fleet.yaml:3: Deployment: metadata.name is missing or not a string']
    ],
    [
      'YAML of more than 8 MiB',
      `# ${'x'.repeat(8 * 1024 * 1024)}\n${WEB}`,
      ['fleet.yaml: larger than 8 MiB and not JSON; write it as JSON, which may be 64 MiB']
    ],
    [
      'JSON of more than 8 MiB, with its line',
      `\n${JSON.stringify({ kind: 'Deployment', apiVersion: 'apps/v1', x: 'x'.repeat(8 * 1024 * 1024) })}`,
      ['fleet.yaml:2: Deployment: metadata.name is missing or not a string']
    ]
  ] as const) {
    test(`are refused: ${rule}`, () => assert.deepEqual(mistakesOf(text), expected))
  }

  test('are refused where aliases multiply', () => {
    const level = (n: number) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]\n`
    const bomb = `l0: &l0 x\n${Array.from({ length: 12 }, (_, n) => level(n)).join('')}`
    assert.deepEqual(mistakesOf(bomb), ['fleet.yaml:1: its aliases expand to more than 1000000 values'])
  })

  test('are refused by lines of bounded length, however long and hostile their words are', () => {
    const [line = ''] = mistakesOf(`${'k'.repeat(5000)}\u0007: &a\n${'k'.repeat(5000)}\u0007: 1`)
    assert.ok(line.length < 200, line)
  })
})

function mistakesOf(text: string): readonly string[] {
  const parsed = parseManifests(text, 'fleet.yaml')
  assert.ok(!parsed.ok)
  return parsed.mistakes.map(({ message }) => message)
}

// What takes minutes or all memory, or overflows the stack, hangs or ends this test.
suite('what kubectl says among manifests', () => {
  const stray = (line: string, words: string) =>
    `fleet.yaml:${line}: not a manifest, but a message from kubectl: "${words}"; write only its standard output, with -o yaml`
  const FORBIDDEN = 'Error from server (Forbidden): deployments.apps is forbidden'
  const REFUSED = 'The connection to the server localhost:8080 was refused - did you specify the right host or port?'
  const KLOG = "E1128 02:00:00.000000   12345 memcache.go:265] couldn't get current server API group list"

  for (const [rule, text, expected] of [
    ['an error in the place of objects', `${FORBIDDEN}\n`, stray('1', FORBIDDEN)],
    ['no server', `${REFUSED}\n`, stray('1', REFUSED)],
    ['no objects', 'No resources found in shop namespace.\n', stray('1', 'No resources found in shop namespace.')],
    ['a table', 'NAME   READY   AGE\nshop   1/1     5d\n', stray('1', 'NAME   READY   AGE shop   1/1     5d')],
    ['a warning before JSON', `Warning: v1 is deprecated\n${json('web')}\n`, stray('1', 'Warning: v1 is deprecated')],
    ['a line of its log', `${KLOG}\n${WEB}`, stray('1', KLOG)],
    [
      'colours',
      `\u001b[1;39m${json('web')}\u001b[0m\n`,
      'fleet.yaml:1: it contains the colours of a terminal; turn them off with NO_COLOR=1'
    ]
  ] as const) {
    test(`is told as that: ${rule}`, () => assert.deepEqual(mistakesOf(text), [expected]))
  }

  test('may stand for workloads that were not printed', () => {
    const words = 'error: You must be logged in to the server (Unauthorized)'
    assert.equal(fleetOf(`${WEB}---\n${words}\n`).hidden, stray('12', words))
  })

  test('is told where it follows, and spoils nothing', () => {
    const text = `${json('web')}\n${FORBIDDEN}\n${json('api')}\n`
    assert.deepEqual(
      [read(text), fleetOf(text).hidden],
      [['shop/Deployment/web', 'shop/Deployment/api'], stray('2:1', FORBIDDEN)]
    )
  })
})

suite('manifests without measure', () => {
  const list = '{"apiVersion":"v1","kind":"List","items":['
  for (const [what, text, expected] of [
    ['Lists in Lists without end', list.repeat(300_000), /levels deep$/],
    ['Lists in Lists, closed', `${list.repeat(20)}${']}'.repeat(20)}`, /List inside more than 8 others is not read$/],
    ['Lists in Lists without end, in YAML', `kind: List\nitems: [${'{kind: List, items: ['.repeat(20_000)}`, /./],
    ['brackets without end', '['.repeat(100_000), /./],
    ['JSON brackets without end', `{"a":${'['.repeat(10_000_000)}`, /levels deep$/],
    ['unknown keys', Array.from({ length: 50_000 }, (_, n) => `key-${n}: 1`).join('\n'), /it has no kind/],
    [
      'unknown keys in JSON',
      `{${Array.from({ length: 300_000 }, (_, n) => `"key-${n}": 1`).join()}}`,
      /it has no kind/
    ],
    ['one key again and again', 'a: 1\n'.repeat(20_000), /duplicate key: a/],
    ['documents', 'a\n---\n'.repeat(20_000), /it has no kind/],
    ['directives', '%YAML 1.1\n---\n'.repeat(300_000), /empty/],
    ['JSON objects', '{}'.repeat(200_000), /it has no kind/],
    ['JSON faults', '{"a" 1}\n'.repeat(200_000), /a colon is expected/]
  ] as const) {
    test(`are refused: ${what}`, () => {
      const mistakes = mistakesOf(text)
      assert.ok(mistakes.length <= 101)
      assert.match(mistakes[0] ?? '', expected)
    })
  }
})
