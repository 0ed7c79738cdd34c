import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import {
  type Entry,
  fileIn,
  type KubeEnvironment,
  loadKubeConfig,
  pathIn,
  pemIn,
  textIn
} from '../../../src/sources/kubernetes/kubeconfig.ts'
import { temporaryFolder } from '../../support/files.ts'

/** A kubeconfig with one context, cluster and user of this name. */
function kubeconfig(name: string, { user = {}, current = name }: { user?: object; current?: string } = {}): string {
  // JSON is YAML.
  return JSON.stringify({
    clusters: [{ name, cluster: { server: `https://${name}:6443`, 'certificate-authority': 'ca.crt' } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': current
  })
}

async function folderWith(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = temporaryFolder(t)
  await mkdir(join(folder, '.kube'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

/** Loads the files of a folder, by `KUBECONFIG` in this order. */
function load(folder: string, names: readonly string[]) {
  return loadKubeConfig({ KUBECONFIG: names.map(name => join(folder, name)).join(':') })
}

/** What is wrong, without the folder. */
function mistakeOf(work: () => unknown, folder = '/tmp'): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ApiError && error.failure.kind === 'configuration', String(error))
    return error.failure.message.replaceAll(`${folder}/`, '')
  }
  return 'none'
}

function entry(fields: object, folder = '/'): Entry {
  return { title: 'user "me"', folder, fields: { ...fields } }
}

suite('configuration of Kubernetes access', () => {
  test('is that of KUBECONFIG before that of the home folder', async t => {
    const HOME = await folderWith(t, { '.kube/config': kubeconfig('home'), named: kubeconfig('a') })
    const ofBoth = loadKubeConfig({ HOME, KUBECONFIG: join(HOME, 'named') })
    assert.equal(ofBoth.cluster.fields.server, 'https://a:6443')
    const ofHome = loadKubeConfig({ HOME })
    assert.equal(ofHome.cluster.fields.server, 'https://home:6443')
    assert.equal(pathIn(ofHome.cluster, 'certificate-authority'), join(HOME, '.kube', 'ca.crt'))
  })

  test('may name an authority with comments in any encoding', async t => {
    const HOME = await folderWith(t, { '.kube/config': kubeconfig('home') })
    writeFileSync(join(HOME, '.kube', 'ca.crt'), Buffer.from('# Autorité\nCA', 'latin1'))
    assert.equal(pemIn(loadKubeConfig({ HOME }).cluster, 'certificate-authority'), '# Autorit\ufffd\nCA')
  })

  test('is that of the service account before every other', async t => {
    const HOME = await folderWith(t, { '.kube/config': kubeconfig('home'), token: 'abc', 'ca.crt': 'CA' })
    const pod = { HOME, KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
    const { cluster, user } = loadKubeConfig(pod, HOME)
    assert.ok(user !== null)
    assert.deepEqual(
      [cluster.fields.server, fileIn(cluster, 'certificate-authority'), fileIn(user, 'tokenFile')],
      ['https://10.96.0.1:443', 'CA', 'abc']
    )
    const { cluster: ofIpv6 } = loadKubeConfig({ ...pod, KUBERNETES_SERVICE_HOST: 'fd00::1' }, HOME)
    assert.equal(ofIpv6.fields.server, 'https://[fd00::1]:443')
  })

  for (const [rule, environment, folder] of [
    ['without a token', { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }, '/nonexistent'],
    ['outside of a pod', {}, undefined]
  ] as const) {
    test(`is no service account's ${rule}`, async t => {
      const HOME = await folderWith(t, { '.kube/config': kubeconfig('home'), token: 'abc' })
      const { cluster } = loadKubeConfig({ ...environment, HOME }, folder ?? HOME)
      assert.equal(cluster.fields.server, 'https://home:6443')
    })
  }

  test('passes over files that are missing, empty, or say nothing', async t => {
    const files = { empty: '', blank: '\n# nothing\n', good: kubeconfig('good'), void: 'null' }
    const folder = await folderWith(t, files)
    const { cluster } = load(folder, ['missing', 'empty', 'blank', 'void', 'good'])
    assert.equal(cluster.fields.server, 'https://good:6443')
  })

  test('passes over what is empty between the colons of KUBECONFIG', async t => {
    const folder = await folderWith(t, { good: kubeconfig('good') })
    const { cluster } = loadKubeConfig({ KUBECONFIG: `:${folder}/good::` })
    assert.equal(cluster.fields.server, 'https://good:6443')
  })

  test('takes the first current context that is set, and everything from wherever it is named', async t => {
    const folder = await folderWith(t, {
      one: kubeconfig('one', { current: '' }),
      two: JSON.stringify({
        contexts: [{ name: 'mixed', context: { cluster: 'one', user: 'three' } }],
        'current-context': 'mixed'
      }),
      three: kubeconfig('three', { user: { token: 'abc' } })
    })
    const { cluster, user } = load(folder, ['one', 'two', 'three'])
    assert.deepEqual([cluster.fields.server, user?.fields], ['https://one:6443', { token: 'abc' }])
  })

  test('has of a name that several name the first, whole', async t => {
    const folder = await folderWith(t, {
      one: JSON.stringify({ users: [{ name: 'b', user: { token: 'first' } }] }),
      two: kubeconfig('b', { user: { token: 'second', as: 'somebody' } })
    })
    const { user } = load(folder, ['one', 'two'])
    assert.deepEqual(user?.fields, { token: 'first' })
  })

  test('resolves relative paths from the file that they are in', async t => {
    const folder = await folderWith(t, {
      '.kube/a': JSON.stringify({ users: [{ name: 'b', user: { tokenFile: 'token' } }] }),
      b: kubeconfig('b')
    })
    const { cluster, user } = load(folder, ['.kube/a', 'b'])
    assert.ok(user !== null)
    assert.deepEqual(
      [pathIn(cluster, 'certificate-authority'), pathIn(user, 'tokenFile')],
      [join(folder, 'ca.crt'), join(folder, '.kube', 'token')]
    )
  })

  test('judges no entry that nobody uses', async t => {
    const config = JSON.parse(kubeconfig('good'))
    config.clusters.unshift({ name: 'bad' }, { cluster: {} }, 'text', null)
    config.users.unshift({ name: 'bad', user: { exec: 7 } }, { user: { token: 1 } }, [])
    config.contexts.unshift({ name: 'bad' }, { name: 'worse', context: { cluster: 'gone', user: 'gone' } })
    const folder = await folderWith(t, { one: JSON.stringify(config) })
    assert.equal(load(folder, ['one']).cluster.fields.server, 'https://good:6443')
  })

  test('reads what kubectl reads: YAML 1.1, with anchors', async t => {
    const text = `
clusters:
- name: &name prod
  cluster: { server: https://prod:6443, insecure-skip-tls-verify: yes }
contexts:
- { name: *name, context: { cluster: *name, user: '' } }
current-context: *name
`
    const folder = await folderWith(t, { one: text })
    const { cluster, user } = load(folder, ['one'])
    assert.deepEqual([cluster.fields['insecure-skip-tls-verify'], user], [true, null])
  })

  const context = (fields: object) =>
    JSON.stringify({ contexts: [{ name: 'c', context: fields }], clusters: [{ name: 'k' }], 'current-context': 'c' })
  for (const [rule, text, mistake] of [
    ['is no YAML', 'users:\n- name: "canary', 'one:2: not valid YAML'],
    ['is no mapping', 'kubeconfig', 'one: not a kubeconfig'],
    ['is a list', '[]', 'one: not a kubeconfig'],
    [
      'sets no current context',
      '{}',
      'one: current-context is not set; choose one with kubectl config use-context NAME'
    ],
    [
      'leaves the current context empty',
      'current-context:',
      'one: current-context is not set; choose one with kubectl config use-context NAME'
    ],
    [
      'sets one that is not there',
      kubeconfig('one', { current: 'gone' }),
      'one: the current context "gone" does not exist'
    ],
    [
      'has contexts that are no list',
      '{current-context: c, contexts: {}}',
      'one: the current context "c" does not exist'
    ],
    ['names no cluster', context({ user: 'u' }), 'one: context "c" names no cluster'],
    [
      'names a cluster that is not there',
      context({ cluster: 'gone' }),
      'one: cluster "gone" does not exist, but context "c" names it'
    ],
    [
      'names a user that is not there',
      context({ cluster: 'k', user: 'gone' }),
      'one: user "gone" does not exist, but context "c" names it'
    ]
  ] as const) {
    test(`says what is wrong, and where, when it ${rule}`, async t => {
      const folder = await folderWith(t, { one: text })
      assert.equal(
        mistakeOf(() => load(folder, ['one']), folder),
        mistake
      )
    })
  }

  test('says which file cannot be read, and why', async t => {
    const folder = await folderWith(t, {})
    execFileSync('mkfifo', [join(folder, 'pipe')])
    writeFileSync(join(folder, 'large'), Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
    for (const [name, mistake] of [
      ['.kube', '.kube: cannot be read: not a regular file'],
      ['pipe', 'pipe: cannot be read: not a regular file'],
      ['large', 'large: larger than 4 MiB']
    ] as const) {
      assert.equal(
        mistakeOf(() => load(folder, [name]), folder),
        mistake
      )
      // As any file that one names.
      assert.equal(
        mistakeOf(() => fileIn(entry({ tokenFile: name }, folder), 'tokenFile'), folder),
        `user "me": tokenFile ${mistake}`
      )
    }
  })

  test('is refused where it is nested without end or has keys without end', async t => {
    const folder = await folderWith(t, { deep: '['.repeat(1_000_000), long: 'a: 1\n'.repeat(200_000) })
    assert.equal(
      mistakeOf(() => load(folder, ['deep']), folder),
      'deep:1: not valid YAML'
    )
    assert.match(
      mistakeOf(() => load(folder, ['long']), folder),
      /^long:\d+: not valid YAML$/
    )
  })

  test('is read as YAML 1.1', async t => {
    const folder = await folderWith(t, {
      one: kubeconfig('a', { user: { switch: 'SWITCH' } }).replace('"SWITCH"', 'yes')
    })
    assert.equal(load(folder, ['one']).user?.fields.switch, true)
  })

  for (const [rule, rest] of [
    ['behind a line of dashes', '\n---\n'],
    ['in another document', `\n---\n${kubeconfig('b')}`],
    ['in another document that is broken', '\n---\n{ a: [']
  ] as const) {
    test(`is the first document of a file, whatever is ${rule}, as for kubectl`, async t => {
      const folder = await folderWith(t, { one: `${kubeconfig('a')}${rest}` })
      assert.equal(load(folder, ['one']).cluster.title, 'cluster "a"')
    })
  }

  test('has the last of a key that is there twice, as for kubectl', async t => {
    const user = { token: 'first', repeated: 'second' }
    const folder = await folderWith(t, { one: kubeconfig('a', { user }).replace('repeated', 'token') })
    assert.equal(load(folder, ['one']).user?.fields.token, 'second')
  })

  test('may be in UTF-16, as Windows PowerShell writes what kubectl prints', async t => {
    const folder = await folderWith(t, { one: Buffer.from(`\ufeff${kubeconfig('a')}`, 'utf16le') })
    assert.equal(load(folder, ['one']).cluster.title, 'cluster "a"')
  })

  for (const [rule, environment, looked] of [
    ['there is no home', {}, 'KUBECONFIG is not set, ~/.kube/config does not exist'],
    ['home has none', { HOME: '/nonexistent' }, 'KUBECONFIG is not set, ~/.kube/config does not exist'],
    [
      'KUBECONFIG is empty',
      { KUBECONFIG: '', HOME: '/nonexistent' },
      'KUBECONFIG is not set, ~/.kube/config does not exist'
    ],
    [
      'its files are gone',
      { KUBECONFIG: '/nonexistent/a:/dev/null' },
      'no file in KUBECONFIG, "/nonexistent/a:/dev/null", exists and has content'
    ]
  ] satisfies [string, KubeEnvironment, string][]) {
    test(`says where it looked, and the cure, where ${rule}`, async () => {
      const cure = 'set KUBECONFIG, or WORKLOAD_SOURCE=file with WORKLOADS_FILE'
      assert.equal(
        mistakeOf(() => loadKubeConfig(environment)),
        `not found: not in a cluster, ${looked}; ${cure}`
      )
    })
  }

  test('says that a pod has no token, and what mounts it', () => {
    const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: '/nonexistent/a' }
    assert.equal(
      mistakeOf(() => loadKubeConfig(pod, '/nowhere')),
      'not found: in a pod without /nowhere/token, no file in KUBECONFIG, "/nonexistent/a", exists and has content; ' +
        'set automountServiceAccountToken: true, KUBECONFIG, or WORKLOAD_SOURCE=file with WORKLOADS_FILE'
    )
  })
})

suite('an entry of a kubeconfig', () => {
  test('has its texts, which are empty where nothing is written', () => {
    assert.deepEqual([textIn(entry({ token: 'abc' }), 'token'), textIn(entry({}), 'token')], ['abc', ''])
    assert.equal(textIn(entry({ token: null }), 'token'), '')
  })

  for (const token of [7, true, {}, ['abc']]) {
    test(`has no text where ${JSON.stringify(token)} is written`, async () => {
      const read = () => textIn(entry({ token }), 'token')
      assert.equal(mistakeOf(read), 'user "me": token is not a string; put it in quotes')
    })
  }

  test('names the file that cannot be read', async () => {
    const mistake = 'user "me": tokenFile /nonexistent/token: cannot be read: no such file or directory'
    const read = () => fileIn(entry({ tokenFile: 'token' }, '/nonexistent'), 'tokenFile')
    assert.equal(mistakeOf(read), mistake)
  })

  test('has PEM in itself or in a file', async t => {
    const folder = await folderWith(t, { 'ca.crt': 'from a file' })
    const data = Buffer.from('from itself').toString('base64')
    assert.equal(pemIn(entry({ ca: 'ca.crt' }, folder), 'ca'), 'from a file')
    assert.equal(pemIn(entry({ 'ca-data': data }), 'ca'), 'from itself')
    assert.equal(pemIn(entry({ 'ca-data': `${data.slice(0, 4)}\n ${data.slice(4)}\n` }), 'ca'), 'from itself')
    assert.equal(pemIn(entry({}), 'ca'), '')
  })

  for (const [fields, mistake] of [
    [{ ca: 'ca.crt', 'ca-data': 'YQ==' }, 'user "me": ca-data and ca are both specified'],
    [{ 'ca-data': '-----BEGIN CERTIFICATE-----' }, 'user "me": ca-data is not base64']
  ] as const) {
    test(`has none where ${mistake.slice(11)}`, async () => {
      const read = () => pemIn(entry(fields), 'ca')
      assert.equal(mistakeOf(read), mistake)
    })
  }
})
