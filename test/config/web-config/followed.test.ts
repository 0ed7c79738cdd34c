import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, type TestContext, test } from 'node:test'
import { ConfigError } from '../../../src/config/config.ts'
import { followWebConfig } from '../../../src/config/followed.ts'
import { readWebConfig } from '../../../src/config/web-config/read.ts'
import type { FileHandlers } from '../../../src/files/follow-file.ts'
import { type Certificate, createAuthority } from '../../support/certificates.ts'
import { temporaryFolder } from '../../support/files.ts'

const HASH = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi'
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n'

let one: Certificate
let other: Certificate

before(async () => {
  const authority = await createAuthority()
  one = await authority.issue({ names: ['one.example'] })
  other = await authority.issue({ names: ['other.example'] })
})

function setUp(t: TestContext, text = TLS) {
  const folder = temporaryFolder(t)
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content)
  write('server.pem', one.cert)
  write('server.key', one.key)
  write('web.yaml', text)
  return { path: join(folder, 'web.yaml'), folder, write }
}

function mistakesOf(path: string): [string, string][] {
  const { result } = readWebConfig(path)
  return result.ok ? [] : result.mistakes.map(({ message, kind }) => [message, kind])
}

// A followed web config whose files are found changed when the test says so.
function followed(path: string) {
  const refused: string[] = []
  const warnings: string[][] = []
  const followers = new Map<string, FileHandlers>()
  const web = followWebConfig(path, {
    onRefused: lines => refused.push(...lines),
    onTaken: lines => warnings.push(lines.map(line => line.replace(`${path}:`, ''))),
    follow: (file, handlers) => {
      followers.set(file, handlers)
      return { close: () => followers.delete(file) }
    }
  })
  const certificate = () => web.current().tls?.context.cert
  return {
    ...web,
    refused,
    warnings,
    followers,
    certificate,
    change: (file: string) => followers.get(file)?.onChange()
  }
}

suite('reading a web config', () => {
  test('finds files beside it, whatever folder we run in', t => {
    assert.deepEqual(mistakesOf(setUp(t).path), [])
  })

  test('tells every file that cannot be read, with the line that names it', t => {
    const { path, folder } = setUp(t)
    rmSync(join(folder, 'server.pem'))
    rmSync(join(folder, 'server.key'))
    const reason = 'cannot be read: no such file or directory'
    assert.deepEqual(mistakesOf(path), [
      [`${path}:2: tls_server_config.cert_file: ${folder}/server.pem: ${reason}`, 'cannot_read'],
      [`${path}:3: tls_server_config.key_file: ${folder}/server.key: ${reason}`, 'cannot_read']
    ])
  })

  test('tells what is wrong in the files', t => {
    const { path, write } = setUp(t, `${TLS}  client_ca_file: ca.pem\n  client_auth_type: RequestClientCert\n`)
    write('server.key', other.key)
    write('ca.pem', `${one.cert}\n${one.cert.replace(/\n.{40}/, '\n')}`)
    assert.deepEqual(mistakesOf(path), [
      [`${path}:3: tls_server_config.key_file: not the key of the certificate`, 'bad_input'],
      [`${path}:4: tls_server_config.client_ca_file: not a valid certificate`, 'bad_input']
    ])
  })

  for (const [what, key] of [
    ['an encrypted key', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n'],
    ['a certificate for a key', 'cert'],
    ['no PEM', 'hunter2'],
    ['a key cut short', 'short']
  ] as const) {
    test(`refuses ${what}`, t => {
      const { path, write } = setUp(t)
      write('server.key', key === 'cert' ? one.cert : key === 'short' ? one.key.replace(/\n.{40}/, '\n') : key)
      const words = 'contains no readable private key; it takes PEM, not encrypted'
      assert.deepEqual(mistakesOf(path), [[`${path}:3: tls_server_config.key_file: ${words}`, 'bad_input']])
    })
  }
})

suite('followed web config', () => {
  test('follows itself and what it names, before it is read', t => {
    const { path, folder } = setUp(t)
    const web = followed(path)
    assert.deepEqual([...web.followers.keys()], [path, join(folder, 'server.pem'), join(folder, 'server.key')])
    assert.deepEqual([web.ok(), web.certificate()], [true, one.cert])
    web.close()
    assert.equal(web.followers.size, 0)
  })

  test('takes a rotated certificate once its key has come, too, and keeps the old one until then', t => {
    const { path, folder, write } = setUp(t)
    const web = followed(path)
    write('server.pem', other.cert)
    web.change(join(folder, 'server.pem'))
    assert.deepEqual([web.ok(), web.certificate()], [false, one.cert])
    assert.deepEqual(web.refused, [`${path}:3: tls_server_config.key_file: not the key of the certificate`])
    write('server.key', other.key)
    web.change(join(folder, 'server.key'))
    assert.deepEqual([web.ok(), web.certificate()], [true, other.cert])
  })

  test('follows the files that a new version names, even where they come later, and no longer the old ones', t => {
    const { path, folder, write } = setUp(t)
    const web = followed(path)
    write('web.yaml', TLS.replaceAll('server.', 'new.'))
    web.change(path)
    assert.deepEqual([web.ok(), web.certificate()], [false, one.cert])
    write('new.pem', other.cert)
    write('new.key', other.key)
    web.change(join(folder, 'new.key'))
    assert.deepEqual([web.ok(), web.certificate()], [true, other.cert])
    assert.deepEqual([...web.followers.keys()], [path, join(folder, 'new.pem'), join(folder, 'new.key')])
  })

  test('keeps following the files of the last good version while it is no YAML', t => {
    const { path, write } = setUp(t)
    const web = followed(path)
    write('web.yaml', 'a: b: c')
    web.change(path)
    assert.deepEqual([web.ok(), web.certificate(), web.followers.size], [false, one.cert, 3])
  })

  for (const [rule, from, to] of [
    ['go', TLS, '{}'],
    ['come', '{}', TLS]
  ] as const) {
    test(`does not let TLS ${rule} while we listen`, t => {
      const { path, write } = setUp(t, from)
      const web = followed(path)
      write('web.yaml', to)
      web.change(path)
      assert.deepEqual([web.ok(), web.current().tls === null], [false, from === '{}'])
      assert.deepEqual(web.refused, [
        `${path}: tls_server_config cannot be added or removed while the guard listens; restart to use it`
      ])
    })
  }

  test('takes new users at once', t => {
    const { path, write } = setUp(t, '{}')
    const web = followed(path)
    write('web.yaml', `basic_auth_users: { alice: "${HASH}" }`)
    web.change(path)
    assert.deepEqual([...web.current().users], [['alice', HASH]])
  })

  test('says with each version that is taken what may not be meant so', t => {
    const { path, write } = setUp(t, `basic_auth_users: { alice: "${HASH}" }`)
    const web = followed(path)
    write('web.yaml', 'basic_auth_users: 1')
    web.change(path)
    write('web.yaml', '# soon\nbasic_auth_users: {}')
    web.change(path)
    write('web.yaml', '{}')
    web.change(path)
    assert.deepEqual(web.warnings, [
      ['1: basic_auth_users: without TLS, passwords cross the network in the clear'],
      ['2: basic_auth_users: no users: the port is open, and needs no password'],
      []
    ])
  })

  test('says that the port is open when a new version has no users any more', t => {
    const { path, write } = setUp(t, `basic_auth_users: { alice: "${HASH}" }`)
    const web = followed(path)
    write('web.yaml', 'rate_limit: { interval: 1s, burst: 1 }')
    web.change(path)
    assert.deepEqual(web.warnings[1], ['1: basic_auth_users: no users: the port is open, and needs no password'])
  })

  test('begins with a good version or not at all, and then follows nothing', t => {
    const { path } = setUp(t, 'tls_server_config: 1')
    const followers = new Set<string>()
    const follow = (file: string) => {
      followers.add(file)
      return { close: () => followers.delete(file) }
    }
    assert.throws(
      () => followWebConfig(path, { onRefused: () => {}, onTaken: () => assert.fail(), follow }),
      ConfigError
    )
    assert.equal(followers.size, 0)
  })
})
