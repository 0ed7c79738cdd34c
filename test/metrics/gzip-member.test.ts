import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { crc32, gunzipSync } from 'node:zlib'
import { beginMember, deflate, endMember, inflate } from '../../src/metrics/gzip-member.ts'
import { launchChromium, missingChromium } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { startService } from '../support/services.ts'

const LINES = 'keybuzz_version_consistent{namespace="dev",service="shop"} 1\n'

function packed(parts: readonly string[], end: string): Buffer {
  return Buffer.concat(endMember(beginMember(parts.map(deflate)), end))
}

function missingProgram(name: string): string | undefined {
  return spawnSync(name, ['--version']).error === undefined ? undefined : `${name} is not on the PATH`
}

async function readWithCurl(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', '--compressed', url])
  return stdout
}

async function readWithChromium(url: string): Promise<string | undefined> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    return await (await page.goto(url))?.text()
  } finally {
    await browser.close()
  }
}

suite('a gzip member', () => {
  for (const [what, parts, end] of [
    ['nothing', [], ''],
    ['an empty part and an end', [''], 'end\n'],
    ['a part and no end', [LINES], ''],
    ['several parts, an empty one among them', [LINES, '', LINES.repeat(1000), 'é漢😀\n'], '# EOF\n'],
    ['a part longer than the window of a compressor', [LINES.repeat(10_000), LINES], LINES.repeat(200)]
  ] as const) {
    test(`has in it what went in: ${what}`, async () => {
      assert.equal(gunzipSync(packed(parts, end)).toString(), parts.join('') + end)
      assert.equal((await inflate(beginMember(parts.map(deflate)))).toString(), parts.join(''))
    })
  }

  test('is one alone: checksum and length at its end are those of the whole text', async () => {
    const parts = [LINES.repeat(100), LINES]
    const member = packed(parts, 'end\n')
    const plain = Buffer.from(`${parts.join('')}end\n`)
    assert.equal(member.readUInt32LE(member.length - 8), crc32(plain))
    assert.equal(member.readUInt32LE(member.length - 4), plain.length)
  })

  test('begins with the header of a member without flags, name or time', () => {
    assert.deepEqual([...packed([LINES], '').subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  })

  test('begins once for several ends', async () => {
    const beginning = beginMember([deflate(LINES)])
    for (const end of ['first\n', 'second\n']) {
      assert.equal(gunzipSync(Buffer.concat(endMember(beginning, end))).toString(), LINES + end)
    }
  })

  test('has the length modulo 2^32 behind a text that is longer', () => {
    const [trailer] = endMember({ deflated: Buffer.alloc(0), crc: 0, length: 2 ** 32 - 2 }, 'four').slice(-1)
    assert.equal(trailer?.readUInt32LE(4), 2)
  })

  // Both stop at a second member: the one with an error, the other without a word.
  for (const [client, missing, read] of [
    ['curl', missingProgram('curl'), readWithCurl],
    ['Chromium', missingChromium, readWithChromium]
  ] as const) {
    test(`is read to its end by ${client}`, needs(missing), async t => {
      const body = packed([LINES.repeat(1000), LINES], '# EOF\n')
      const url = await startService(t, (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(body)
      })
      assert.equal(await read(url), `${LINES.repeat(1001)}# EOF\n`)
    })
  }

  for (const [program, args] of [
    ['gzip', ['-dc']],
    ['python3', ['-c', 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))']]
  ] as const) {
    test(`is read by ${program}`, needs(missingProgram(program)), async () => {
      const input = packed([LINES.repeat(1000), LINES], '# EOF\n')
      const { status, stdout } = spawnSync(program, args, { input, encoding: 'utf8' })
      assert.deepEqual([status, stdout], [0, `${LINES.repeat(1001)}# EOF\n`])
    })
  }
})
