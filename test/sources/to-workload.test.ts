import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ANNOTATIONS } from '../../src/domain/annotations.ts'
import { parseImageReference } from '../../src/domain/image-reference.ts'
import { isJsonPointer, isServiceName } from '../../src/domain/target.ts'
import { outlineOf, toWorkload } from '../../src/sources/to-workload.ts'

const APP = { name: 'app', image: 'ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev', ports: [{ containerPort: 3000 }] }
const PROXY = { name: 'proxy', image: 'envoy@sha256:0' }

function manifest({ kind = 'Deployment', metadata = {}, podSpec = {} }: Parts = {}) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', generation: 1, managedFields: [{ manager: 'helm' }], ...metadata },
    spec: { replicas: 1, template: { spec: { containers: [APP], ...podSpec } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  }
}

interface Parts {
  readonly kind?: string
  readonly metadata?: object
  readonly podSpec?: object
}

function workload(object: unknown) {
  const observed = toWorkload(object)
  assert.ok(observed.seen)
  return observed.value
}

suite('workload of a Kubernetes object', () => {
  test('keeps what is judged and nothing else', () => {
    const { templateId, strategy, status, ...rest } = workload(manifest())
    assert.deepEqual(rest, {
      namespace: 'shop',
      kind: 'Deployment',
      name: 'web',
      annotations: {},
      warnings: [],
      managedBy: { manager: '', release: '', releaseNamespace: '' },
      releaseLabels: { version: '', chart: '' },
      containers: [{ name: 'app', image: APP.image }],
      generation: rest.generation
    })
    assert.ok(templateId.length > 0 && templateId.length < 100)
    assert.equal(strategy.type, 'RollingUpdate')
    assert.equal(status.seen, true)
  })

  for (const [rule, imagePullSecrets, expected] of [
    ['those of the pod template, in their order', [{ name: 'b' }, { name: 'a.b-c' }], ['b', 'a.b-c']],
    ['each once', [{ name: 'a' }, { name: 'a' }], ['a']],
    [
      'none that is no name of a Secret',
      [{ name: '../x' }, { name: 'A' }, { name: '' }, { name: 1 }, null, { name: 'a'.repeat(254) }, { name: 'a' }],
      ['a']
    ],
    [
      'at most ten',
      Array.from({ length: 12 }, (_, at) => ({ name: `s${at}` })),
      Array.from('0123456789', n => `s${n}`)
    ],
    ['nothing of an empty list', [], undefined],
    ['nothing of what is no list', { name: 'a' }, undefined]
  ] as const) {
    test(`has as pull secrets ${rule}`, () => {
      assert.deepEqual(workload(manifest({ podSpec: { imagePullSecrets } })).pullSecrets, expected)
    })
  }

  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    test(`reads a ${kind}`, () => assert.equal(workload(manifest({ kind })).kind, kind))
  }

  test('has the containers of the pod template in their order, and never an init container', () => {
    const podSpec = { initContainers: [{ name: 'migrate', image: 'migrate:v1' }], containers: [PROXY, APP] }
    const names = workload(manifest({ podSpec })).containers.map(({ name }) => name)
    assert.deepEqual(names, ['proxy', 'app'])
  })

  test('has native sidecars apart from its containers', () => {
    const sidecar = { name: 'mesh', image: 'mesh:v3', restartPolicy: 'Always' }
    const initContainers = [{ name: 'migrate', image: 'migrate:v1', restartPolicy: 'OnFailure' }, sidecar]
    const { containers, sidecars } = workload(manifest({ podSpec: { initContainers, containers: [APP] } }))
    assert.deepEqual([containers.map(({ name }) => name), sidecars], [['app'], [{ name: 'mesh', image: 'mesh:v3' }]])
  })

  test("has the workload's own annotations without their prefix", () => {
    const annotations = { 'version-guard.keybuzz.io/endpoint': 'https://shop/debug/version', 'other.io/endpoint': 'x' }
    assert.deepEqual(workload(manifest({ metadata: { annotations } })).annotations, {
      endpoint: 'https://shop/debug/version'
    })
  })

  test('keeps a long image reference whole, because it is compared', () => {
    const image = `registry.io/${'a'.repeat(300)}:v1`
    assert.equal(workload(manifest({ podSpec: { containers: [{ name: 'app', image }] } })).containers[0]?.image, image)
  })

  test('keeps no more of an image or an annotation than is compared, and never makes it right by a cut', () => {
    const long = 'a'.repeat(5000)
    const named = Object.fromEntries([...ANNOTATIONS.keys()].map(name => [`version-guard.keybuzz.io/${name}`, long]))
    const { containers, annotations } = workload(
      manifest({ metadata: { annotations: named }, podSpec: { containers: [{ name: 'app', image: long }] } })
    )
    assert.equal(containers[0]?.image.length, 1025)
    assert.equal(parseImageReference(containers[0]?.image ?? ''), null)
    const { endpoint = '', service = '', 'version-pointer': pointer = '' } = annotations
    assert.deepEqual([endpoint.length, service.length, pointer.length], [2049, 257, 257])
    assert.deepEqual([isServiceName(service), isJsonPointer(`/${pointer.slice(1)}`)], [false, false])
    assert.equal(Object.keys(annotations).length, ANNOTATIONS.size)
  })

  test('has a container whose name or image is missing, with nothing in that place', () => {
    const { containers } = workload(manifest({ podSpec: { containers: [{ name: 'app' }, { image: 'a:v1' }, null] } }))
    assert.deepEqual(
      containers.map(({ name, image }) => [name, image]),
      [
        ['app', ''],
        ['', 'a:v1'],
        ['', '']
      ]
    )
  })

  test('takes an annotation without a value for one that is not there', () => {
    const annotations = { 'version-guard.keybuzz.io/endpoint': null }
    assert.deepEqual(workload(manifest({ metadata: { annotations } })).annotations, {})
  })

  test('warns of annotations that it does not know, with the nearest right one, and counts what is more', () => {
    const names = [
      'endpont',
      'a-b-c-d-e-f',
      `x\n${'y'.repeat(300)}`,
      ...Array.from({ length: 5000 }, (_, n) => `x${n}`)
    ]
    const annotations = Object.fromEntries(names.map(name => [`version-guard.keybuzz.io/${name}`, '1']))
    const read = workload(manifest({ metadata: { annotations } }))
    assert.deepEqual(read.annotations, {})
    const few = Object.fromEntries(Object.entries(annotations).slice(0, 4))
    assert.equal(workload(manifest({ metadata: { annotations: few } })).warnings[3], '… and 1 more unknown annotation')
    assert.deepEqual(read.warnings, [
      'unknown annotation version-guard.keybuzz.io/endpont; did you mean endpoint?',
      'unknown annotation version-guard.keybuzz.io/a-b-c-d-e-f',
      `unknown annotation version-guard.keybuzz.io/x\ufffd${'y'.repeat(126)}`,
      '… and 5000 more unknown annotations'
    ])
  })

  test('warns of annotations of ours on the pod template', () => {
    const inTemplate = (annotations: object) => {
      const object = manifest()
      return workload({ ...object, spec: { template: { ...object.spec.template, metadata: { annotations } } } })
    }
    const own = { 'version-guard.keybuzz.io/endpoint': 'https://shop/', 'prometheus.io/scrape': 'true' }
    const there = "no effect on the pod template: write them in the Deployment's own metadata"
    assert.deepEqual(inTemplate(own).warnings, [`1 version-guard.keybuzz.io/… annotation has ${there}`])
    assert.deepEqual(inTemplate({ ...own, 'version-guard.keybuzz.io/x': 1 }).warnings, [
      `2 version-guard.keybuzz.io/… annotations have ${there}`
    ])
    assert.deepEqual(inTemplate({ 'prometheus.io/scrape': 'true' }).warnings, [])
  })

  test('is in the namespace `default` where none is written', () => {
    for (const namespace of [undefined, null, '']) {
      assert.equal(workload(manifest({ metadata: { namespace } })).namespace, 'default')
    }
  })

  test('has no status where there is none', () => {
    const { status } = workload({ ...manifest(), status: undefined })
    assert.equal(status.seen, false)
  })
})

suite('what is not a workload', () => {
  for (const [rule, object, message] of [
    ['another kind', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }, 'v1 Service'],
    ['a Deployment of somebody else', { ...manifest(), apiVersion: 'acme.io/v1' }, 'acme.io/v1 Deployment'],
    ['an object without a kind', {}, 'Something without a kind'],
    ['a list', [manifest()], 'Something without a kind'],
    ['null', null, 'Something without a kind'],
    ['a text', 'Deployment', 'Something without a kind'],
    ['a kind from the prototype', { kind: 'constructor' }, 'constructor']
  ] as const) {
    test(`passes over ${rule}`, () => {
      const expected = `${message} is not an apps/v1 Deployment, StatefulSet, DaemonSet`
      assert.deepEqual(toWorkload(object), { seen: false, reason: 'other_kind', message: expected })
    })
  }
})

suite('an invalid workload', () => {
  const quoted = { annotations: { 'version-guard.keybuzz.io/enabled': false } }
  const containers = 'spec.template.spec.containers'
  for (const [what, object, message] of [
    [
      'without metadata',
      { ...manifest(), metadata: undefined },
      'Deployment: metadata.name is missing or not a string'
    ],
    [
      'with an empty name',
      manifest({ metadata: { name: '' } }),
      'Deployment: metadata.name is missing or not a string'
    ],
    [
      'with a number for a name',
      manifest({ metadata: { name: 7 } }),
      'Deployment: metadata.name is missing or not a string'
    ],
    [
      'without an API version',
      { ...manifest(), apiVersion: undefined },
      'Deployment web: apiVersion is missing (apps/v1)'
    ],
    [
      'with a namespace that is no text',
      manifest({ metadata: { namespace: 1 } }),
      'Deployment web: metadata.namespace is not a name'
    ],
    [
      'with an annotation of ours that is no text',
      manifest({ metadata: quoted }),
      'Deployment web: annotation version-guard.keybuzz.io/enabled is not a string: put it in quotes'
    ],
    ['without a spec', { ...manifest(), spec: undefined }, `Deployment web: ${containers} is not a list of containers`],
    [
      'with no containers',
      manifest({ podSpec: { containers: [] } }),
      `Deployment web: ${containers} is not a list of containers`
    ],
    [
      'with more containers than a pod has',
      manifest({ kind: 'StatefulSet', podSpec: { containers: Array.from({ length: 65 }, () => APP) } }),
      `StatefulSet web: ${containers} has more than 64 containers`
    ],
    [
      'with two containers of one name',
      manifest({ podSpec: { containers: [APP, { name: 'b', image: 'b:v1' }, { name: 'b', image: 'b:v2' }] } }),
      `Deployment web: ${containers} has b twice`
    ],
    [
      'with a native sidecar of the name of a container',
      manifest({ podSpec: { containers: [APP], initContainers: [{ ...APP, restartPolicy: 'Always' }] } }),
      `Deployment web: ${containers} has ${APP.name} twice`
    ],
    [
      'of extensions/v1beta1',
      { ...manifest(), apiVersion: 'extensions/v1beta1' },
      'Deployment web: apiVersion extensions/v1beta1 is too old: use apps/v1'
    ],
    [
      'of apps/v1beta1',
      { ...manifest({ kind: 'StatefulSet' }), apiVersion: 'apps/v1beta1' },
      'StatefulSet web: apiVersion apps/v1beta1 is too old: use apps/v1'
    ],
    [
      'of apps/v1beta2',
      { ...manifest({ kind: 'DaemonSet' }), apiVersion: 'apps/v1beta2' },
      'DaemonSet web: apiVersion apps/v1beta2 is too old: use apps/v1'
    ],
    [
      'of an API that has none',
      { ...manifest(), apiVersion: 'v1' },
      'Deployment web: apiVersion v1 has no Deployment: use apps/v1'
    ],
    [
      'with an API version that is no text',
      { ...manifest(), apiVersion: 1 },
      'Deployment web: apiVersion 1 has no Deployment: use apps/v1'
    ],
    [
      'with a name that would act on a terminal',
      { ...manifest({ metadata: { name: 'a\u001b[2J' } }), spec: {} },
      'Deployment a\ufffd[2J: metadata.name is not a name'
    ],
    // Alerts print commands with these names, for people who copy them.
    [
      'with a name that would act in a shell',
      manifest({ metadata: { name: 'web;id' } }),
      'Deployment web;id: metadata.name is not a name'
    ],
    [
      'with a namespace that would be an option',
      manifest({ metadata: { namespace: '--all' } }),
      'Deployment web: metadata.namespace is not a name'
    ],
    [
      'with a container whose name would act in a shell',
      manifest({ podSpec: { containers: [{ ...APP, name: '$(id)' }] } }),
      `Deployment web: ${containers}: $(id) is not a name`
    ]
  ] as const) {
    test(`${what} is refused with its kind, name and field`, () => {
      assert.deepEqual(toWorkload(object), { seen: false, reason: 'invalid', message })
    })
  }

  test("does not mind other people's annotations", () => {
    assert.ok(toWorkload(manifest({ metadata: { annotations: { 'other.io/flag': true } } })).seen)
  })
})

suite('outline of a workload that cannot be read', () => {
  test('is its identity and its annotations', () => {
    const annotations = {
      'version-guard.keybuzz.io/endpoint': 'https://shop/',
      'version-guard.keybuzz.io/enabled': true
    }
    const outline = outlineOf({ ...manifest({ metadata: { annotations } }), spec: {} })
    assert.deepEqual(
      [outline?.namespace, outline?.kind, outline?.name, outline?.annotations, outline?.containers],
      ['shop', 'Deployment', 'web', { endpoint: 'https://shop/' }, []]
    )
  })

  for (const [what, object] of [
    ['another kind', { kind: 'Service', metadata: { name: 'web' } }],
    ['no name', manifest({ metadata: { name: '' } })],
    ['a namespace that is none', manifest({ metadata: { namespace: 'a b' } })],
    ['nothing', null]
  ] as const) {
    test(`is not known of ${what}`, () => assert.equal(outlineOf(object), null))
  }
})
