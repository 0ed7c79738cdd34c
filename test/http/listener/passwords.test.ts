import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hashSync } from 'bcryptjs'
import { createBcryptThread } from '../../../src/http/listener/bcrypt-thread.ts'
import { createPasswords, MOST_REMEMBERED, MOST_WAITING } from '../../../src/http/listener/passwords.ts'

// What is compared, in order; a hash is `#` and its password, and the comparisons end when the test lets them.
function recording() {
  const compared: string[] = []
  const held: (() => void)[] = []
  let isHeld = false
  const passwords = createPasswords(async ({ password, hash }) => {
    compared.push(`${password} ${hash}`)
    if (isHeld) await new Promise<void>(resolve => held.push(resolve))
    return hash === `#${password}`
  })
  return {
    ...passwords,
    compared,
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      for (const resolve of held) resolve()
    }
  }
}

const USERS = new Map([
  ['alice', '#one'],
  ['bob', '#two']
])
const FROM = { address: '10.0.0.1' }
const alice = (password: string) => ({ ...FROM, user: 'alice', password })

suite('passwords', () => {
  test('are compared once while they are right, and each time while they are wrong', async () => {
    const { verify, compared } = recording()
    assert.deepEqual([await verify(alice('one'), USERS), await verify(alice('one'), USERS)], ['right', 'right'])
    assert.deepEqual([await verify(alice('two'), USERS), await verify(alice('two'), USERS)], ['wrong', 'wrong'])
    assert.deepEqual(compared, ['one #one', 'two #one', 'two #one'])
  })

  test('are compared again when the hash has changed, and are wrong when the user has gone', async () => {
    const { verify } = recording()
    assert.equal(await verify(alice('one'), USERS), 'right')
    assert.equal(await verify(alice('one'), new Map([['alice', '#three']])), 'wrong')
    assert.equal(await verify(alice('one'), new Map([['bob', '#one']])), 'wrong')
  })

  test('of an unknown user cost one comparison, too, and never let in, whoever they belong to', async () => {
    const { verify, compared } = recording()
    const users = new Map([['alice', '#one']])
    const verdicts = [
      await verify({ ...FROM, user: 'mallory', password: 'one' }, users),
      await verify({ ...FROM, user: 'mallory', password: 'one' }, users)
    ]
    assert.deepEqual(
      [verdicts, compared],
      [
        ['wrong', 'wrong'],
        ['one #one', 'one #one']
      ]
    )
  })

  test('of one user who asks twice at once are compared once', async () => {
    const { verify, compared } = recording()
    assert.deepEqual(await Promise.all([verify(alice('one'), USERS), verify(alice('one'), USERS)]), ['right', 'right'])
    assert.equal(compared.length, 1)
  })

  test('wait in a bounded number; a known user does not wait behind them', async () => {
    const { verify, compared, hold, release } = recording()
    await verify(alice('one'), USERS)
    hold()
    const flood = Array.from({ length: 1000 }, (_, index) =>
      verify({ ...FROM, user: `user-${index}`, password: 'guess' }, USERS)
    )
    assert.equal(await verify(alice('one'), USERS), 'right')
    release()
    const verdicts = await Promise.all(flood)
    // One is compared while the others wait.
    assert.equal(verdicts.filter(verdict => verdict === 'wrong').length, 1 + MOST_WAITING)
    assert.equal(verdicts.filter(verdict => verdict === 'busy').length, 1000 - 1 - MOST_WAITING)
    assert.equal(compared.length, 2 + MOST_WAITING)
  })

  test('are compared in the same order, and as often, whether their users exist or not', async () => {
    const orderWith = async (users: ReadonlyMap<string, string>) => {
      const { verify, compared, hold, release } = recording()
      hold()
      const logins = ['mallory', 'alice', 'bob', 'mallory', 'eve', 'alice', 'mallory'].map((user, index) =>
        verify({ ...FROM, user, password: `${index} of ${user}` }, users)
      )
      release()
      assert.deepEqual(new Set(await Promise.all(logins)), new Set(['wrong']))
      return compared.map(comparison => comparison.split(' #', 1)[0])
    }
    const order = await orderWith(USERS)
    assert.equal(order.length, 7)
    for (const users of [[['carol', '#one']], [['mallory', '#one']], [...USERS, ['eve', '#one']]] as [
      string,
      string
    ][][]) {
      assert.deepEqual(await orderWith(new Map(users)), order)
    }
  })

  for (const [rule, flooder, login] of [
    ['of another address', { user: 'bob' }, { address: '10.0.0.2', user: 'bob' }],
    ['of another user of the same address', { user: 'mallory' }, { user: 'bob' }]
  ] as const) {
    test(`${rule} come next, however many wait`, async () => {
      const { verify, compared, hold, release } = recording()
      hold()
      const flood = Array.from({ length: 1000 }, (_, index) =>
        verify({ ...FROM, ...flooder, password: `${index}` }, USERS)
      )
      const right = verify({ ...FROM, password: 'two', ...login }, USERS)
      release()
      assert.equal(await right, 'right')
      assert.ok(compared.indexOf('two #two') <= 2, `${compared.indexOf('two #two')} came before`)
      await Promise.all(flood)
    })
  }

  test('are remembered in a bounded number, those that were asked for last', async () => {
    const { verify, compared } = recording()
    const users = new Map(Array.from({ length: MOST_REMEMBERED + 1 }, (_, index) => [`user-${index}`, '#one']))
    const [first, second] = [...users.keys()].map(user => ({ ...FROM, user, password: 'one' }))
    assert.ok(first !== undefined && second !== undefined)
    for (const user of users.keys()) {
      await verify({ ...FROM, user, password: 'one' }, users)
      await verify(first, users)
    }
    compared.length = 0
    await verify(first, users)
    assert.equal(compared.length, 0)
    await verify(second, users)
    assert.equal(compared.length, 1)
  })

  test('that could not be compared are an error, and leave no place taken', async () => {
    const passwords = createPasswords(() => Promise.reject(new Error('the thread ended')))
    for (let turn = 0; turn <= MOST_WAITING; turn += 1) {
      await assert.rejects(passwords.verify(alice(`${turn}`), USERS), /the thread ended/)
    }
  })
})

suite('bcrypt thread', () => {
  const hash = hashSync('secret', 4)

  for (const variant of ['$2a', '$2b', '$2y']) {
    test(`compares with hashes of ${variant}`, async t => {
      const { compare, close } = createBcryptThread()
      t.after(close)
      const stored = hash.replace(/^\$2./, variant)
      const verdicts = ['wrong', 'secret', ''].map(password => compare({ password, hash: stored }))
      assert.deepEqual(await Promise.all(verdicts), [false, true, false])
    })
  }

  test('tells those who wait that it ended, and starts anew', async t => {
    const { compare, close } = createBcryptThread()
    t.after(close)
    const waiting = assert.rejects(compare({ password: 'secret', hash: hashSync('secret', 12) }), /ended with/)
    await close()
    await waiting
    assert.equal(await compare({ password: 'secret', hash }), true)
  })
})
