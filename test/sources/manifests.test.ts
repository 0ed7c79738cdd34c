import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseManifests } from '../../src/sources/manifests.ts'
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

function read(text: string): string[] {
  const parsed = parseManifests(text, 'fleet.yaml')
  if (!parsed.ok) return [...parsed.mistakes]
  return parsed.workloads.map(({ namespace, kind, name }) => `${namespace}/${kind}/${name}`)
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '  ').replace('  ', '- ')
}

const bare = ({ apiVersion: _apiVersion, kind: _kind, ...rest }: ReturnType<typeof deployment>) => rest

suite('manifests', () => {
  for (const [rule, text, expected] of [
    ['are read as one document, in the namespace default where none is named', WEB, ['default/Deployment/web']],
    [
      'are read as several documents, empty ones among them',
      `---\n${WEB}---\n# nothing\n---\n${WEB.replace('name: web', 'name: api\n  namespace: shop')}---\n`,
      ['default/Deployment/web', 'shop/Deployment/api']
    ],
    [
      'are read as the List that kubectl prints',
      `apiVersion: v1\nitems:\n${indented(WEB)}\nkind: List\nmetadata:\n  resourceVersion: ""\n`,
      ['default/Deployment/web']
    ],
    [
      'are read as JSON',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [deployment('web'), { ...deployment('db'), kind: 'StatefulSet' }]
      }),
      ['shop/Deployment/web', 'shop/StatefulSet/db']
    ],
    [
      'are read as the DeploymentList of the API server, whose items do not repeat their kind',
      JSON.stringify({ apiVersion: 'apps/v1', kind: 'DeploymentList', items: [bare(deployment('web'))] }),
      ['shop/Deployment/web']
    ],
    ['are read where JSON breaks its rules as YAML allows', `{"apiVersion": "v1", "kind": "List", "items": [],}`, []],
    ['may be a List without items: a fleet without workloads', 'apiVersion: v1\nkind: List\nitems: []\n', []],
    [
      'may be a DeploymentList whose items are null',
      '{"apiVersion":"apps/v1","kind":"DeploymentList","items":null}',
      []
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
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(read(text), expected))
  }
})

suite('broken manifests', () => {
  for (const [rule, text, expected] of [
    ['an empty file', '', [`fleet.yaml:1: empty; ${TAKES}`]],
    ['a file of empty documents', '# soon\n---\n---\n', [`fleet.yaml:1: empty; ${TAKES}`]],
    ['no object', 'Error from server', [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`]],
    [
      'a list of objects without a List',
      '- kind: Deployment',
      [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`]
    ],
    [
      'a List cut off before its kind',
      `apiVersion: v1\nitems:\n${indented(WEB)}\n`,
      [`fleet.yaml:1: not a Kubernetes object, it has no kind; ${TAKES}`]
    ],
    ['a List without items', 'apiVersion: v1\nkind: List\n', [`fleet.yaml:1: List without items; ${TAKES}`]],
    ['JSON cut off', '{"kind": "List",\n "items": []', ['fleet.yaml:2: Flow map must end with a }']],
    ['a key twice', `${WEB}kind: DaemonSet\n`, ['fleet.yaml:11: key written twice: kind']],
    [
      'a workload twice',
      `${WEB}---\n${WEB}`,
      ['fleet.yaml:12: Deployment web in namespace default is there twice, first in line 1']
    ],
    [
      'every malformed workload',
      `apiVersion: v1\nkind: List\nitems:\n${indented(WEB.replace('name: web', 'nom: web'))}\n${indented(WEB.replace('image:', 'img:'))}\n`,
      [
        'fleet.yaml:4: Deployment: metadata.name is missing',
        'fleet.yaml:14: Deployment web: spec.template.spec.containers[0].image is missing'
      ]
    ],
    [
      'a malformed workload in JSON, with its line',
      '{\n"kind": "List", "items": [\n{"apiVersion": "apps/v1",\n "kind": "Deployment"}]}',
      ['fleet.yaml:3: Deployment: metadata.name is missing']
    ],
    [
      'aliases that multiply',
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n`,
      ['fleet.yaml:1: Excessive alias count indicates a resource exhaustion attack']
    ],
    [
      'YAML of more than 8 MiB',
      `# ${'x'.repeat(8 * 1024 * 1024)}\n${WEB}`,
      ['fleet.yaml: larger than 8 MiB and not JSON; write it as JSON, which may have 64 MiB']
    ],
    [
      'JSON of more than 8 MiB, without a line',
      JSON.stringify({ kind: 'Deployment', apiVersion: 'apps/v1', x: 'x'.repeat(8 * 1024 * 1024) }),
      ['fleet.yaml: Deployment: metadata.name is missing']
    ]
  ] as const) {
    test(`are refused: ${rule}`, () => assert.deepEqual(read(text), expected))
  }

  test('are refused by lines of bounded length, however long and hostile their words are', () => {
    const [line = ''] = read(`${'k'.repeat(5000)}\u0007: &a\n${'k'.repeat(5000)}\u0007: 1`)
    assert.ok(line.length < 200, line)
  })
})
