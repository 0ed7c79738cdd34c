import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { FileHandlers } from '../../../src/files/follow-file.ts'
import { createReleaseManifests } from '../../../src/sources/releases/release-manifests.ts'
import { aTarget, theFacts } from '../../support/facts.ts'
import { temporaryFolder } from '../../support/files.ts'

/** A folder of releases as a deployment makes it, and a source that sees its changes when the test says so. */
function releases(t: TestContext) {
  const folder = temporaryFolder(t)
  const followers = new Map<string, FileHandlers>()
  const refused: string[] = []
  let now = 0
  const write = (release: string, text: string): void => {
    mkdirSync(join(folder, 'releases', release), { recursive: true })
    writeFileSync(join(folder, 'releases', release, 'manifest.json'), text)
  }
  /** As `ln -sfn` and `mv -T` do it: at once. */
  const point = (release: string, service = ''): void => {
    const link = join(folder, service, 'current')
    mkdirSync(join(folder, service), { recursive: true })
    symlinkSync(join(folder, 'releases', release), `${link}.new`)
    renameSync(`${link}.new`, link)
  }
  const open = () => {
    const source = createReleaseManifests({
      folder,
      clock: () => ++now,
      onRefused: lines => refused.push(...(lines.length > 0 ? lines : ['no more'])),
      follow: (path, handlers) => {
        followers.set(path, handlers)
        return { close: () => followers.delete(path) }
      }
    })
    t.after(() => source.close())
    return source
  }
  const look = (...path: readonly string[]) => followers.get(join(folder, ...path))?.onChange()
  return {
    folder,
    write,
    point,
    open,
    look,
    refused,
    followed: () => [...followers.keys()].map(path => path.slice(folder.length))
  }
}

const of = (source: ReturnType<typeof createReleaseManifests>, service = 'shop') =>
  source.of(aTarget({ service }), theFacts())

suite('release manifests', () => {
  test('are what current points to, never the newest', t => {
    const { write, point, open } = releases(t)
    write('2026-01-04', '{"tag":"v1"}')
    write('2026-01-05', '{"tag":"v2"}')
    point('2026-01-04')
    const found = of(open())
    assert.deepEqual(found, {
      seen: true,
      value: { tag: 'v1', gitSha: null, releasedAt: null, runner: '', readAt: 1, refusal: null }
    })
  })

  test('are followed as the link is switched, back too', t => {
    const { write, point, open, look } = releases(t)
    write('one', '{"tag":"v1"}')
    write('two', '{"tag":"v2"}')
    point('one')
    const source = open()
    const tags: string[] = []
    for (const release of ['two', 'one']) {
      const before = source.version()
      point(release)
      look('current', 'manifest.json')
      assert.notEqual(source.version(), before)
      const found = of(source)
      tags.push(found.seen ? found.value.tag : found.reason)
    }
    assert.deepEqual(tags, ['v2', 'v1'])
  })

  test('are of a service where it has a folder of its own', t => {
    const { write, point, open } = releases(t)
    write('one', '{"tag":"v1"}')
    write('two', '{"tag":"v2"}')
    point('one')
    point('two', 'shop')
    const source = open()
    const tagOf = (service: string) => {
      const found = of(source, service)
      return found.seen && found.value.tag
    }
    assert.deepEqual([tagOf('shop'), tagOf('cart')], ['v2', 'v1'])
  })

  test('are none without a release, and come with the first one', t => {
    const { write, point, open, look, folder } = releases(t)
    mkdirSync(join(folder, 'cart'))
    const source = open()
    assert.equal(of(source).seen, false)
    assert.equal(source.ok(), true)
    write('one', '{"tag":"v1"}')
    point('one', 'shop')
    look('')
    point('one', 'cart')
    look('cart', 'current', 'manifest.json')
    assert.deepEqual([of(source, 'shop').seen, of(source, 'cart').seen, of(source, 'else').seen], [true, true, false])
  })

  test('do not follow each release for a service', t => {
    const { write, point, open, folder, followed } = releases(t)
    write('one', '{"tag":"v1"}')
    point('one')
    for (const name of ['20260104', '20260105']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'manifest.json'), '{"tag":"v1"}')
    }
    open()
    assert.deepEqual(followed().sort(), ['', '/current/manifest.json', '/releases/current/manifest.json'])
  })

  test('keep the last good one, with its age, while one is half written', t => {
    const { write, point, open, look, refused } = releases(t)
    write('one', '{"tag":"v1"}')
    point('one')
    const source = open()
    write('two', '{"tag":"v')
    point('two')
    look('current', 'manifest.json')
    const found = of(source)
    assert.ok(found.seen && found.value.tag === 'v1' && found.value.readAt === 1)
    assert.match(found.value.refusal ?? '', /current\/manifest\.json: not JSON/)
    assert.equal(source.ok(), false)
    assert.equal(refused.length, 1)
    assert.deepEqual(
      source.health().problems.map(({ withholds }) => withholds),
      ['manifest']
    )
    write('two', '{"tag":"v2"}')
    look('current', 'manifest.json')
    const mended = of(source)
    assert.ok(mended.seen && mended.value.tag === 'v2' && mended.value.refusal === null)
    assert.deepEqual([source.ok(), source.health().problems], [true, []])
  })

  test('are told to be good again once all of them are', t => {
    const { write, point, open, look, refused } = releases(t)
    write('one', '{"tag":"v1"}')
    for (const service of ['shop', 'cart']) point('one', service)
    open()
    write('one', '{')
    for (const service of ['shop', 'cart']) look(service, 'current', 'manifest.json')
    write('one', '{"tag":"v2"}')
    look('shop', 'current', 'manifest.json')
    assert.ok(!refused.includes('no more'))
    look('cart', 'current', 'manifest.json')
    assert.equal(refused.at(-1), 'no more')
  })

  test('are told to be good again once the folder of the broken one was removed', t => {
    const { folder, write, point, open, look, refused } = releases(t)
    write('one', '{"tag":"v1"}')
    point('one', 'shop')
    open()
    write('one', '{')
    look('shop', 'current', 'manifest.json')
    rmSync(join(folder, 'shop'), { recursive: true })
    look('')
    assert.deepEqual(refused.slice(1), ['no more'])
  })

  test('are not refused while there is no good one that could stay', t => {
    const { write, point, open, look, refused, folder } = releases(t)
    mkdirSync(join(folder, 'releases'))
    const source = open()
    write('one', '{')
    point('one', 'shop')
    look('')
    write('one', '[]')
    look('shop', 'current', 'manifest.json')
    assert.match(source.health().problems[0]?.message ?? '', /shop\/current\/manifest\.json: not a JSON object/)
    write('one', '{"tag":"v1"}')
    look('shop', 'current', 'manifest.json')
    assert.deepEqual([source.ok(), refused], [true, []])
  })

  test('keep the last good one while the link leads nowhere, and drop it with the link', t => {
    const { folder, write, point, open, look } = releases(t)
    write('one', '{"tag":"v1"}')
    point('one')
    const source = open()
    point('missing')
    look('current', 'manifest.json')
    assert.deepEqual([of(source).seen, source.ok()], [true, false])
    rmSync(join(folder, 'current'))
    look('current', 'manifest.json')
    assert.deepEqual([of(source).seen, source.ok()], [false, true])
  })

  test('say what is wrong where none was ever whole', t => {
    const { write, point, open } = releases(t)
    write('one', '{')
    point('one')
    const found = of(open())
    assert.ok(!found.seen && found.reason === 'unreadable')
    assert.match(found.message, /^release manifest: .+current\/manifest\.json: not JSON/)
  })

  test('are refused when they are large', t => {
    const { write, point, open } = releases(t)
    write('one', JSON.stringify({ tag: 'v1', more: 'x'.repeat(70_000) }))
    point('one')
    const found = of(open())
    assert.ok(!found.seen && found.message.includes('larger than'))
  })

  test('are never looked for outside of the folder', t => {
    const { folder, write, point, open } = releases(t)
    write('one', '{"tag":"v1"}')
    mkdirSync(join(folder, 'inner'))
    point('one')
    const source = createReleaseManifests({ folder: join(folder, 'inner'), clock: () => 0 })
    t.after(() => source.close())
    for (const service of ['..', '../', '../releases/one', '.']) assert.equal(of(source, service).seen, false)
    assert.equal(of(open()).seen, true)
  })

  test('are of a bounded number of services, and say so', t => {
    const { folder, open, followed } = releases(t)
    for (let number = 0; number < 300; number += 1) mkdirSync(join(folder, `service-${number}`))
    const source = open()
    assert.equal(followed().length, 258)
    assert.match(
      source.health().problems[0]?.message ?? '',
      /: the guard leaves out 44 service folders: it watches 256 at most$/
    )
  })

  for (const [why, reason] of [
    ['is gone', 'no such file or directory'],
    ['cannot be opened', 'too many symbolic links encountered']
  ] as const) {
    test(`stay, with their age, while the folder ${why}, and say so once`, t => {
      const { folder, write, point, open, look, refused } = releases(t)
      write('one', '{"tag":"v1"}')
      point('one')
      point('one', 'shop')
      const source = open()
      const lookAtAll = () => {
        look('')
        look('shop', 'current', 'manifest.json')
        look('current', 'manifest.json')
      }
      renameSync(folder, `${folder}.away`)
      if (why !== 'is gone') symlinkSync(folder, folder)
      lookAtAll()
      const refusal = `${folder}: cannot be read: ${reason}`
      const manifest = { tag: 'v1', gitSha: null, releasedAt: null, runner: '' }
      for (const [service, readAt] of [
        ['other', 1],
        ['shop', 2]
      ] as const) {
        assert.deepEqual(of(source, service), { seen: true, value: { ...manifest, readAt, refusal } })
      }
      assert.equal(source.ok(), false)
      assert.deepEqual(source.health().problems, [{ message: refusal, withholds: 'manifest' }])
      assert.deepEqual(refused, [refusal])

      rmSync(folder, { force: true })
      renameSync(`${folder}.away`, folder)
      lookAtAll()
      assert.deepEqual([source.ok(), source.health().problems], [true, []])
      assert.deepEqual(refused, [refusal, 'no more'])
    })
  }
})
