import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { ReadPullSecret } from '../../src/domain/ports.ts'
import { createPullCredentials } from '../../src/registry/pull-credentials.ts'

type Read = Awaited<ReturnType<ReadPullSecret>>

const CANARY = 'canary-s3cr3t'

/** The text of a docker config; users by host. */
const config = (users: Readonly<Record<string, string>>): Read =>
  seen(
    JSON.stringify({
      auths: Object.fromEntries(Object.entries(users).map(([host, username]) => [host, { username, password: CANARY }]))
    })
  )

/** Secrets by `namespace/name`, in the test's hands. */
function setUp(secrets: Record<string, Read>) {
  const asked: string[] = []
  let now = 1_000_000
  const credentials = createPullCredentials({
    read: async (namespace, name) => {
      asked.push(`${namespace}/${name}`)
      return secrets[`${namespace}/${name}`] ?? unseen('not_found', 'there is no such Secret')
    },
    now: () => now
  })
  const usersFor = async (registry: string, namespace: string | null, ...names: readonly string[]) => {
    const whose = namespace === null ? {} : { pullSecrets: { namespace, names } }
    const found = await credentials.find({ registry, repository: 'shop/app', ...whose })
    if (!found.seen) return `${found.reason}: ${found.message}`
    return found.value.map(one => (one.kind === 'basic' ? one.user : ''))
  }
  /** The one to try first. */
  const userFor = async (...whose: Parameters<typeof usersFor>) => {
    const users = await usersFor(...whose)
    return typeof users === 'string' ? users : (users[0] ?? null)
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { credentials, asked, userFor, usersFor, pass }
}

suite('credentials in pull secrets', () => {
  test('are those of the Secrets that a repository names, for the registries that they name', async () => {
    const { userFor } = setUp({ 'shop/a': config({ 'a.example': 'ann' }), 'shop/b': config({ 'b.example': 'bob' }) })
    assert.equal(await userFor('a.example', 'shop', 'a', 'b'), 'ann')
    assert.equal(await userFor('b.example', 'shop', 'a', 'b'), 'bob')
    assert.equal(await userFor('c.example', 'shop', 'a', 'b'), null)
    assert.equal(await userFor('b.example', 'shop', 'a'), null, 'a Secret that is not named is not used')
  })

  test('are never those of another namespace', async () => {
    const { userFor, asked } = setUp({
      'shop/a': config({ 'a.example': 'ann' }),
      'blog/a': config({ 'a.example': 'bob' })
    })
    assert.equal(await userFor('a.example', 'shop', 'a'), 'ann')
    assert.equal(await userFor('a.example', 'blog', 'a'), 'bob')
    assert.equal(await userFor('a.example', 'docs', 'a'), null)
    assert.equal(await userFor('a.example', null), null)
    assert.deepEqual(asked, ['shop/a', 'blog/a', 'docs/a'])
  })

  test('have the longest path first, whichever Secret it is in', async () => {
    const { userFor } = setUp({
      'shop/a': config({ 'a.example': 'ann' }),
      'shop/b': config({ 'a.example/shop': 'bob' })
    })
    assert.equal(await userFor('a.example', 'shop', 'a', 'b'), 'bob')
  })

  test('are tried in the order of the Secrets where several are for one registry, and ten of them at most', async () => {
    const names = Array.from({ length: 11 }, (_, at) => `s${at}`)
    const secrets = names.map(name => [`shop/${name}`, config({ 'a.example': name })] as const)
    const { usersFor } = setUp(Object.fromEntries(secrets))
    assert.deepEqual(await usersFor('a.example', 'shop', 's1', 's0'), ['s1', 's0'])
    assert.deepEqual(await usersFor('a.example', 'shop', ...names), names.slice(0, 10))
  })

  test('are read once for all that ask at a time, again after five minutes, and again once they were forgotten', async () => {
    const { userFor, asked, pass, credentials } = setUp({ 'shop/a': config({ 'a.example': 'ann' }) })
    await Promise.all([userFor('a.example', 'shop', 'a'), userFor('a.example', 'shop', 'a')])
    pass(299_999)
    await userFor('a.example', 'shop', 'a')
    assert.equal(asked.length, 1)
    pass(1)
    await userFor('a.example', 'shop', 'a')
    assert.equal(asked.length, 2)
    credentials.forget()
    await userFor('a.example', 'shop', 'a')
    assert.equal(asked.length, 3)
  })

  test('are not known while the API server does not answer, unless another Secret has one', async () => {
    const { userFor, credentials } = setUp({
      'shop/a': unseen('unreachable', 'could not be read: no answer'),
      'shop/b': config({ 'b.example': 'bob' })
    })
    assert.equal(
      await userFor('a.example', 'shop', 'a', 'b'),
      'unreachable: pull secret a of namespace shop: could not be read: no answer'
    )
    assert.equal(await userFor('b.example', 'shop', 'a', 'b'), 'bob')
    assert.deepEqual(credentials.problems(), [])
  })

  test('that may not be read are one problem for each namespace', async () => {
    const forbidden = unseen('forbidden' as const, 'grant get')
    const { userFor, credentials } = setUp({ 'shop/a': forbidden, 'shop/b': forbidden, 'blog/a': forbidden })
    assert.equal(await userFor('a.example', 'shop', 'a', 'b'), null)
    assert.equal(await userFor('a.example', 'blog', 'a'), null)
    assert.deepEqual(credentials.problems(), [
      'pull secret a of namespace shop: grant get',
      'pull secret a of namespace blog: grant get'
    ])
    credentials.forgetProblems()
    assert.deepEqual(credentials.problems(), [])
  })

  for (const [rule, answer, problem] of [
    ['is missing', unseen('not_found', 'there is no such Secret'), ': there is no such Secret'],
    ['is no docker config', seen(`{"auths": ${CANARY}`), ' is not used: it holds no docker config'],
    ['is too long', seen(CANARY.repeat(6_000)), ' is not used: it is longer than 65536 characters'],
    [
      'has entries that cannot be used',
      seen(JSON.stringify({ auths: { [`u:${CANARY}@a.example`]: { identitytoken: CANARY } } })),
      ': 1 of its entries cannot be used: it takes a user and a password, or a registrytoken'
    ]
  ] as const) {
    test(`are none where a Secret ${rule}, and the problem quotes nothing of it`, async () => {
      const { userFor, credentials } = setUp({ 'shop/a': answer })
      assert.equal(await userFor('a.example', 'shop', 'a'), null)
      assert.deepEqual(credentials.problems(), [`pull secret a of namespace shop${problem}`])
    })
  }

  test('are read from a Secret of 65536 characters, and from none that is longer', async () => {
    const text = JSON.stringify({ auths: { 'a.example': { username: 'ann', password: CANARY } } })
    const { userFor } = setUp({ 'shop/a': seen(text.padEnd(65_536)), 'shop/b': seen(text.padEnd(65_537)) })
    assert.deepEqual([await userFor('a.example', 'shop', 'a'), await userFor('a.example', 'shop', 'b')], ['ann', null])
  })

  test('are at most twenty problems', async () => {
    const { userFor, credentials } = setUp({})
    for (let at = 0; at < 30; at += 1) await userFor('a.example', 'shop', `s${at}`)
    assert.equal(credentials.problems().length, 20)
  })
})
