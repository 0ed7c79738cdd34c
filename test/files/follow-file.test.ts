import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createPoller, followFile } from '../../src/files/follow-file.ts'
import { replaceFile, temporaryFolder } from '../support/files.ts'

// What each poll reported, in order.
function following(path: string) {
  const reports: string[] = []
  const poller = createPoller(path, {
    onChange: () => void reports.push('changed'),
    onUnchanged: () => void reports.push('unchanged')
  })
  return { reports, poll: poller.poll, close: poller.close }
}

suite('following a file', () => {
  test('does not look again until a change is dealt with', async t => {
    const path = join(temporaryFolder(t), 'file')
    const dealtWith = Promise.withResolvers<void>()
    const poller = createPoller(path, { onChange: () => dealtWith.promise })
    writeFileSync(path, 'new')
    await poller.poll()
    const polled = poller.poll().then(() => 'looked')
    assert.equal(await Promise.race([polled, setImmediate('waits')]), 'waits')
    dealtWith.resolve()
    assert.equal(await polled, 'looked')
  })

  test('reports that it is as it was', async t => {
    const path = join(temporaryFolder(t), 'file')
    writeFileSync(path, 'one')
    const { reports, poll } = following(path)
    await poll()
    await poll()
    assert.deepEqual(reports, ['unchanged', 'unchanged'])
  })

  for (const [rule, change] of [
    ['an edit in place', (path: string) => appendFileSync(path, ' and more')],
    ['another file renamed over it', (path: string) => replaceFile(path, 'two')],
    ['its going', (path: string) => rmSync(path)]
  ] as const) {
    test(`reports ${rule} once, when it has kept still for a poll`, async t => {
      const path = join(temporaryFolder(t), 'file')
      writeFileSync(path, 'one')
      const { reports, poll } = following(path)
      change(path)
      await poll()
      assert.deepEqual(reports, [])
      await poll()
      assert.deepEqual(reports, ['changed'])
      await poll()
      assert.deepEqual(reports, ['changed', 'unchanged'])
    })
  }

  test('reports its coming back', async t => {
    const path = join(temporaryFolder(t), 'file')
    const { reports, poll } = following(path)
    await poll()
    writeFileSync(path, 'one')
    await poll()
    await poll()
    assert.deepEqual(reports, ['unchanged', 'changed'])
  })

  test('reports the switch of a symlink on the way, as in a mounted ConfigMap', async t => {
    const folder = temporaryFolder(t)
    for (const version of ['v1', 'v2']) {
      mkdirSync(join(folder, version))
      writeFileSync(join(folder, version, 'file'), 'same length')
    }
    symlinkSync('v1', join(folder, '..data'))
    symlinkSync('..data/file', join(folder, 'file'))
    const { reports, poll } = following(join(folder, 'file'))
    symlinkSync('v2', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    await poll()
    await poll()
    assert.deepEqual(reports, ['changed'])
  })

  test('waits while it is still being written', async t => {
    const path = join(temporaryFolder(t), 'file')
    writeFileSync(path, '')
    const { reports, poll } = following(path)
    for (const line of ['one', 'two', 'three']) {
      appendFileSync(path, line)
      await poll()
    }
    assert.deepEqual(reports, [])
    await poll()
    assert.deepEqual(reports, ['changed'])
  })

  test('reports one that never keeps still every ten seconds', async t => {
    const path = join(temporaryFolder(t), 'file')
    writeFileSync(path, '')
    const { reports, poll } = following(path)
    const counts: number[] = []
    for (const seconds of [9.75, 0.25, 9.75, 0.25]) {
      for (let polls = seconds * 4; polls > 0; polls -= 1) {
        appendFileSync(path, 'more')
        await poll()
      }
      counts.push(reports.length)
    }
    assert.deepEqual(counts, [0, 1, 1, 2])
  })

  test('reports nothing after it was closed, not even from a poll under way', async t => {
    const path = join(temporaryFolder(t), 'file')
    const { reports, poll, close } = following(path)
    const underWay = poll()
    close()
    await underWay
    await poll()
    assert.deepEqual(reports, [])
  })

  test('does not mind a path that leads through no folder', async t => {
    const path = join(temporaryFolder(t), 'file')
    writeFileSync(path, 'one')
    const { reports, poll } = following(join(path, 'below'))
    await poll()
    assert.deepEqual(reports, ['unchanged'])
  })
})

suite('following a file over time', () => {
  // How often it was looked at, and how often a next look was arranged.
  function looks(t: TestContext, path: string, most = Number.POSITIVE_INFINITY) {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const arranged = t.mock.method(globalThis, 'setTimeout').mock
    let count = 0
    let look = Promise.withResolvers<void>()
    const following = followFile(path, {
      onChange: () => assert.fail('it is as it was'),
      onUnchanged: () => {
        count += 1
        if (count === most) following.close()
        look.resolve()
      }
    })
    const wait = async (ms: number) => {
      look = Promise.withResolvers()
      t.mock.timers.tick(ms)
      await look.promise
      // What follows a look follows at once.
      await setImmediate()
    }
    return { following, wait, counts: () => [count, arranged.callCount()] }
  }

  test('looks at it four times a second', async t => {
    const { following, wait, counts } = looks(t, temporaryFolder(t))
    t.mock.timers.tick(249)
    assert.deepEqual(counts(), [0, 1])
    await wait(1)
    assert.deepEqual(counts(), [1, 2])
    await wait(250)
    assert.deepEqual(counts(), [2, 3])
    following.close()
    t.mock.timers.tick(1000)
    assert.deepEqual(counts(), [2, 3])
  })

  test('arranges no further look when it is closed during one', async t => {
    const { wait, counts } = looks(t, temporaryFolder(t), 1)
    await wait(250)
    assert.deepEqual(counts(), [1, 1])
  })
})
