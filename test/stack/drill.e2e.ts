import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { DRILLS } from '../../tools/drill/drills.ts'
import { INSTALLED } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { until } from '../support/until.ts'

const MAIN = join(ROOT, 'tools/drill/main.ts')
const STEPS = [
  'all is well',
  'status seen',
  'alert pending',
  'alert firing',
  'notification received',
  'nothing else rings',
  'status recovered',
  'alert over'
]

suite('a drill', { concurrency: 4, ...needs(INSTALLED.missing) }, () => {
  for (const { name, alert } of DRILLS) {
    test(`sees ${name} through, from the status to the message and back`, async t => {
      const { code, stdout, stderr } = await drill(t, [name])
      assert.equal(code, 0, stdout + stderr)
      const steps = [...stdout.matchAll(/✔ (.+?) {2}/g)].map(([, step]) => step)
      assert.deepEqual(steps, STEPS, stdout)
      // A title in words, then the text.
      assert.match(stdout, new RegExp(`notification received +(?!KeyBuzz[A-Z]).+\\n +│ [^]+runbooks/${alert}\\.md`))
      assert.ok(!stdout.includes('\u001b'), 'no colours where there is no terminal')
    })
  }

  test('fails where the alert is missing in the rules, and says which step did not come', async t => {
    const alerts = alertsWithout(t, 'KeyBuzzGitShaMissing')
    const { code, stdout, stderr } = await drill(t, ['sha-missing', '--alerts', alerts])
    assert.equal(code, 1)
    assert.match(stdout, /✔ status seen/)
    assert.match(stdout, /✘ alert pending/)
    assert.match(stderr, /Is KeyBuzzGitShaMissing in the rules/)
  })

  test('says so where Prometheus refuses the rules, and leaves nothing behind', async t => {
    const folder = temporaryFolder(t)
    const alerts = alertsWithout(t, 'KeyBuzzGitShaMissing')
    writeFileSync(join(alerts, 'rules.yaml'), 'groups: [{ name: g, rules: [{ alert: A, expr: "max by (" }] }]')
    const { code, stderr } = await drill(t, ['sha-missing', '--alerts', alerts], folder)
    assert.equal(code, 1)
    assert.match(stderr, /Prometheus refuses the rules/)
    assert.equal(processesNaming(folder), '')
  })

  test('leaves nothing behind when it is interrupted', async t => {
    const folder = temporaryFolder(t)
    const child = spawn(process.execPath, [MAIN, 'mismatch'], { env: { ...process.env, TMPDIR: folder } })
    t.after(() => child.kill('SIGKILL'))
    // What it starts names this folder among its arguments.
    await until(() => assert.match(processesNaming(folder), /prometheus\.json/))
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    assert.equal(code, 130)
    assert.deepEqual(readdirSync(folder), [])
    assert.equal(processesNaming(folder), '')
  })
})

/** Runs a drill to its end; what it writes meanwhile is under `folder`. */
async function drill(t: TestContext, args: readonly string[], folder = temporaryFolder(t)) {
  const env = { ...process.env, TMPDIR: folder }
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  // Interrupted rather than killed: it ends what it has started.
  t.after(() => child.kill('SIGINT'))
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** A copy of alerts/ whose rules lack an alert. */
function alertsWithout(t: TestContext, missingAlert: string): string {
  const folder = temporaryFolder(t)
  cpSync(join(ROOT, 'alerts'), folder, { recursive: true })
  const { groups } = parse(readFileSync(join(folder, 'rules.yaml'), 'utf8')) as {
    groups: { name: string; rules: { alert: string }[] }[]
  }
  const others = groups.map(group => ({ ...group, rules: group.rules.filter(({ alert }) => alert !== missingAlert) }))
  writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: others }))
  return folder
}

function processesNaming(word: string): string {
  return spawnSync('pgrep', ['--list-full', '--full', word], { encoding: 'utf8' }).stdout
}
