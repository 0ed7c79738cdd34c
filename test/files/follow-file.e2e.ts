import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { followFile } from '../../src/files/follow-file.ts'

suite('following a file in real time', () => {
  test('reports a change, and the next one', { timeout: 30_000 }, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'follow-file-'))
    // Following holds no process open.
    const open = setInterval(() => {}, 1000)
    let changed = () => {}
    const following = followFile(join(folder, 'file'), { onChange: () => changed() })
    t.after(() => {
      following.close()
      clearInterval(open)
      rmSync(folder, { recursive: true })
    })
    for (const content of ['one', 'and two']) {
      const { promise, resolve } = Promise.withResolvers<void>()
      changed = resolve
      writeFileSync(join(folder, 'file'), content)
      await promise
    }
  })
})
