import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ConfigError } from '../../src/config/config.ts'
import { followRegistryAuth } from '../../src/config/followed.ts'
import { temporaryFolder } from '../support/files.ts'

const login = (password: string) =>
  JSON.stringify({ auths: { 'ghcr.io': { auth: Buffer.from(`u:${password}`).toString('base64') } } })

suite('REGISTRY_AUTH_FILE', () => {
  test('is read again when it changes, and keeps its last good version', t => {
    const path = join(temporaryFolder(t), 'auth.json')
    writeFileSync(path, login('one'))
    const refused: string[] = []
    let taken = 0
    let change = () => {}
    const { current, ok, close } = followRegistryAuth(path, {
      onRefused: lines => refused.push(...lines),
      onTaken: () => {
        taken += 1
      },
      follow: (_path, { onChange }) => {
        change = onChange
        return { close: () => {} }
      }
    })
    t.after(close)
    const passwords = () =>
      current().entries.map(({ credential }) => credential.kind === 'basic' && credential.password)
    assert.deepEqual([passwords(), ok(), taken], [['one'], true, 0])
    writeFileSync(path, login('two'))
    change()
    assert.deepEqual([passwords(), ok(), taken], [['two'], true, 1])
    writeFileSync(path, 'secret')
    change()
    assert.deepEqual([passwords(), ok(), taken], [['two'], false, 1])
    assert.deepEqual(refused, [`${path}: it takes a docker config: a JSON object with auths`])
  })

  test('has to be there at the start', () => {
    assert.throws(
      () => followRegistryAuth('/nowhere/auth.json', { onRefused: () => {}, onTaken: () => {} }),
      ConfigError
    )
  })
})
