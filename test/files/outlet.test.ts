import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { findOutlet } from '../../src/files/outlet.ts'
import { temporaryFolder } from '../support/files.ts'

async function write(path: string, content: string): Promise<boolean> {
  const outlet = await findOutlet(path)
  await outlet.write(content)
  return outlet.isFile
}

suite('an outlet that is a regular file', () => {
  test('is made where there is none', async t => {
    const folder = temporaryFolder(t)
    assert.equal(await write(join(folder, 'guard.prom'), 'up 1\n'), true)
    assert.equal(readFileSync(join(folder, 'guard.prom'), 'utf8'), 'up 1\n')
    assert.deepEqual(readdirSync(folder), ['guard.prom'])
  })

  test('is another file afterwards, so that whoever reads the old one reads it to its end', async t => {
    const path = join(temporaryFolder(t), 'guard.prom')
    writeFileSync(path, 'old')
    const reader = openSync(path, 'r')
    assert.equal(await write(path, 'new'), true)
    assert.deepEqual([readFileSync(path, 'utf8'), readFileSync(reader, 'utf8')], ['new', 'old'])
  })

  test('stays as readable as it was', async t => {
    const path = join(temporaryFolder(t), 'guard.prom')
    writeFileSync(path, 'old')
    chmodSync(path, 0o640)
    await write(path, 'new')
    assert.equal(statSync(path).mode & 0o777, 0o640)
  })

  test('stays the file of whoever had it, where root writes it', async t => {
    if (process.getuid?.() !== 0) return t.skip('only root gives a file to somebody')
    const path = join(temporaryFolder(t), 'guard.prom')
    writeFileSync(path, 'old')
    chmodSync(path, 0o640)
    chownSync(path, 65534, 65534)
    await write(path, 'new')
    const { uid, gid, mode } = statSync(path)
    assert.deepEqual([uid, gid, mode & 0o777], [65534, 65534, 0o640])
  })

  test('can be read by the collector where it is new, under any umask', async t => {
    const path = join(temporaryFolder(t), 'guard.prom')
    const program = `
      import { findOutlet } from '${import.meta.resolve('../../src/files/outlet.ts')}'
      process.umask(0o077)
      await (await findOutlet(process.argv[1])).write('new')`
    execFileSync(process.execPath, ['--input-type=module', '--eval', program, path])
    assert.equal(statSync(path).mode & 0o777, 0o644)
  })

  test('is refused in plain words where a container has it as a mount of its own', t => {
    const path = join(temporaryFolder(t), 'guard.prom')
    writeFileSync(path, 'old')
    const program = `
      import { findOutlet } from '${import.meta.resolve('../../src/files/outlet.ts')}'
      await (await findOutlet(process.argv[1])).write('new').catch(error => console.log(error.message))`
    const inMount = 'mount --bind "$2" "$2" && exec "$0" --input-type=module --eval "$1" "$2"'
    let words: string
    try {
      words = execFileSync('unshare', ['-m', 'sh', '-c', inMount, process.execPath, program, path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore']
      })
    } catch {
      return t.skip('only root mounts')
    }
    assert.equal(words, 'it is a mount of its own, which cannot be replaced: mount its folder\n')
  })

  for (const [rule, link, target] of [
    ['with its path', 'guard.prom', '/there/guard.prom'],
    ['beside it', 'guard.prom', 'other.prom'],
    ['to another link', 'first', 'guard.prom']
  ] as const) {
    test(`is found behind a symbolic link ${rule}, which stays one`, async t => {
      const folder = temporaryFolder(t)
      mkdirSync(join(folder, 'there'))
      symlinkSync(target.startsWith('/') ? join(folder, target) : target, join(folder, link))
      if (target === 'guard.prom') symlinkSync('there/guard.prom', join(folder, target))
      await write(join(folder, link), 'new')
      assert.ok(lstatSync(join(folder, link)).isSymbolicLink())
      assert.ok(statSync(join(folder, link)).isFile())
      assert.equal(readFileSync(join(folder, link), 'utf8'), 'new')
    })
  }

  test('is found behind as many links as the kernel would follow, and no more', async t => {
    const folder = temporaryFolder(t)
    for (let link = 1; link <= 40; link += 1) symlinkSync(String(link - 1), join(folder, String(link)))
    await write(join(folder, '39'), 'new')
    assert.equal(readFileSync(join(folder, '0'), 'utf8'), 'new')
    await assert.rejects(findOutlet(join(folder, '40')), /too many symbolic links/)
  })

  for (const [rule, pathOf, reason] of [
    ['in a folder that is not there', (folder: string) => join(folder, 'missing', 'x'), /ENOENT/],
    ['with a name that is too long', (folder: string) => join(folder, 'x'.repeat(300)), /ENAMETOOLONG/],
    ['that is a folder', (folder: string) => folder, /is a directory/],
    ['that is to be a folder', (folder: string) => join(folder, 'missing/'), /is a directory/],
    ['behind links that lead in a circle', (folder: string) => join(folder, 'circle'), /too many symbolic links/]
  ] as const) {
    test(`is refused ${rule}, before there is anything to write`, async t => {
      const folder = temporaryFolder(t)
      symlinkSync('circle', join(folder, 'circle'))
      await assert.rejects(findOutlet(pathOf(folder)), reason)
    })
  }

  test('leaves nothing behind where it cannot be replaced', async t => {
    const folder = temporaryFolder(t)
    const outlet = await findOutlet(join(folder, 'guard.prom'))
    mkdirSync(join(folder, 'guard.prom'))
    await assert.rejects(outlet.write('new'), /EISDIR|EEXIST|ENOTEMPTY/)
    assert.deepEqual(readdirSync(folder), ['guard.prom'])
  })
})

suite('an outlet that is no regular file', () => {
  test('is a pipe that somebody reads', async t => {
    const path = join(temporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const read = text(reader.stdout)
    // More than a pipe holds.
    const long = 'x'.repeat(1_000_000)
    const outlet = await findOutlet(path)
    await eventually(() => outlet.write(long))
    assert.deepEqual([outlet.isFile, await read, lstatSync(path).isFIFO()], [false, long, true])
  })

  test('is not a pipe that nobody reads', async t => {
    const path = join(temporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    await assert.rejects((await findOutlet(path)).write('x'), /nobody reads from the pipe/)
  })

  test('is given up where its reader does not read', async t => {
    const path = join(temporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    t.after(() => closeSync(reader))
    const outlet = await findOutlet(path, 20)
    await assert.rejects(outlet.write('x'.repeat(1_000_000)), /nobody reads from the pipe/)
  })

  test('stays the device that it is', async t => {
    const path = join(temporaryFolder(t), 'null')
    try {
      execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'ignore' })
    } catch {
      return t.skip('only root makes devices')
    }
    assert.equal(await write(path, 'x'), false)
    assert.ok(lstatSync(path).isCharacterDevice())
  })

  test('may be a descriptor, and goes on where that was', async t => {
    const path = join(temporaryFolder(t), 'file')
    const program = `
      import { writeSync } from 'node:fs'
      import { findOutlet } from '${import.meta.resolve('../../src/files/outlet.ts')}'
      const outlet = await findOutlet('/dev/stdout')
      writeSync(1, 'one, ')
      await outlet.write(outlet.isFile ? 'a file' : 'two')`
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', openSync(path, 'w'), 'inherit']
    })
    assert.equal(readFileSync(path, 'utf8'), 'one, two')
  })

  test('may be a descriptor of a pipe', () => {
    const program = `
      import { findOutlet } from '${import.meta.resolve('../../src/files/outlet.ts')}'
      await (await findOutlet('/dev/fd/5')).write('through')`
    const pipeline = '"$0" --input-type=module --eval "$1" 5>&1 | cat'
    assert.equal(execFileSync('sh', ['-c', pipeline, process.execPath, program], { encoding: 'utf8' }), 'through')
  })

  test('is never a descriptor that Node made for itself', () => {
    const program = `
      import { readdirSync, readlinkSync } from 'node:fs'
      import { findOutlet } from '${import.meta.resolve('../../src/files/outlet.ts')}'
      const target = fd => { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }
      const all = readdirSync('/proc/self/fd')
      // A pipe with both of its ends here; the program that runs the tests may have left one with a single end.
      const isWhole = fd => target(fd).startsWith('pipe:') && all.filter(other => target(other) === target(fd)).length > 1
      const own = all.filter(fd => target(fd).startsWith('anon_inode:') || isWhole(fd))
      const outcomes = await Promise.all(own.map(fd => findOutlet('/dev/fd/' + fd).then(() => fd, error => error.message)))
      process.stdout.write([...new Set(outcomes)].join())`
    const outcomes = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit']
    })
    assert.equal(outcomes, 'bad file descriptor')
  })

  test('is refused where it is a descriptor that is not open', async () => {
    await assert.rejects(findOutlet('/proc/self/fd/12345'), /ENOENT/)
  })
})

// Until cat has opened the pipe, nobody reads it.
async function eventually(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error
    }
  }
}
