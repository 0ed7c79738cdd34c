import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { read } from './rendering.ts'

const SCRIPT = join(import.meta.dirname, 'on-kind')
const KINDS = ['ConfigMap', 'Deployment', 'ServiceAccount', 'ClusterRole'].map(kind => `kind: ${kind}`).join('\n')

suite('test/helm/on-kind', () => {
  test('installs the image that it built of this commit, and pulls none', t => {
    const folder = temporaryFolder(t)
    const log = join(folder, 'log')
    const recorder = `#!/bin/sh\necho "$(basename "$0") $*" >>${log}\necho '${KINDS}'\n`
    for (const name of ['docker', 'kind', 'kubectl', 'helm']) {
      writeFileSync(join(folder, name), recorder, { mode: 0o755 })
    }
    execFileSync(SCRIPT, { env: { ...process.env, PATH: `${folder}:${process.env.PATH}` }, stdio: 'pipe' })
    const calls = readFileSync(log, 'utf8').trim().split('\n')

    const { version } = JSON.parse(read('package.json'))
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
    const [build = ''] = calls
    const [, image = ''] = /^docker build .* -t (\S+) \.$/.exec(build) ?? []
    assert.match(image, new RegExp(`:v${version}$`))
    assert.match(build, new RegExp(`VERSION=${version} .*GIT_SHA=${commit} .*BUILD_DATE=20`))
    const loaded = calls.findIndex(call => call.startsWith('kind load docker-image') && call.endsWith(image))
    const installs = calls.filter(call => call.startsWith('helm upgrade'))
    assert.ok(loaded > 0 && loaded < calls.indexOf(installs[0] ?? ''))
    const [repository, tag] = image.split(':')
    for (const install of installs) {
      assert.ok(install.includes(`image.repository=${repository},image.pullPolicy=Never`), install)
      assert.ok(install.includes(`image.tag=${tag}`), install)
    }
  })
})
