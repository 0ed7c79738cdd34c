import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { runExecPlugin } from '../../../src/sources/kubernetes/exec-plugin.ts'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { temporaryFolder } from '../../support/files.ts'

const V1 = 'client.authentication.k8s.io/v1'
const V1BETA1 = 'client.authentication.k8s.io/v1beta1'
const CLUSTER = { server: 'https://prod:6443', config: { audience: 'guard' } }

interface Run {
  /** Fields of `exec`. */
  readonly exec: object
  readonly folder?: string
  readonly signal?: AbortSignal
}

function run({ exec, folder = '/', signal = new AbortController().signal }: Run) {
  const fields = { exec: { apiVersion: V1BETA1, ...exec } }
  return runExecPlugin(
    { title: 'user "me"', folder, fields },
    {
      environment: { PATH: process.env.PATH, OURS: 'of the process', BOTH: 'of the process' },
      clusterInfo: async () => CLUSTER,
      signal
    }
  )
}

/** A plugin that a shell runs. */
function shell(script: string): { command: string; args: string[] } {
  return { command: 'sh', args: ['-c', script] }
}

/** A plugin that prints this. */
function printing(output: unknown): { command: string; args: string[] } {
  return shell(`cat <<'END'\n${typeof output === 'string' ? output : JSON.stringify(output)}\nEND`)
}

function credential(status: unknown, apiVersion = V1BETA1) {
  return { kind: 'ExecCredential', apiVersion, status }
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch(thrown => thrown)
  assert.ok(error instanceof ApiError && 'message' in error.failure, 'it fails with words')
  return `${error.failure.kind}: ${error.failure.message}`
}

suite('a credential plugin', () => {
  test('gives a token, a certificate, and when they end', async () => {
    const status = {
      token: 'abc',
      clientCertificateData: 'CERT',
      clientKeyData: 'KEY',
      expirationTimestamp: '2026-11-03T03:04:05Z'
    }
    assert.deepEqual(await run({ exec: printing(credential(status)) }), {
      token: 'abc',
      cert: 'CERT',
      key: 'KEY',
      expiresAt: Date.parse('2026-11-03T03:04:05Z')
    })
    assert.deepEqual(await run({ exec: printing(credential({ token: 'abc' })) }), {
      token: 'abc',
      cert: '',
      key: '',
      expiresAt: null
    })
  })

  test('may print YAML, as kubectl takes it', async () => {
    const status = 'status:\n  token: abc\n  expirationTimestamp: 2026-11-03T03:04:05Z'
    const { token, expiresAt } = await run({
      exec: printing(`apiVersion: ${V1BETA1}\nkind: ExecCredential\n${status}`)
    })
    assert.deepEqual([token, expiresAt], ['abc', Date.parse('2026-11-03T03:04:05Z')])
  })

  test('gets to know which cluster it works for, and that nobody answers its questions', async t => {
    const file = join(temporaryFolder(t), 'info')
    const { args, ...plugin } = printing(credential({ token: 'abc' }, V1))
    const script = `printf %s "$KUBERNETES_EXEC_INFO" > ${file}; ${args[1]}`
    const exec = { ...plugin, args: ['-c', script], apiVersion: V1, interactiveMode: 'IfAvailable' }
    const told = async () => JSON.parse(await readFile(file, 'utf8'))

    await run({ exec })
    assert.deepEqual(await told(), { kind: 'ExecCredential', apiVersion: V1, spec: { interactive: false } })
    await run({ exec: { ...exec, provideClusterInfo: true } })
    assert.deepEqual((await told()).spec, { interactive: false, cluster: CLUSTER })
  })

  test('has the environment of the process, and that of the kubeconfig before it', async () => {
    const { args, ...plugin } = printing('END')
    const print = `printf '%s' '${JSON.stringify(credential({ token: '@' }))}' | sed "s/@/$OURS,$BOTH,$OWN/"`
    assert.ok(args.length > 0)
    const env = [
      { name: 'BOTH', value: 'of the kubeconfig' },
      { name: 'OWN', value: '' }
    ]
    const { token } = await run({ exec: { ...plugin, args: ['-c', print], env } })
    assert.equal(token, 'of the process,of the kubeconfig,')
  })

  test('is looked for beside the kubeconfig where its path is relative, and in PATH where it has none', async t => {
    const folder = temporaryFolder(t)
    await mkdir(join(folder, 'bin'))
    const script = `#!/bin/sh\necho '${JSON.stringify(credential({ token: 'beside' }))}'\n`
    await writeFile(join(folder, 'bin', 'plugin'), script)
    await chmod(join(folder, 'bin', 'plugin'), 0o755)
    for (const command of ['bin/plugin', './bin/plugin', join(folder, 'bin', 'plugin')]) {
      assert.equal((await run({ exec: { command }, folder })).token, 'beside')
    }
    assert.match(await failureOf(run({ exec: { command: 'plugin' }, folder: join(folder, 'bin') })), /plugin not found/)
  })

  test('that is not there is reported with the whole hint on how to install it', async () => {
    const url = `https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl#install_plugin`
    const installHint = `Install no-such-plugin for use with kubectl by\n  following ${url}\u001b[0m`
    assert.equal(
      await failureOf(run({ exec: { command: 'no-such-plugin', installHint } })),
      'credentials: exec: executable no-such-plugin not found; ' +
        `Install no-such-plugin for use with kubectl by following ${url}\ufffd[0m`
    )
    assert.equal(
      await failureOf(run({ exec: { command: 'no-such-plugin' } })),
      'credentials: exec: executable no-such-plugin not found'
    )
  })

  test('with a missing interpreter is told apart from one that is missing itself', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'plugin')
    await writeFile(path, '#!/no/such/interpreter\n', { mode: 0o755 })
    const rest = 'is there, but not the interpreter in its first line or the libc that it was built for'
    assert.equal(
      await failureOf(run({ exec: { command: './plugin' }, folder })),
      `credentials: exec: executable ./plugin ${rest}`
    )
    assert.equal(
      await failureOf(run({ exec: { command: 'plugin', env: [{ name: 'PATH', value: `/none:${folder}` }] } })),
      `credentials: exec: executable plugin ${rest}`
    )
  })

  test('that may not be run is reported as such', async t => {
    const folder = temporaryFolder(t)
    await writeFile(join(folder, 'plugin'), '')
    assert.equal(
      await failureOf(run({ exec: { command: './plugin' }, folder })),
      'credentials: exec: executable ./plugin may not be run: permission denied'
    )
  })

  for (const [rule, script, message] of [
    ['fails', 'exit 3', 'failed with exit code 3'],
    ['fails with a complaint', 'echo "log in\n  first" >&2; exit 1', 'failed with exit code 1: log in first'],
    ['is killed', 'kill -9 $$', 'was killed by SIGKILL'],
    ['is killed with a complaint', 'echo bye >&2; kill -15 $$', 'was killed by SIGTERM: bye'],
    [
      'complains with an address',
      'echo no answer of https://me:canary@idp.example/token?code=canary >&2; exit 1',
      'failed with exit code 1: no answer of https://idp.example/token'
    ],
    [
      'complains of a token',
      'echo "no session for canary-0123456789abcdef, log in first" >&2; exit 1',
      'failed with exit code 1: no session for …, log in first'
    ],
    [
      'complains by the megabyte',
      'head -c 1000000 /dev/zero | tr "\\0" a >&2; exit 1',
      `failed with exit code 1: ${'a'.repeat(128)}`
    ],
    ['prints by the megabyte', 'head -c 3000000 /dev/zero', 'printed more than 1048576 characters']
  ] as const) {
    test(`that ${rule} is reported as such`, async () => {
      assert.equal(await failureOf(run({ exec: shell(script) })), `credentials: exec: executable sh ${message}`)
    })
  }

  test('is over when it has ended well, even if something that it started still holds its standard error', async t => {
    const pid = join(temporaryFolder(t), 'pid')
    const printed = JSON.stringify(credential({ token: 'abc' }))
    const exec = shell(`sleep 600 >/dev/null & echo $! >${pid}; echo '${printed}'`)
    assert.equal((await run({ exec })).token, 'abc')
    process.kill(Number(await readFile(pid, 'utf8')))
  })

  test('is stopped with the source, and what it has started keeps nobody waiting', async () => {
    const stop = new AbortController()
    const stopped = failureOf(run({ exec: shell('sleep 600 & echo started; wait'), signal: stop.signal }))
    stop.abort()
    assert.equal(await stopped, 'credentials: exec: executable sh was stopped')
  })

  for (const [rule, output, message] of [
    ['no JSON', 'canary', 'it did not print JSON'],
    ['nothing', '', 'it did not print JSON'],
    ['something else', { kind: 'Status' }, 'it did not print an ExecCredential'],
    [
      'another version',
      credential({ token: 'abc' }, V1),
      `is configured to use API version ${V1BETA1}, plugin returned version ${V1}`
    ],
    ['no status', { kind: 'ExecCredential', apiVersion: V1BETA1 }, "didn't return a status field"],
    ['a status that is none', credential('canary'), "didn't return a status field"],
    ['an empty status', credential({}), "didn't return a token or cert/key pair"],
    [
      'a certificate alone',
      credential({ clientCertificateData: 'CERT' }),
      'returned only certificate or key, not both'
    ],
    [
      'a token with a key alone',
      credential({ token: 'a', clientKeyData: 'K' }),
      'returned only certificate or key, not both'
    ],
    ['a token that is no text', credential({ token: 7 }), 'status.token is not a string'],
    [
      'an end that is no time',
      credential({ token: 'a', expirationTimestamp: 'soon' }),
      'status.expirationTimestamp is not a time'
    ]
  ] as const) {
    test(`that returns ${rule} is reported as such, without what it printed`, async () => {
      const failure = await failureOf(run({ exec: printing(output) }))
      assert.equal(failure.replace('exec plugin: ', 'exec plugin '), `credentials: exec plugin ${message}`)
    })
  }

  for (const [exec, message] of [
    [{}, 'command must be specified'],
    [{ command: 'true', apiVersion: '' }, 'apiVersion must be specified'],
    [
      { command: 'true', apiVersion: 'client.authentication.k8s.io/v1alpha1' },
      `invalid apiVersion "client.authentication.k8s.io/v1alpha1"; it takes ${V1} or ${V1BETA1}`
    ],
    [{ command: 'true', apiVersion: V1 }, 'interactiveMode must be specified'],
    [
      { command: 'true', interactiveMode: 'Sometimes' },
      'invalid interactiveMode "Sometimes"; it takes Never, IfAvailable, Always'
    ],
    [
      { command: 'true', interactiveMode: 'Always' },
      'interactiveMode is Always, but nobody is there to answer: use another account'
    ],
    [{ command: ['true'] }, 'command is not a string; put it in quotes'],
    [{ command: 'true', args: [1] }, 'args is not a list of strings; put each in quotes'],
    [{ command: 'true', args: '--help' }, 'args is not a list of strings; put each in quotes'],
    [
      { command: 'true', env: [{ value: 'x' }] },
      'each entry of env takes a name and a value, both strings; put them in quotes'
    ],
    [
      { command: 'true', env: [{ name: 'A', value: 1 }] },
      'each entry of env takes a name and a value, both strings; put them in quotes'
    ]
  ] as const) {
    test(`is not run by ${JSON.stringify(exec)}`, async () => {
      assert.equal(await failureOf(run({ exec })), `configuration: user "me": exec: ${message}`)
    })
  }

  test('may have no arguments and no variables', async () => {
    assert.match(await failureOf(run({ exec: { command: 'true', args: null, env: null } })), /did not print JSON/)
  })
})
