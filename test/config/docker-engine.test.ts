import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { ConfigError } from '../../src/config/config.ts'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createAuthority } from '../support/certificates.ts'
import { temporaryFolder } from '../support/files.ts'

function load(env: Environment) {
  return loadConfig({ WORKLOAD_SOURCE: 'docker', ...env }, () => []).workloads
}

function mistakesOf(env: Environment): string[] {
  try {
    load(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map(({ message }) => message)
    throw error
  }
}

async function certificates(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t)
  const authority = await createAuthority()
  const { cert, key } = await authority.issue({ names: ['guard'] })
  for (const [name, text] of Object.entries({ ca: authority.pem, cert, key })) {
    writeFileSync(join(folder, `${name}.pem`), text)
  }
  return folder
}

suite('the address of a Docker Engine', () => {
  for (const [host, address] of [
    ['', { socketPath: '/var/run/docker.sock' }],
    ['unix:///run/user/1000/podman/podman.sock', { socketPath: '/run/user/1000/podman/podman.sock' }],
    ['tcp://docker-proxy:2375', { host: 'docker-proxy', port: 2375 }],
    ['tcp://docker-proxy', { host: 'docker-proxy', port: 2375 }],
    ['tcp://10.0.0.1:80', { host: '10.0.0.1', port: 80 }],
    ['tcp://[::1]:2375/', { host: '::1', port: 2375 }]
  ] as const) {
    test(`is read from ${host === '' ? 'nothing' : host}`, () => {
      assert.deepEqual(load({ DOCKER_HOST: host }), { source: 'docker', engine: { address, tls: null } })
    })
  }

  for (const host of [
    '/var/run/docker.sock',
    'unix://docker.sock',
    'ssh://root@host',
    'npipe:////./pipe/docker_engine',
    'https://host:2376',
    'tcp://user:secret@host:2376',
    'tcp://host:2376/path',
    'tcp://host:2376?a=b',
    'tcp://host:99999',
    'tcp://'
  ]) {
    test(`is refused as ${host}, without repeating it`, () => {
      assert.deepEqual(mistakesOf({ DOCKER_HOST: host }), [
        'DOCKER_HOST: not a valid address; write it as unix:///var/run/docker.sock or tcp://HOST:2376'
      ])
    })
  }

  test('is ignored with another source: it may be set for other programs', () => {
    const env = { WORKLOAD_SOURCE: 'kubernetes', DOCKER_HOST: 'ssh://root@host', DOCKER_TLS_VERIFY: '1' }
    assert.deepEqual(mistakesOf(env), [])
  })
})

suite('TLS to a Docker Engine', () => {
  for (const [rule, verify, isVerified] of [
    ['is spoken where there are certificates', '', false],
    ['checks the certificate where that is wanted', '1', true],
    ['checks it by any text, as Docker does', '0', true]
  ] as const) {
    test(rule, async t => {
      const folder = await certificates(t)
      const workloads = load({ DOCKER_HOST: 'tcp://host', DOCKER_CERT_PATH: folder, DOCKER_TLS_VERIFY: verify })
      const engine = { address: { host: 'host', port: 2376 }, tls: { folder, isVerified } }
      assert.deepEqual(workloads, { source: 'docker', engine })
    })
  }

  test('finds certificates where Docker keeps them', async t => {
    const home = temporaryFolder(t)
    mkdirSync(join(home, '.docker'))
    const lines = mistakesOf({ HOME: home, DOCKER_HOST: 'tcp://host:2376', DOCKER_TLS_VERIFY: '1' })
    assert.deepEqual(
      lines,
      ['ca', 'cert', 'key'].map(name => `${home}/.docker/${name}.pem: cannot be read: no such file or directory`)
    )
  })

  test('is not spoken on a socket of this machine', () => {
    const workloads = load({ DOCKER_CERT_PATH: '/nowhere', DOCKER_TLS_VERIFY: '1' })
    assert.deepEqual(workloads, {
      source: 'docker',
      engine: { address: { socketPath: '/var/run/docker.sock' }, tls: null }
    })
  })

  test('says what is wrong with each file', async t => {
    const folder = await certificates(t)
    const another = await (await createAuthority()).issue({ names: ['another'] })
    writeFileSync(join(folder, 'ca.pem'), 'no certificate')
    writeFileSync(join(folder, 'key.pem'), another.key)
    const env = { DOCKER_HOST: 'tcp://host:2376', DOCKER_CERT_PATH: folder, DOCKER_TLS_VERIFY: '1' }
    assert.deepEqual(mistakesOf(env), [
      `${folder}/ca.pem: contains no PEM certificate`,
      `${folder}/key.pem: not the key of the certificate`
    ])
  })

  test('needs no ca.pem where nothing is checked', async t => {
    const folder = await certificates(t)
    rmSync(join(folder, 'ca.pem'))
    assert.deepEqual(mistakesOf({ DOCKER_HOST: 'tcp://host:2376', DOCKER_CERT_PATH: folder }), [])
  })
})
