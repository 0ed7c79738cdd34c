import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { composeText } from '../support/compose-file.ts'
import { ROOT } from '../support/files.ts'
import { lastStage, readContext, readDockerfile } from './dockerfile.ts'

suite('the Dockerfile', () => {
  test('has no steps but those that run without an engine too', () => {
    const steps = readDockerfile().filter(line => line.startsWith('RUN '))
    assert.deepEqual(
      steps.map(line => line.replace(/^RUN (--\S+ )*/, '')),
      [
        'npm ci --ignore-scripts --no-fund --no-audit',
        'tools/build/make-image-root /image',
        'node make-compile-cache.ts /image/app'
      ]
    )
  })

  test('starts from the Node that the tests run on, wherever it is named', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    const { version } = packages['node_modules/node']
    const nodes = readDockerfile().flatMap(line => /^FROM .*?node:(\S+)@/.exec(line)?.[1] ?? [])
    assert.deepEqual(nodes, [`${version}-trixie-slim`, `${version}-trixie-slim`])
    assert.match(readFileSync(join(ROOT, '.github/workflows/ci.yaml'), 'utf8'), new RegExp(`image: node:${version}-`))
  })

  test('starts from images by digest, each kind of one alone, where Dependabot sees them', () => {
    const images = readDockerfile()
      .filter(line => line.startsWith('FROM ') && line !== 'FROM node AS cache')
      .map(line => line.split(' ').find(word => word.includes(':')) ?? line)
    for (const image of images) assert.match(image, /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
    assert.equal(new Set(images).size, 2)
  })

  test('installs packages before the sources are there, so that these do not install them anew', () => {
    const lines = readDockerfile()
    const of = (start: string) => lines.findIndex(line => line.startsWith(start))
    assert.ok(of('COPY package.json package-lock.json ') < of('RUN --mount=type=cache,target=/root/.npm npm ci'))
    assert.ok(of('RUN --mount=type=cache,target=/root/.npm npm ci') < of('COPY . .'))
  })

  test('gets only what is there, and neither secrets nor node_modules', () => {
    const context = readContext()
    assert.ok(context.includes('src'))
    for (const name of context) assert.ok(existsSync(join(ROOT, name)), name)
    assert.ok(!context.some(name => name.startsWith('.env') || name === 'node_modules'))
  })

  test('makes an image that runs as no user of the host, without a shell', () => {
    assert.deepEqual(lastStage('USER'), ['65532:65532'])
    assert.deepEqual(lastStage('RUN'), [])
    const [node, ...args] = JSON.parse(lastStage('ENTRYPOINT')[0] ?? '')
    assert.deepEqual([node, args.at(-1)], ['node', '/app/dist/main.js'])
  })

  test('labels the image with what it is, of what, and from when', () => {
    const names = [...(lastStage('LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.(\w+)="/g)].map(
      ([, name]) => name
    )
    for (const name of ['version', 'revision', 'created', 'source', 'licenses']) assert.ok(names.includes(name), name)
  })

  test('has the folder that compose.yaml mounts a volume on, for the user of the image to write to', () => {
    const [folder = ''] = /guard-logs:(\/[\w/-]+)/.exec(composeText())?.slice(1) ?? []
    assert.ok(lastStage('COPY').some(copy => copy.includes('--chown=65532:65532') && copy.endsWith(` ${folder}`)))
  })
})
