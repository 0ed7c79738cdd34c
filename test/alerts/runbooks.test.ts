// Whoever is woken copies these commands as they stand: they have to be shell, and to say whence each variable comes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite, test } from 'node:test'

const FOLDER = join(import.meta.dirname, '../../docs/runbooks')

for (const file of globSync('*.md', { cwd: FOLDER })) {
  const page = readFileSync(join(FOLDER, file), 'utf8')
  const commands = [...page.matchAll(/^```sh\n(.+?)^```$/gms)].map(([, block]) => block).join('')

  suite(`the commands of ${basename(file, '.md')}`, () => {
    test('are taken by a shell', () => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: commands, encoding: 'utf8' })
      assert.equal(status, 0, stderr)
    })

    test('use no variable that the page does not set', () => {
      const set = new Set(
        [...commands.matchAll(/\b([A-Z_]+)=/g), ...commands.matchAll(/\bfor (\w+) in/g)].map(([, name]) => name)
      )
      // Those in single quotes are of jq and of awk.
      const used = commands.replaceAll(/'[^']*'/g, '').matchAll(/\$\{?(\w+)/g)
      for (const [, name] of used) assert.ok(set.has(name), name)
    })

    test('ask whoever knows: readiness tells only of its start', () => assert.doesNotMatch(commands, /\$GUARD\/readyz/))
  })
}
