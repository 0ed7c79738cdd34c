import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readBundledPackages } from '../../tools/build/bundled-packages.ts'
import { ROOT } from '../support/files.ts'

suite('the packages of a bundle', () => {
  test('are read from its files, each once, nested and scoped ones too; our own code is none', () => {
    const files = [
      'src/main.ts',
      'node_modules/fastify/fastify.js',
      'node_modules/fastify/lib/route.js',
      'node_modules/@kubernetes/client-node/dist/config.js'
    ].map(path => `${ROOT}/${path}`)
    const names = readBundledPackages(files).map(({ id }) => id.replace(/@[^@]+$/, ''))
    assert.deepEqual(names, ['@kubernetes/client-node', 'fastify'])
  })
})
