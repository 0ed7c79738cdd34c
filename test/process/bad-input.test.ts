import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { run, startProgram } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'

const lines = (stderr: string) =>
  stderr
    .trimEnd()
    .split('\n')
    .map(line => line.replace('keybuzz-version-guard: ', ''))

suite('bad input', { concurrency: 3 }, () => {
  for (const command of ['check', 'serve']) {
    test(`keeps ${command} from starting, every mistake at once, each with where and what it takes`, async t => {
      const folder = temporaryFolder(t)
      const targets = join(folder, 'targets.yaml')
      writeFileSync(targets, 'targets:\n  - service: shop\n    endpont: https://shop.example/\n')
      const { code, stdout, stderr } = await run(t, [command], {
        CHECK_INTERVALL: '5s',
        CHECK_TIMEOUT: '10',
        PORT: '99999',
        WORKLOAD_SOURCE: 'file',
        WORKLOADS_FILE: join(folder, 'missing.yaml'),
        TARGETS_FILE: targets
      })
      assert.equal(code, 64)
      assert.equal(stdout, '')
      const all = lines(stderr)
      assert.match(all[0] ?? '', /^CHECK_INTERVALL: .*did you mean CHECK_INTERVAL\?$/)
      for (const mistake of [
        /^CHECK_TIMEOUT: "10" is not a duration; write it as /,
        /^PORT: "99999" is not a whole number, 0 to 65535/,
        /targets\.yaml:3: targets\[0\]\.endpont: .*did you mean endpoint\?/,
        /targets\.yaml:2: targets\[0\]\.namespace: missing; it takes /,
        /missing\.yaml: cannot be read: no such file or directory/
      ]) {
        assert.ok(
          all.some(line => mistake.test(line)),
          `${mistake} in\n${stderr}`
        )
      }
    })
  }

  test('exits with 74 when a file cannot be read and nothing else is wrong', async t => {
    const path = join(temporaryFolder(t), 'missing.yaml')
    const { code, stderr } = await run(t, ['check'], { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path })
    assert.equal(code, 74)
    assert.deepEqual(lines(stderr), [`${path}: cannot be read: no such file or directory`])
  })

  for (const [args, words] of [
    [['chek'], '"chek" is not a command; did you mean check?'],
    [['check', '--formt', 'json'], '--formt: no such option; did you mean --format?']
  ] as const) {
    test(`exits with 64 for ${args.join(' ')}, and tells what else is wrong`, async t => {
      const { code, stdout, stderr } = await run(t, args, { PORT: 'x' })
      const port = 'PORT: "x" is not a whole number, 0 to 65535'
      assert.deepEqual([code, stdout, lines(stderr)], [64, '', [words, port, 'try --help']])
    })
  }

  test('exits with 64 when help is asked for what is not a command', async t => {
    const { code, stdout, stderr } = await run(t, ['help', 'chek'], {})
    assert.deepEqual([code, stdout, lines(stderr)], [64, '', ['"chek" is not a command; did you mean check?']])
  })

  test('exits with 74 when the port is in use, and names it with all else that is wrong', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'workloads.json')
    writeFileSync(path, manifests({}))
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    t.after(() => other.close())
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, HOST: '127.0.0.1', PORT: port }
    const { code, stderr } = await run(t, ['serve'], { ...env, LOG_DIR: join(path, 'logs') })
    assert.equal(code, 74)
    assert.deepEqual(lines(stderr), [
      `LOG_DIR: cannot write to ${join(path, 'logs')}: not a directory`,
      `HOST and PORT: cannot listen on 127.0.0.1, port ${port}: address already in use`
    ])
  })

  for (const command of ['check', 'serve']) {
    test(`exits with 74 when ${command} cannot write its log folder`, async t => {
      const folder = temporaryFolder(t)
      const path = join(folder, 'workloads.json')
      writeFileSync(path, manifests({}))
      const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, HOST: '127.0.0.1', PORT: '0' }
      const { code, stderr } = await run(t, [command], { ...env, LOG_DIR: join(path, 'logs') })
      assert.equal(code, 74)
      assert.deepEqual(lines(stderr), [`LOG_DIR: cannot write to ${join(path, 'logs')}: not a directory`])
    })
  }

  for (const option of ['--help', '--version']) {
    test(`exits with 74 when ${option} cannot be printed, and with 0 when somebody has seen enough of it`, async t => {
      const full = await run(t, [option], {}, ['ignore', openSync('/dev/full', 'w'), 'pipe'])
      assert.deepEqual(
        [full.code, lines(full.stderr)],
        [74, ['cannot write to standard output: no space left on device']]
      )
      const closed = startProgram(t, [option])
      closed.stdout?.destroy()
      assert.deepEqual(await once(closed, 'close'), [0, null])
    })
  }

  test('does not mind a full standard error', async t => {
    const { code } = await run(t, ['check'], { PORT: 'x' }, ['ignore', 'pipe', openSync('/dev/full', 'w')])
    assert.equal(code, 64)
    const WORKLOADS_FILE = join(temporaryFolder(t), 'workloads.json')
    writeFileSync(WORKLOADS_FILE, manifests({}))
    const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE }
    const outcome = await run(t, ['check'], env, ['ignore', 'pipe', openSync('/dev/full', 'w')])
    assert.equal(outcome.code, 3)
  })

  test('explains itself on --help, and tells its version', async t => {
    const help = await run(t, ['--help'], { PORT: 'x' })
    assert.equal(help.code, 0)
    assert.match(help.stdout, /^ {2}check {2,}check once/m)
    const helpOfServe = await run(t, ['serve', '--help'], {})
    assert.match(helpOfServe.stdout, /^ {2}CHECK_INTERVAL [\s\S]*\(default: 20s\)$/m)
    const [ofCheck, same] = [await run(t, ['check', '--help'], {}), await run(t, ['help', 'check'], {})]
    assert.match(ofCheck.stdout, /^Usage: keybuzz-version-guard check /)
    assert.equal(same.stdout, ofCheck.stdout)
    const version = await run(t, ['--version'], {})
    assert.match(version.stdout, /^v\d+\.\d+\.\d+\n$/)
  })
})
