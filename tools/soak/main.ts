// npm run soak: runs a guard for twenty minutes on a fleet that is never well, beside a hostile namespace; judges how it
// held up, and draws it.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { withStage } from '../../test/support/stage.ts'
import { plotSoak } from './plot.ts'
import { INTERVAL_SECONDS, runSoak } from './run-soak.ts'
import { judgeSoak } from './verdict.ts'
import { STEADY } from './world.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    targets: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    out: { type: 'string', default: 'soak-result' }
  }
})
const [minutes, targets, seed] = [values.minutes, values.targets, values.seed].map(Number)
if (!minutes || !targets || targets < STEADY || seed === undefined || Number.isNaN(seed)) {
  const options = '[--minutes 20] [--targets 1000] [--seed N] [--out soak-result]'
  process.stderr.write(`usage: npm run soak -- ${options}; at least ${STEADY} targets\n`)
  process.exit(64)
}
const { out } = values
const title = `${targets} targets every ${INTERVAL_SECONDS} s for ${minutes} min, seed ${seed}`
say(title)
mkdirSync(out, { recursive: true })
const log = join(out, 'samples.jsonl')
writeFileSync(log, '')
const soak = await withStage(stage =>
  runSoak(stage, {
    seconds: 60 * minutes,
    targets,
    seed,
    onSample: sample => {
      appendFileSync(log, `${JSON.stringify(sample)}\n`)
      if (Math.round(sample.seconds) % 60 === 59) say(JSON.stringify(sample))
    }
  })
)
const checks = judgeSoak(soak)
for (const { rule, holds, words } of checks) say(`${holds ? 'ok  ' : 'FAIL'} ${rule}: ${words}`)
draw(plotSoak(title, soak.samples, checks))
process.exitCode = checks.every(({ holds }) => holds) ? 0 : 1

function draw(svg: string): void {
  const [plot, picture] = [join(out, 'soak.svg'), join(out, 'soak.png')]
  writeFileSync(plot, svg)
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--window-size=1200,1060', `--screenshot=${picture}`]
  const { status } = spawnSync('chromium', [...args, pathToFileURL(plot).href], { stdio: 'ignore' })
  say(`${plot}${status === 0 ? ` and ${picture}` : '; with chromium on the PATH there would be a picture too'}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
