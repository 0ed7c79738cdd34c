import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import { createTokens, type TokenMeans, type TokenRequest } from '../../src/registry/tokens.ts'

/** A cache of tokens before a token server that answers what the test tells it to, with token `t` where it says nothing. */
function setUp() {
  const world = { asked: 0, status: 200, token: 't' }
  const means: TokenMeans = {
    now: () => 0,
    ask: async () => {
      world.asked += 1
      const body = Buffer.from(JSON.stringify({ token: world.token }))
      return seen({ status: world.status, headers: {}, body })
    },
    refuse: ({ status }) => unseen('unreachable', `HTTP ${status}`)
  }
  const tokens = createTokens()
  const get = async (scope = 'repository:shop/app:pull') => {
    const realm = new URL('https://auth.example/token')
    const request: TokenRequest = { realm, service: null, scope, credential: null }
    const token = await tokens.get(request, means)
    return token.seen ? token.value.text : token.message
  }
  return { world, get }
}

suite('tokens', () => {
  test('that cannot be had are asked for once by all callers that wait, and again by later ones', async () => {
    const { world, get } = setUp()
    world.status = 503
    assert.deepEqual(await Promise.all([get(), get(), get()]), Array(3).fill('HTTP 503'))
    assert.equal(world.asked, 1)
    assert.equal(await get(), 'HTTP 503')
    world.status = 200
    assert.equal(await get(), 't')
    assert.equal(world.asked, 3)
  })

  test('may have 16 KiB, and no more', async () => {
    const { world, get } = setUp()
    world.token = 't'.repeat(16_384)
    assert.equal(await get('allowed'), world.token)
    world.token += 't'
    assert.equal(await get('too long'), 'the token server auth.example sent no token')
  })

  test('are kept for a thousand scopes, which registries choose', async () => {
    const { world, get } = setUp()
    for (let scope = 0; scope < 1000; scope += 1) await get(`repository:${scope}:pull`)
    await get('repository:0:pull')
    assert.equal(world.asked, 1000)
    await get('repository:1000:pull')
    await get('repository:1:pull')
    assert.equal(world.asked, 1001)
    await get('repository:0:pull')
    assert.equal(world.asked, 1002)
  })
})
