import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { Observed } from '../../src/domain/observation.ts'
import { createPoller, type FollowFile } from '../../src/files/follow-file.ts'
import { createFileSource } from '../../src/sources/file.ts'
import { createManifestsReader } from '../../src/sources/read-manifests-file.ts'
import { deployment } from '../support/cluster-objects.ts'
import { workloadsOf } from '../support/facts.ts'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { describeSource } from './source-contract.ts'

// A source on a file whose following is driven by hand: a change is settled after two polls.
function sourceOnFile(t: TestContext) {
  const folder = temporaryFolder(t)
  const path = join(folder, 'workloads.json')
  const pollers = new Set<ReturnType<typeof createPoller>>()
  const follow: FollowFile = (followed, handlers) => {
    const poller = createPoller(followed, handlers)
    pollers.add(poller)
    return poller
  }
  const refused: (readonly string[])[] = []
  const clock = { now: 1000 }
  const source = createFileSource({
    path,
    manifests: createManifestsReader(),
    clock: () => clock.now,
    onRefused: lines => refused.push(lines),
    follow
  })
  const poll = async () => {
    for (const poller of pollers) await poller.poll()
  }
  const settle = async () => {
    await poll()
    await poll()
  }
  // By rename: the new file has another identity even when its size and times are the same.
  const write = async (content: string) => {
    replaceFile(path, content)
    await settle()
  }
  return { source, path, write, poll, settle, refused, clock }
}

function listOf(...items: object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

describeSource('file source', async t => {
  const { source, write } = sourceOnFile(t)
  const objects = new Map<string, object>()
  const writeAll = () => write(listOf(...objects.values()))
  return {
    source,
    put: workload => {
      objects.set(nameOf(workload), workload)
      return writeAll()
    },
    remove: workload => {
      objects.delete(nameOf(workload))
      return writeAll()
    },
    break: () => write('{ "kind": '),
    mend: writeAll
  }
})

function nameOf(workload: object): string {
  return 'metadata' in workload ? JSON.stringify(workload.metadata) : ''
}

function reasonOf(found: Observed<unknown>): string {
  return found.seen ? 'seen' : found.reason
}

suite('file source', () => {
  test('says where it looked', async t => {
    const { source, path, write } = sourceOnFile(t)
    await write(listOf(deployment('web')))
    await source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(source.snapshot().find({ namespace: 'shop', kind: 'Deployment', name: 'api' }), {
      seen: false,
      reason: 'not_found',
      message: `Deployment api in namespace shop is not in ${path}`
    })
  })

  test('says that a workload could not be read, never that it is not there', async t => {
    const { source, path, write } = sourceOnFile(t)
    const found = (name: string) => source.snapshot().find({ namespace: 'shop', kind: 'Deployment', name })
    const broken = `${path}:1: Deployment web: spec.template.spec.containers is not a list of containers`
    await write(listOf(deployment('api'), { ...deployment('web'), spec: {} }))
    await source.read(AbortSignal.timeout(60_000))
    assert.deepEqual([source.snapshot().warnings, source.health().up], [[broken], true])
    assert.deepEqual(found('web'), {
      seen: false,
      reason: 'unreadable',
      message: `Deployment web in namespace shop could not be read: ${broken}`
    })
    assert.deepEqual([found('api').seen, reasonOf(found('db'))], [true, 'not_found'])

    await write(`${listOf(deployment('api'))}{"kind": `)
    await source.read(AbortSignal.timeout(60_000))
    const { length } = listOf(deployment('api'))
    const cut = `${path}:1:${length + 10}: not JSON: the text ends before its { is closed`
    assert.deepEqual(found('web'), {
      seen: false,
      reason: 'unreadable',
      message: `Deployment web in namespace shop is missing, or could not be read: ${cut}`
    })
    assert.deepEqual([found('api').seen, source.snapshot().warnings], [true, [cut]])
  })

  test('says where a workload is that was rendered without its namespace', async t => {
    const { source, path, write } = sourceOnFile(t)
    await write(listOf(deployment('web', { namespace: 'default' })))
    await source.read(AbortSignal.timeout(60_000))
    const found = source.snapshot().find({ namespace: 'shop', kind: 'Deployment', name: 'web' })
    const hint = 'Deployment web is there in namespace default: render with a namespace, or set it in the target'
    const message = `Deployment web in namespace shop is not in ${path}; ${hint}`
    assert.deepEqual(found, { seen: false, reason: 'not_found', message })
  })

  test('says why nothing was ever read', async t => {
    const { source, path } = sourceOnFile(t)
    const web = { namespace: 'shop', kind: 'Deployment', name: 'web' } as const
    const messageOf = () => {
      const found = source.snapshot().find(web)
      return found.seen ? 'seen' : found.message
    }
    assert.equal(messageOf(), `${path}: not read yet`)
    await source.read(AbortSignal.timeout(60_000))
    assert.equal(messageOf(), `${path}: cannot be read: no such file or directory`)
    assert.deepEqual(source.health().problems, [
      { message: `${path}: cannot be read: no such file or directory`, withholds: 'workloads' }
    ])
  })

  test('hands over the lines of a refused version once, and keeps the last good one', async t => {
    const { source, path, write, settle, refused } = sourceOnFile(t)
    await write(listOf(deployment('web')))
    await source.follow(() => {})
    await write(listOf({ ...deployment('web'), spec: {} }))
    await settle()
    await write(listOf({ ...deployment('web'), spec: {} }))
    const line = `${path}:1: Deployment web: spec.template.spec.containers is not a list of containers`
    assert.deepEqual([refused, source.health().problems], [[[line]], [{ message: line, withholds: 'workloads' }]])
    assert.equal(workloadsOf(source.snapshot()).length, 1)
  })

  test('treats a file that has gone as an outage', async t => {
    const { source, path, write, settle, refused } = sourceOnFile(t)
    await write(listOf(deployment('web')))
    await source.follow(() => {})
    rmSync(path)
    await settle()
    assert.deepEqual(refused, [[`${path}: cannot be read: no such file or directory`]])
    assert.equal(workloadsOf(source.snapshot()).length, 1)
    await write(listOf())
    assert.deepEqual([source.health().up, workloadsOf(source.snapshot())], [true, []])
    assert.deepEqual(refused.slice(1), [[]])
  })

  test('was last in step at the last poll that found its version', async t => {
    const { source, write, poll, clock } = sourceOnFile(t)
    await write(listOf(deployment('web')))
    await source.follow(() => {})
    assert.equal(source.health().lastSyncAt, 1000)
    clock.now = 2000
    await poll()
    assert.equal(source.health().lastSyncAt, 2000)
    await write('broken: [')
    clock.now = 3000
    await poll()
    assert.equal(source.health().lastSyncAt, 2000)
  })
})

suite('file of manifests', () => {
  test('has mistakes with exit code 74 where it cannot be read', t => {
    const { path } = sourceOnFile(t)
    const message = `${path}: cannot be read: no such file or directory`
    assert.deepEqual(createManifestsReader().mistakes(path), [{ message, kind: 'cannot_read' }])
  })

  test('has mistakes with exit code 64 for its content', async t => {
    const { path, write } = sourceOnFile(t)
    await write('')
    const message = `${path}:1: empty; it takes Kubernetes manifests, YAML or JSON, as kubectl get -o yaml prints them`
    assert.deepEqual(createManifestsReader().mistakes(path), [{ message, kind: 'bad_input' }])
  })

  test('has none where it is right', async t => {
    const { path, write } = sourceOnFile(t)
    await write(listOf(deployment('web')))
    assert.deepEqual(createManifestsReader().mistakes(path), [])
    const file = await createManifestsReader().read(path)
    assert.deepEqual(file.ok && file.value.workloads.map(({ name }) => name), ['web'])
  })

  test('lets the event loop turn while it is read, however long that takes', async t => {
    const { path } = sourceOnFile(t)
    // Half a megabyte takes some hundred milliseconds.
    const item = `- ${JSON.stringify({ ...deployment('web'), padding: Array(1000).fill('x') })}\n`
    writeFileSync(path, `apiVersion: v1\nkind: List\nitems:\n${item.repeat(100)}`)
    let turns = 0
    let isRead = false
    const turn = () => {
      turns += 1
      if (!isRead) setImmediate(turn)
    }
    setImmediate(turn)
    const file = await createManifestsReader().read(path)
    isRead = true
    assert.ok(file.ok)
    assert.ok(turns > 50, `${turns}`)
  })

  test('may be written by PowerShell, in UTF-16', async t => {
    const { path } = sourceOnFile(t)
    const text = Buffer.from(`\ufeff${listOf(deployment('web'))}`, 'utf16le')
    for (const bytes of [text, Buffer.from(text).swap16()]) {
      writeFileSync(path, bytes)
      const file = await createManifestsReader().read(path)
      assert.deepEqual(file.ok && [file.value.workloads.length, file.value.warnings], [1, []])
    }
  })

  for (const [encoding, bytesOf] of [
    ['UTF-8', (text: string) => Buffer.from(text)],
    ['UTF-16', (text: string) => Buffer.from(text, 'utf16le')]
  ] as const) {
    test(`may be files put one behind the other, each with a byte order mark, in ${encoding}`, async t => {
      const { path } = sourceOnFile(t)
      const files = ['web', 'shop'].map(name => `\ufeff${JSON.stringify(deployment(name), null, 2)}\r\n`)
      writeFileSync(path, bytesOf(files.join('')))
      const file = await createManifestsReader().read(path)
      assert.deepEqual(file.ok && [file.value.workloads.length, file.value.warnings], [2, []])
    })
  }

  test('may have a comment in Windows-1252', async t => {
    const { path } = sourceOnFile(t)
    writeFileSync(path, Buffer.from(`# für den Shop\n${listOf(deployment('web'))}`, 'latin1'))
    const file = await createManifestsReader().read(path)
    const warning = `${path}:1: not UTF-8 text: each invalid byte is read as U+FFFD`
    assert.deepEqual(file.ok && [file.value.workloads.length, file.value.warnings], [1, [warning]])
  })

  test('is refused where it is no text at all, or no file', t => {
    const { path } = sourceOnFile(t)
    writeFileSync(path, Buffer.from([0x1f, 0x8b, 8, 0, 0xff]))
    assert.deepEqual(createManifestsReader().mistakes(path), [
      { message: `${path}: not UTF-8 text`, kind: 'bad_input' }
    ])
    rmSync(path)
    execFileSync('sh', ['-c', 'mkfifo "$0"', path])
    for (const special of [path, '/dev/zero', '/proc/kmsg']) {
      const [mistake] = createManifestsReader().mistakes(special)
      assert.ok(mistake?.message.startsWith(`${special}:`), mistake?.message)
    }
  })

  test('is parsed once as long as its text is the same', async t => {
    const { path, write } = sourceOnFile(t)
    const manifests = createManifestsReader()
    await write(listOf(deployment('web')))
    assert.deepEqual(manifests.mistakes(path), [])
    const first = await manifests.read(path)
    await write(listOf(deployment('web')))
    assert.equal(await manifests.read(path), first)
    await write(listOf(deployment('api')))
    const second = await manifests.read(path)
    assert.deepEqual(second.ok && second.value.workloads.map(({ name }) => name), ['api'])
  })

  test('has the mistakes of its own path, though another has the same text', t => {
    const { path } = sourceOnFile(t)
    const manifests = createManifestsReader()
    const copy = join(path, '..', 'copy.json')
    for (const each of [path, copy]) writeFileSync(each, '{')
    for (const each of [path, copy]) assert.ok(manifests.mistakes(each)[0]?.message.startsWith(`${each}:1:2: not JSON`))
  })
})
