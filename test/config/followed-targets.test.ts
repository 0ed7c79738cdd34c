import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { ConfigError } from '../../src/config/config.ts'
import { followTargets } from '../../src/config/followed.ts'
import type { FileHandlers } from '../../src/files/follow-file.ts'
import { temporaryFolder } from '../support/files.ts'

const GOOD = 'targets: [{service: web, namespace: shop, endpoint: "http://shop.example/"}]'
const WITH_HEADER = GOOD.replace('}', ', headers: {Authorization: {prefix: "Bearer ", file: token}}}')
const SECRET_TAKES = ': not a secret for a header; it takes one line of 8 to 8192 printable ASCII characters'

function fileWith(t: TestContext, content: string): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'targets.yaml'), content)
  return join(folder, 'targets.yaml')
}

// Followed targets whose file is found changed when the test says so; `events` has what was handed over, in order.
function followed(path: string) {
  const events: string[] = []
  const followers = new Map<string, FileHandlers>()
  const targets = followTargets(
    path,
    { versionMatch: 'exact', kind: 'Deployment' },
    {
      onChange: () => events.push('changed'),
      onRefused: lines => events.push(...lines),
      onHeaderRefused: lines => events.push(...lines.map(line => `header: ${line}`)),
      follow: (path, handlers) => {
        followers.set(path, handlers)
        return { close: () => followers.delete(path) }
      }
    }
  )
  const change = (changed = path) => followers.get(changed)?.onChange()
  return { ...targets, events, change, followers }
}

function namesOf(targets: ReturnType<typeof followed>): string[] {
  return targets.current().map(({ service }) => service)
}

suite('followed targets', () => {
  test('are there at once', t => {
    const targets = followed(fileWith(t, GOOD))
    assert.deepEqual([namesOf(targets), targets.ok(), targets.events], [['web'], true, []])
  })

  test('are replaced by a new version', t => {
    const path = fileWith(t, GOOD)
    const targets = followed(path)
    writeFileSync(path, 'targets: []')
    targets.change()
    assert.deepEqual([namesOf(targets), targets.ok(), targets.events], [[], true, ['changed']])
  })

  for (const [rule, breakIt, line] of [
    ['is broken', (path: string) => writeFileSync(path, 'targets: 1'), ':1: targets: not a list; write [] for none'],
    ['has gone', (path: string) => rmSync(path), ': cannot be read: no such file or directory']
  ] as const) {
    test(`stay when a new version ${rule}, until it is mended`, t => {
      const path = fileWith(t, GOOD)
      const targets = followed(path)
      breakIt(path)
      targets.change()
      assert.deepEqual(
        [namesOf(targets), targets.ok(), targets.events],
        [['web'], false, [`${path}${line}`, 'changed']]
      )

      writeFileSync(path, GOOD.replace('web', 'api'))
      targets.change()
      assert.deepEqual([namesOf(targets), targets.ok()], [['api'], true])
    })
  }

  test('do not hand over more than a hundred mistakes', t => {
    const path = fileWith(t, GOOD)
    const targets = followed(path)
    writeFileSync(path, JSON.stringify({ targets: Array(150).fill(1) }))
    targets.change()
    assert.deepEqual([targets.events.length, targets.events[100]], [102, '… and 50 more mistakes'])
  })

  test('have the secrets of their headers as the files have them now', t => {
    const path = fileWith(t, WITH_HEADER)
    const token = join(dirname(path), 'token')
    writeFileSync(token, 'first-secret\n')
    const targets = followed(path)
    assert.equal(targets.secretIn(token), 'first-secret')
    writeFileSync(token, 'second-secret')
    targets.change(token)
    assert.deepEqual([targets.secretIn(token), targets.ok()], ['second-secret', true])
  })

  for (const [rule, breakIt, line] of [
    ['has gone', (path: string) => rmSync(path), ': cannot be read: no such file or directory'],
    ['is empty', (path: string) => writeFileSync(path, ''), SECRET_TAKES],
    ['is no text of one line', (path: string) => writeFileSync(path, 'first\nsecond-line'), SECRET_TAKES]
  ] as const) {
    test(`keep the last good secret of a file that ${rule}, until it is mended`, t => {
      const path = fileWith(t, WITH_HEADER)
      const token = join(dirname(path), 'token')
      writeFileSync(token, 'first-secret')
      const targets = followed(path)
      breakIt(token)
      targets.change(token)
      assert.deepEqual([targets.secretIn(token), targets.ok()], ['first-secret', false])
      assert.ok(targets.events.includes(`header: ${token}${line}`), targets.events.join('\n'))

      writeFileSync(token, 'second-secret')
      targets.change(token)
      assert.deepEqual([targets.secretIn(token), targets.ok()], ['second-secret', true])
    })
  }

  test('are replaced once the secret of a new header has come, too, whichever comes first', t => {
    const path = fileWith(t, GOOD)
    const token = join(dirname(path), 'token')
    const targets = followed(path)
    writeFileSync(path, WITH_HEADER.replace('web', 'api'))
    targets.change()
    assert.deepEqual([namesOf(targets), targets.ok()], [['web'], false])
    writeFileSync(token, 'first-secret')
    targets.change(token)
    assert.deepEqual([namesOf(targets), targets.ok(), targets.secretIn(token)], [['api'], true, 'first-secret'])
    writeFileSync(token, 'second-secret')
    targets.change(token)
    assert.equal(targets.secretIn(token), 'second-secret')
  })

  test('are replaced while a secret that is known has gone for a moment', t => {
    const path = fileWith(t, WITH_HEADER)
    const token = join(dirname(path), 'token')
    writeFileSync(token, 'first-secret')
    const targets = followed(path)
    rmSync(token)
    targets.change(token)
    writeFileSync(path, WITH_HEADER.replace('web', 'api'))
    targets.change()
    assert.deepEqual([namesOf(targets), targets.secretIn(token), targets.ok()], [['api'], 'first-secret', false])
    assert.equal(targets.events.filter(event => event.startsWith('header: ')).length, 1)
  })

  test('follow no secret that no header names any more', t => {
    const path = fileWith(t, WITH_HEADER)
    const token = join(dirname(path), 'token')
    writeFileSync(token, 'first-secret')
    const targets = followed(path)
    assert.equal(targets.followers.size, 2)
    writeFileSync(path, GOOD)
    targets.change()
    assert.deepEqual([targets.secretIn(token), targets.followers.size], [undefined, 1])
    targets.close()
    assert.equal(targets.followers.size, 0)
  })

  for (const [rule, content, kind] of [
    ['bad input when the secret of a header is none', 'short', 'bad_input'],
    ['unreadable when it cannot be read', undefined, 'cannot_read']
  ] as const) {
    test(`do not begin without the secrets of their headers: ${rule}`, t => {
      const path = fileWith(t, WITH_HEADER)
      if (content !== undefined) writeFileSync(join(dirname(path), 'token'), content)
      assert.throws(
        () => followed(path),
        (error: unknown) =>
          error instanceof ConfigError && error.mistakes[0]?.kind === kind && !error.message.includes('short')
      )
    })
  }

  test('are followed no more after they were closed', t => {
    const targets = followed(fileWith(t, GOOD))
    targets.close()
    assert.equal(targets.followers.size, 0)
  })

  for (const [rule, pathOf, kind] of [
    ['bad content', (t: TestContext) => fileWith(t, 'targets: 1'), 'bad_input'],
    ['no file', (t: TestContext) => `${fileWith(t, '')}.missing`, 'cannot_read']
  ] as const) {
    test(`begin with a good version or not at all, and then follow nothing: ${rule}`, t => {
      let following = 0
      const follow = () => {
        following += 1
        return {
          close: () => {
            following -= 1
          }
        }
      }
      const handlers = { onChange: () => {}, onRefused: () => {}, onHeaderRefused: () => {}, follow }
      assert.throws(
        () => followTargets(pathOf(t), { versionMatch: 'exact', kind: 'Deployment' }, handlers),
        (error: unknown) => error instanceof ConfigError && error.mistakes[0]?.kind === kind
      )
      assert.equal(following, 0)
    })
  }
})
