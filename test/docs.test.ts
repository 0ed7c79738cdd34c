import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite, test } from 'node:test'
import { renderTables } from '../docs/tables.ts'
import { COMMON_OPTIONS } from '../src/commands/command-line.ts'
import { COMMANDS } from '../src/commands/commands.ts'
import { USUAL_VARIABLES, VARIABLES } from '../src/config/environment.ts'
import { parseTargetsFile } from '../src/config/targets-file.ts'
import { parseWebConfig } from '../src/config/web-config/parse.ts'
import { ANNOTATIONS, CONTAINER_ANNOTATIONS } from '../src/domain/annotations.ts'
import { CULPRITS } from '../src/domain/diagnosis.ts'
import { VERSION_STATUSES } from '../src/domain/finding.ts'
import { IMAGE_UPDATE_STATUSES } from '../src/domain/image-update.ts'
import { RELEASE_STATUSES } from '../src/domain/release.ts'
import { ROLLOUT_STATES } from '../src/domain/rollout.ts'
import { PATHS } from '../src/http/routes.ts'
import { FLEET_FAMILIES } from '../src/metrics/fleet-families.ts'
import { GATE_FAMILIES } from '../src/metrics/gate-families.ts'
import { OWN_FAMILIES } from '../src/metrics/own-metrics.ts'
import { SERVICE_FAMILIES } from '../src/metrics/service-families.ts'
import { renderBenchmarks } from '../tools/bench/kept-results.ts'
import { ROOT, temporaryFolder } from './support/files.ts'
import { anchorsOf, inlineCodesOf, linksOf, PAGES } from './support/pages.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const METRIC =
  /\bkeybuzz_(?:version|debug|git|workload|service|finding|rollout|rollback|postdeploy|release|declared|required|migration|pod|image|helm|gate)_[a-z0-9_]*[a-z0-9]\b/g
const FILE = /^(?:alerts|compose|dashboards|docs|helm|src|test|tools|values)\/[\w./*-]+$/
const VARIABLE = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$/
// Of other programs.
const OTHERS_VARIABLE = /^(?:WATCHTOWER_|DIUN_|REPO_(?:USER|PASS)$|COMPOSE_PROFILES$|KUBERNETES_EXEC_INFO$)/
const compose = read('compose.yaml')
const PROGRAM = /(?:keybuzz-version-guard|npm run(?: --silent)?) (serve|check|explain|validate|gate)\b([^\n`|&>;]*)/g

suite('documentation', () => {
  for (const page of ['docs/reference.md', 'docs/your-endpoint.md']) {
    test(`has the sources' tables in ${page} (else: npm run docs)`, () => {
      assert.equal(read(page), renderTables(read(page)))
    })
  }

  test('has the benchmarks that were kept (else: npm run docs)', () => {
    assert.equal(read('docs/benchmarks.md'), renderBenchmarks())
  })

  for (const page of PAGES) {
    test(`${page} links only to what is there`, () => {
      for (const { path, anchor } of linksOf(page)) {
        const target = path === '' ? page : normalize(join(dirname(page), path))
        assert.ok(existsSync(join(ROOT, target)), target)
        if (anchor !== '') assert.ok(anchorsOf(target).has(anchor), `${target}#${anchor}`)
      }
    })

    test(`${page} names no file of the repository that is not there`, () => {
      // The changelog tells of files that were there once.
      if (page === 'CHANGELOG.md') return
      for (const code of inlineCodesOf(page).filter(one => FILE.test(one))) {
        assert.ok(globSync(code, { cwd: ROOT }).length > 0, code)
      }
    })

    test(`${page} names no metric that does not exist`, () => {
      const known = [...SERVICE_FAMILIES, ...FLEET_FAMILIES, ...GATE_FAMILIES, ...OWN_FAMILIES].map(({ name }) => name)
      for (const [name] of read(page).matchAll(METRIC)) {
        assert.ok(
          known.some(metric => metric === name.replace(/_(bucket|sum|count)$/, '')),
          name
        )
      }
    })

    test(`${page} names no annotation that does not exist`, () => {
      const own = CONTAINER_ANNOTATIONS.map(name => `${name}.`)
      for (const [, name = ''] of read(page).matchAll(/version-guard\.keybuzz\.io\/([a-z0-9-]+\.?)/g)) {
        assert.ok(ANNOTATIONS.has(name) || own.includes(name), name)
      }
    })

    test(`${page} names no variable that does not exist`, () => {
      for (const code of inlineCodesOf(page)) {
        const name = VARIABLE.exec(code)?.[1]
        if (name === undefined || OTHERS_VARIABLE.test(name)) continue
        assert.ok(VARIABLES.has(name) || USUAL_VARIABLES.has(name) || compose.includes(name), name)
      }
    })

    test(`${page} gives commands only options that they have`, () => {
      for (const [, name = '', rest = ''] of read(page).matchAll(PROGRAM)) {
        const command = COMMANDS[name]
        assert.ok(command !== undefined, name)
        for (const [, option = ''] of rest.matchAll(/ --([a-z][a-z-]*)/g)) {
          assert.ok(option in { ...command.options, ...COMMON_OPTIONS }, `${name} --${option}`)
        }
      }
    })

    test(`${page} runs only scripts that exist`, () => {
      const { scripts } = JSON.parse(read('package.json'))
      for (const [, name = ''] of read(page).matchAll(/\bnpm run (?:--silent )?([a-z0-9-]+)/g)) {
        assert.ok(name in scripts, name)
      }
    })
  }

  for (const example of ['targets.yaml', 'all-keys.yaml']) {
    test(`has a targets file that is taken as it stands: ${example}`, () => {
      const parsed = parseTargetsFile(read(`docs/examples/${example}`), example, {
        versionMatch: 'exact',
        kind: 'Deployment'
      })
      assert.ok(parsed.ok)
    })
  }

  test('has a web config that is taken as it stands, once its files are there', () => {
    assert.ok(parseWebConfig(read('docs/examples/web-config.yaml'), 'web.yaml').ok)
  })

  test('puts in place of a variable of Watchtower, which knows Docker alone, none that is for Kubernetes alone', () => {
    const rows = read('docs/moving-from-watchtower.md').match(/^\| `WATCHTOWER_.+$/gm) ?? []
    const ofKubernetes = [...VARIABLES].filter(([, { description }]) => description.startsWith('for `kubernetes`'))
    assert.ok(ofKubernetes.length > 0)
    for (const [name] of ofKubernetes) assert.doesNotMatch(rows.join('\n'), new RegExp(`\\b${name}\\b`))
  })

  test('says what kinds of targets the script watched', () => {
    const parsed = parseTargetsFile(read('docs/examples/targets.yaml'), '', {
      versionMatch: 'exact',
      kind: 'Deployment'
    })
    assert.deepEqual(parsed.ok && parsed.value.map(({ service }) => service), ['keybuzz-client', 'keybuzz-admin'])
  })
})

suite('the reference', () => {
  const codes = new Set(inlineCodesOf('docs/reference.md'))

  test('has every path that answers, and no other', () => {
    const named = [...codes].filter(
      code => /^\/[a-z0-9/-]*(?:\/NAMESPACE\/SERVICE)?$/.test(code) && !code.startsWith('/var')
    )
    assert.deepEqual(named.sort(), [...PATHS].sort())
  })

  test('has filters that can find something', () => {
    const statuses: Readonly<Record<string, readonly string[]>> = {
      status: VERSION_STATUSES,
      culprit: CULPRITS,
      rollout: ROLLOUT_STATES,
      release: RELEASE_STATUSES,
      'image-update': IMAGE_UPDATE_STATUSES,
      pods: ['DIFFERS', 'FAILED']
    }
    const terms = [...codes].flatMap(code => /^([a-z-]+):([a-z_]+)$/.exec(code)?.slice(1, 3) ?? [])
    assert.ok(terms.length > 10)
    for (let at = 0; at < terms.length; at += 2) {
      const [guard = '', status = ''] = terms.slice(at, at + 2)
      const known = statuses[guard]?.map(name => name.toLowerCase()) ?? ['shop']
      assert.ok(known.includes(status), `${guard}:${status}`)
    }
  })

  test('has every command', () => {
    for (const name of Object.keys(COMMANDS)) assert.ok(codes.has(name), name)
  })

  test('has every annotation', () => {
    for (const name of ANNOTATIONS.keys()) assert.ok(codes.has(name), name)
  })
})

suite('ready code for a service', () => {
  const page = read('docs/your-endpoint.md')
  const built = { VERSION: 'v1.2.3', GIT_SHA: '0123456789abcdef0123456789abcdef01234567' }
  const report = { version: built.VERSION, gitSha: built.GIT_SHA }
  const codeOf = (heading: string, language: string) => {
    const code = new RegExp(`\\*\\*${heading}\\b[^]*?\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1]
    assert.ok(code !== undefined, heading)
    return code
  }

  test('of Next.js answers with what the build was given', () => {
    const print = `${codeOf('Next\\.js', 'ts')}\nconsole.log(await GET().text())`
    const options = { encoding: 'utf8', env: { ...process.env, ...built } } as const
    const stdout = execFileSync(process.execPath, ['--input-type=module-typescript', '--eval', print], options)
    assert.deepEqual(JSON.parse(stdout), report)
  })

  test('of a static site writes a file that is a report', t => {
    const folder = temporaryFolder(t)
    const command = codeOf('A static site', 'dockerfile')
      .replace(/^RUN /, '')
      .replaceAll('/usr/share/nginx/html', folder)
    execFileSync('sh', ['-c', command], { env: { ...process.env, ...built } })
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'debug/version'), 'utf8')), report)
  })
})
