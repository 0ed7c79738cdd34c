import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Credential } from '../../src/registry/docker-config.ts'
import {
  type FakeServer,
  inShort,
  repositoryOf,
  type Script,
  type ScriptedAnswer,
  startClient,
  startFake
} from '../support/registry-fake.ts'

const USER: Credential = { kind: 'basic', user: 'u', password: 'p:w' }
const BASIC = `Basic ${Buffer.from('u:p:w').toString('base64')}`
const TAGS: ScriptedAnswer = { body: { name: 'shop/app', tags: ['1.0'] } }

const challenged = (...challenges: string[]): ScriptedAnswer => ({
  status: 401,
  headers: { 'www-authenticate': challenges },
  body: { errors: [{ code: 'UNAUTHORIZED', message: 'secret' }] }
})
const bearer = (realm: string, rest = ',service="lab",scope="repository:shop/app:pull"') =>
  challenged(`Bearer realm="${realm}"${rest}`)

/** A token server that counts its tokens, and a registry that wants one of them. */
async function startPair(
  t: TestContext,
  wish: { token?: Script; registry?: (realm: string, token: string) => Script; name?: string } = {}
): Promise<{ registry: FakeServer; tokens: FakeServer }> {
  let count = 0
  const tokens = await startFake(
    t,
    wish.name ?? 'registry.test',
    wish.token ??
      (() => {
        count += 1
        return { body: { token: `t${count}`, expires_in: 300 } }
      })
  )
  const realm = `http://${tokens.host}/token?client=x`
  const usual: Script = ({ authorization }) => (authorization.startsWith('Bearer t') ? TAGS : bearer(realm))
  const registry = await startFake(t, 'registry.test', wish.registry?.(realm, 't') ?? usual)
  return { registry, tokens }
}

const asked = ({ questions }: FakeServer) =>
  questions.map(({ method, path, authorization }) => [method, path, authorization].join(' ').trim())

const LIST = 'GET /v2/shop/app/tags/list?n=1000'

suite('a registry that wants a token', () => {
  test('is asked once without, gets the scope that it asked for, and is asked with the token from then on', async t => {
    const { registry, tokens } = await startPair(t)
    const client = startClient(t, [registry, tokens])
    for (const round of [1, 2]) {
      const list = await client.listTags(repositoryOf(registry))
      assert.deepEqual(list.seen && list.value.tags, ['1.0'], `round ${round}`)
    }
    assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer t1`, `${LIST} Bearer t1`])
    assert.deepEqual(asked(tokens), ['GET /token?client=x&service=lab&scope=repository%3Ashop%2Fapp%3Apull'])
  })

  test('gets each scope of several by itself, and none that it did not name but the usual one', async t => {
    for (const [rest, query] of [
      [
        ',scope="repository:a:metadata_read repository:b:pull"',
        'scope=repository%3Aa%3Ametadata_read&scope=repository%3Ab%3Apull'
      ],
      ['', 'scope=repository%3Ashop%2Fapp%3Apull']
    ] as const) {
      const { registry, tokens } = await startPair(t, {
        registry:
          realm =>
          ({ authorization }) =>
            authorization === '' ? bearer(realm, rest) : TAGS
      })
      await startClient(t, [registry, tokens]).listTags(repositoryOf(registry))
      assert.deepEqual(asked(tokens), [`GET /token?client=x&${query}`])
    }
  })

  test('takes a token by either name, for a minute where it has no life, and renews it at four fifths', async t => {
    let count = 0
    for (const [name, life, renewedAfter] of [
      ['token', { expires_in: 300 }, 240_000],
      ['access_token', {}, 48_000],
      ['access_token', { expires_in: 'soon' }, 48_000]
    ] as const) {
      const { registry, tokens } = await startPair(t, {
        token: () => {
          count += 1
          return { body: { [name]: `t${count}`, ...life } }
        }
      })
      const client = startClient(t, [registry, tokens])
      await client.listTags(repositoryOf(registry))
      client.clock.pass(renewedAfter - 1)
      await client.listTags(repositoryOf(registry))
      assert.equal(tokens.questions.length, 1)
      client.clock.pass(1)
      await client.listTags(repositoryOf(registry))
      assert.equal(tokens.questions.length, 2)
    }
  })

  test('gives one token to all who ask at the same time', async t => {
    const { registry, tokens } = await startPair(t)
    const client = startClient(t, [registry, tokens])
    await Promise.all(Array.from({ length: 5 }, () => client.listTags(repositoryOf(registry))))
    assert.equal(tokens.questions.length, 1)
  })

  test('keeps the token of one user from another with the same name', async t => {
    const { registry, tokens } = await startPair(t)
    const client = startClient(t, [registry, tokens])
    await client.listTags(repositoryOf(registry, USER))
    await client.listTags(repositoryOf(registry, { ...USER, password: 'wrong' }))
    await client.listTags(repositoryOf(registry))
    assert.equal(new Set(asked(tokens).map(line => line.split(' ').slice(2).join(' '))).size, 3)
  })

  for (const [rule, body] of [
    ['no token', {}],
    ['no text', { token: 7 }],
    ['a token that would break out of its header', { token: 't\r\nx: y' }],
    ['a token that no header holds', { token: 't'.repeat(16_385) }],
    ['no JSON', '<html>'],
    ['nothing', 'null']
  ] as const) {
    test(`is invalid when its token server gives ${rule}`, async t => {
      const { registry, tokens } = await startPair(t, { token: () => ({ body }) })
      const client = startClient(t, [registry, tokens])
      assert.equal(
        inShort(await client.listTags(repositoryOf(registry))),
        `invalid: the token server ${tokens.host} sent no token`
      )
    })
  }

  for (const [rule, realm] of [
    ['none', ''],
    ['no address', 'token'],
    ['a file', 'file:///etc/passwd'],
    ['of another protocol', 'ftp://registry.test/token'],
    ['one without TLS that the operator did not name', 'http://auth.test/token']
  ] as const) {
    test(`is invalid when its token server is ${rule}`, async t => {
      const registry = await startFake(t, 'registry.test', () => bearer(realm))
      const client = startClient(t, [registry], { insecure: ['registry.test'] })
      assert.equal(
        inShort(await client.listTags(repositoryOf(registry))),
        `invalid: ${registry.host}/shop/app: the registry names no usable token server`
      )
    })
  }

  test('is unauthorized, and not asked for ever, when it takes no token', async t => {
    const { registry, tokens } = await startPair(t, {
      registry: realm => () => bearer(realm, ',error="invalid_token"')
    })
    const client = startClient(t, [registry, tokens])
    const name = `${registry.host}/shop/app`
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry))),
      `unauthorized: ${name} is missing or private: if it is private, add credentials to REGISTRY_AUTH_FILE`
    )
    assert.deepEqual([registry.questions.length, tokens.questions.length], [2, 1])
    await client.listTags(repositoryOf(registry))
    assert.deepEqual([registry.questions.length, tokens.questions.length], [4, 2], 'a kept token is renewed once')
  })

  test('gets a fresh token in place of one that it withdrew', async t => {
    let valid = 't1'
    const { registry, tokens } = await startPair(t, {
      registry:
        realm =>
        ({ authorization }) =>
          authorization === `Bearer ${valid}` ? TAGS : bearer(realm, ',error="invalid_token"')
    })
    const client = startClient(t, [registry, tokens])
    await client.listTags(repositoryOf(registry))
    valid = 't2'
    assert.ok((await client.listTags(repositoryOf(registry))).seen)
    assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer t1`, `${LIST} Bearer t1`, `${LIST} Bearer t2`])
  })

  test('gets a fresh token in place of one that expired while it had asked to be left alone', async t => {
    const limited: ScriptedAnswer = { status: 429, headers: { 'retry-after': '60' } }
    for (const credential of [null, USER]) {
      const answers = [limited]
      const { registry, tokens } = await startPair(t, {
        token: () => ({ body: { token: `t${answers.length}`, expires_in: 60 } }),
        registry:
          realm =>
          ({ authorization }) =>
            authorization === '' ? bearer(realm) : (answers.shift() ?? check(realm, authorization))
      })
      const check = (realm: string, authorization: string) =>
        authorization === 'Bearer t0' ? TAGS : bearer(realm, ',error="invalid_token"')
      const client = startClient(t, [registry, tokens])
      assert.ok((await client.listTags(repositoryOf(registry, credential))).seen)
      assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer t1`, `${LIST} Bearer t1`, `${LIST} Bearer t0`])
      assert.deepEqual([...client.problems], [])
    }
  })

  test('gets no other token where the user has no right', async t => {
    let isOpen = true
    const { registry, tokens } = await startPair(t, {
      registry:
        realm =>
        ({ authorization }) =>
          authorization !== '' && isOpen ? TAGS : bearer(realm, ',error="insufficient_scope"')
    })
    const client = startClient(t, [registry, tokens])
    await client.listTags(repositoryOf(registry))
    isOpen = false
    const list = await client.listTags(repositoryOf(registry))
    assert.equal(list.seen ? '' : list.reason, 'unauthorized')
    assert.deepEqual([registry.questions.length, tokens.questions.length], [3, 1])
  })

  test('is asked without again where it may name another token server by now, or want none', async t => {
    const { registry: gone, tokens } = await startPair(t)
    for (const [first, second] of [
      [bearer('http://gone.test/token'), bearer(`http://${tokens.host}/token`)],
      [bearer('ftp://registry.test'), TAGS],
      [challenged('Basic realm="lab"'), TAGS]
    ] as const) {
      let now: ScriptedAnswer = first
      const registry = await startFake(t, 'registry.test', ({ authorization }) => (authorization === '' ? now : TAGS))
      const client = startClient(t, [registry, gone, tokens], { insecure: ['registry.test', 'gone.test'] })
      assert.ok(!(await client.listTags(repositoryOf(registry))).seen)
      now = second
      assert.ok((await client.listTags(repositoryOf(registry))).seen)
      const count = registry.questions.length
      assert.ok((await client.listTags(repositoryOf(registry))).seen)
      assert.equal(registry.questions.length, count + 1, 'what it said before is forgotten')
    }
  })

  test('takes a token of the credentials file as it is', async t => {
    const registry = await startFake(t, 'registry.test', ({ authorization }) =>
      authorization === 'Bearer given' ? TAGS : bearer('https://auth.test/token')
    )
    const client = startClient(t, [registry])
    assert.ok((await client.listTags(repositoryOf(registry, { kind: 'token', token: 'given' }))).seen)
  })
})

suite('credentials', () => {
  const loginsOf = ({ questions }: FakeServer) =>
    questions.filter(({ authorization }) => authorization === BASIC).length

  test('are shown to the token server of the same host', async t => {
    const { registry, tokens } = await startPair(t)
    await startClient(t, [registry, tokens]).listTags(repositoryOf(registry, USER))
    assert.equal(loginsOf(tokens), 1)
    assert.equal(loginsOf(registry), 0)
  })

  test('are shown to another host only where the operator names it; it is asked anonymously then, and that is told', async t => {
    for (const isNamed of [false, true]) {
      const { registry, tokens } = await startPair(t, { name: 'auth.test' })
      const client = startClient(t, [registry, tokens], { realms: isNamed ? ['auth.test'] : [] })
      assert.ok((await client.listTags(repositoryOf(registry, USER))).seen)
      assert.equal(loginsOf(tokens), isNamed ? 1 : 0)
      const name = `${registry.host}/shop/app`
      const line = `the credentials for ${name} are not sent to its token server ${tokens.host}: to allow it, add it to REGISTRY_REALMS`
      assert.deepEqual([...client.problems], isNamed ? [] : [line])
    }
  })

  for (const status of [401, 403]) {
    test(`that a token server refuses with ${status} spoil nothing: it is asked anonymously, and not with them for an hour`, async t => {
      const { registry, tokens } = await startPair(t, {
        token: ({ authorization }) =>
          authorization === '' ? { body: { token: 't', expires_in: 1 } } : { status, body: { details: 'p:w' } }
      })
      const client = startClient(t, [registry, tokens])
      for (const round of [1, 2, 3]) {
        assert.ok((await client.listTags(repositoryOf(registry, USER))).seen, `round ${round}`)
        client.clock.pass(1000)
      }
      assert.equal(loginsOf(tokens), 1)
      assert.deepEqual(
        [...client.problems],
        [
          `the token server ${tokens.host} refuses the credentials for ${registry.host}/shop/app: they are not used for an hour`
        ]
      )
      client.clock.pass(3_600_000)
      await client.listTags(repositoryOf(registry, USER))
      assert.equal(loginsOf(tokens), 2)
    })
  }

  for (const [rule, status, logins] of [
    ['as wrong are not used for another repository', 401, 1],
    ['for one repository are used for another', 403, 2]
  ] as const) {
    test(`that a token server refuses ${rule}`, async t => {
      const { registry, tokens } = await startPair(t, {
        token: ({ path, authorization }) =>
          authorization === '' || path.includes('other') ? { body: { token: 't' } } : { status },
        registry:
          realm =>
          ({ path, authorization }) =>
            authorization === '' ? bearer(realm, `,scope="repository:${path.split('/tags')[0]}:pull"`) : TAGS
      })
      const client = startClient(t, [registry, tokens])
      await client.listTags(repositoryOf(registry, USER))
      assert.ok((await client.listTags({ ...repositoryOf(registry, USER), repository: 'shop/other' })).seen)
      assert.equal(loginsOf(tokens), logins)
    })
  }

  for (const [rule, credential, header, challenge] of [
    ['a password', USER, BASIC, 'Basic realm="lab"'],
    ['a token', { kind: 'token', token: 'given' }, 'Bearer given', 'Bearer realm="https://auth.test/token"']
  ] as const) {
    test(`that one registry refuses as ${rule} are sent to another one`, async t => {
      const strict = await startFake(t, 'strict.test', () => challenged(challenge))
      const registry = await startFake(t, 'registry.test', ({ authorization }) =>
        authorization === header ? TAGS : challenged(challenge)
      )
      const client = startClient(t, [strict, registry])
      assert.ok(!(await client.listTags(repositoryOf(strict, credential))).seen)
      assert.ok((await client.listTags(repositoryOf(registry, credential))).seen)
    })
  }

  test('are not taken for refused when their token server only fails', async t => {
    const { registry, tokens } = await startPair(t, { token: () => ({ status: 500 }) })
    const client = startClient(t, [registry, tokens])
    const name = `${registry.host}/shop/app`
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry, USER))),
      `invalid: ${name}: the registry answered HTTP 500`
    )
    await client.listTags(repositoryOf(registry, USER))
    assert.equal(loginsOf(tokens), 3, 'the second time by what the registry said before, and by what it says now')
  })

  test('without the right to read are left out once, for what everybody may read', async t => {
    const { registry, tokens } = await startPair(t, {
      token: ({ authorization }) => ({ body: { token: authorization === '' ? 'anybody' : 'user' } }),
      registry:
        realm =>
        ({ authorization }) => {
          if (authorization === '') return bearer(realm)
          return authorization === 'Bearer user' ? { status: 403, body: { errors: [{ code: 'DENIED' }] } } : TAGS
        }
    })
    const client = startClient(t, [registry, tokens])
    assert.ok((await client.listTags(repositoryOf(registry, USER))).seen)
    assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer user`, `${LIST} Bearer anybody`])
    assert.deepEqual([...client.problems], [`the registry refuses the credentials for ${registry.host}/shop/app`])
  })

  test('are sent as a password where that is asked for, from then on at once', async t => {
    const registry = await startFake(t, 'registry.test', ({ authorization }) =>
      authorization === BASIC ? TAGS : challenged('Basic realm="lab"')
    )
    const client = startClient(t, [registry])
    await client.listTags(repositoryOf(registry, USER))
    assert.ok((await client.listTags(repositoryOf(registry, USER))).seen)
    assert.deepEqual(asked(registry), [LIST, `${LIST} ${BASIC}`, `${LIST} ${BASIC}`])
  })

  test('are sent for a token rather than as a password where there is a choice', async t => {
    const { registry, tokens } = await startPair(t, {
      registry:
        realm =>
        ({ authorization }) =>
          authorization === '' ? challenged('Basic realm="lab"', `Bearer realm="${realm}"`) : TAGS
    })
    await startClient(t, [registry, tokens]).listTags(repositoryOf(registry, USER))
    assert.deepEqual([loginsOf(registry), loginsOf(tokens)], [0, 1])
  })

  for (const [rule, realm] of [
    ['names no token server', ''],
    ['names one without TLS that nobody allowed', ' realm="http://tokens.example.com/token"']
  ] as const) {
    test(`are sent as a password where there is a choice and the other challenge ${rule}`, async t => {
      const registry = await startFake(t, 'registry.test', ({ authorization }) =>
        authorization === BASIC ? TAGS : challenged(`Bearer${realm}`, 'Basic realm="lab"')
      )
      const client = startClient(t, [registry])
      assert.ok((await client.listTags(repositoryOf(registry, USER))).seen)
      assert.equal(
        inShort(await client.listTags(repositoryOf(registry))),
        `unauthorized: ${registry.host}/shop/app: the registry wants a user name and a password; add them to REGISTRY_AUTH_FILE`
      )
    })
  }

  test('of a cloud that are refused may have expired, and the words say so', async t => {
    const registry = await startFake(t, 'registry.test', ({ authorization }) =>
      authorization === '' ? challenged('Basic realm="lab"') : { status: 403, body: { errors: [{ code: 'DENIED' }] } }
    )
    for (const [user, lifetime] of [
      ['AWS', ', or have expired: a password of AWS lasts 12 h'],
      ['oauth2accesstoken', ', or have expired: a password of oauth2accesstoken lasts 1 h'],
      ['u', '']
    ] as const) {
      assert.equal(
        inShort(await startClient(t, [registry]).listTags(repositoryOf(registry, { ...USER, user }))),
        `forbidden: ${registry.host}/shop/app is forbidden: the credentials have no read access${lifetime}`
      )
    }
  })

  test('that are refused as a password are sent once, and then not for an hour: a hub locks users out', async t => {
    const registry = await startFake(t, 'registry.test', () => challenged('Basic realm="lab"'))
    const client = startClient(t, [registry])
    const name = `${registry.host}/shop/app`
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry, USER))),
      `unauthorized: ${name} is missing or private: the credentials have no read access`
    )
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry, USER))),
      `unauthorized: ${name}: the registry wants a user name and a password; the given ones were refused`
    )
    assert.equal(loginsOf(registry), 1)
    client.clock.pass(3_599_999)
    await client.listTags(repositoryOf(registry, USER))
    assert.equal(loginsOf(registry), 1)
    client.clock.pass(1)
    await client.listTags(repositoryOf(registry, USER))
    assert.equal(loginsOf(registry), 2)
  })

  test('have no right where a password is refused with 403, and stay', async t => {
    const registry = await startFake(t, 'registry.test', ({ authorization }) =>
      authorization === BASIC ? { status: 403 } : challenged('Basic realm="lab"')
    )
    const client = startClient(t, [registry])
    const list = await client.listTags(repositoryOf(registry, USER))
    assert.equal(list.seen ? '' : list.reason, 'forbidden')
    await client.listTags(repositoryOf(registry, USER))
    assert.equal(loginsOf(registry), 2)
  })

  test('of a token that is refused leave it out', async t => {
    const { registry, tokens } = await startPair(t)
    const client = startClient(t, [registry, tokens])
    assert.ok((await client.listTags(repositoryOf(registry, { kind: 'token', token: 'old' }))).seen)
    assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer old`, `${LIST} Bearer t1`])
  })

  for (const [rule, challenge, message] of [
    [
      'a password',
      'Basic realm="lab"',
      'the registry wants a user name and a password; add them to REGISTRY_AUTH_FILE'
    ],
    ['a ticket', 'Negotiate', 'the registry wants an authentication scheme that is not supported']
  ] as const) {
    test(`that are not there are asked for, where a registry wants ${rule}`, async t => {
      const registry = await startFake(t, 'registry.test', () => challenged(challenge))
      const client = startClient(t, [registry])
      assert.equal(
        inShort(await client.listTags(repositoryOf(registry))),
        `unauthorized: ${registry.host}/shop/app: ${message}`
      )
    })
  }

  test('are not asked for where a registry does not say how', async t => {
    const registry = await startFake(t, 'registry.test', () => ({ status: 401 }))
    const list = await startClient(t, [registry]).listTags(repositoryOf(registry, USER))
    assert.equal(list.seen ? '' : list.reason, 'unauthorized')
    assert.equal(loginsOf(registry), 0)
  })
})

suite('a redirect', () => {
  test('to another host is followed without credentials, and that host may want a token of its own', async t => {
    const { registry: mirror, tokens } = await startPair(t, { name: 'mirror.test' })
    const registry = await startFake(t, 'registry.test', ({ authorization, path }) =>
      authorization === BASIC
        ? { status: 307, headers: { location: `http://${mirror.host}${path}` } }
        : challenged('Basic realm="lab"')
    )
    const client = startClient(t, [registry, mirror, tokens])
    assert.ok((await client.listTags(repositoryOf(registry, USER))).seen)
    assert.deepEqual(asked(mirror), [LIST, `${LIST} Bearer t1`])
    assert.ok(asked(tokens).every(line => !line.includes('Basic')))
  })

  for (const [rule, credential, challenge] of [
    ['a password', USER, () => 'Basic realm="lab"'],
    ['a password for a token', USER, (realm: string) => `Bearer realm="${realm}"`],
    ['a token', { kind: 'token', token: 'given' }, (realm: string) => `Bearer realm="${realm}"`]
  ] as const) {
    test(`to another host shows it no credentials for its second page either, though it asks for ${rule}`, async t => {
      const tokens = await startFake(t, 'mirror.test', () => ({ body: { token: 't' } }))
      const mirror = await startFake(t, 'mirror.test', ({ path, authorization }) => {
        if (!path.includes('last='))
          return { ...TAGS, headers: { link: '</v2/shop/app/tags/list?last=1.0>; rel="next"' } }
        return authorization === '' ? challenged(challenge(`http://${tokens.host}/token`)) : TAGS
      })
      const location = `http://${mirror.host}/v2/shop/app/tags/list`
      const registry = await startFake(t, 'registry.test', () => ({ status: 307, headers: { location } }))
      await startClient(t, [registry, mirror, tokens]).listTags(repositoryOf(registry, credential))
      const sent = [mirror, tokens].flatMap(({ questions }) => questions.map(({ authorization }) => authorization))
      assert.ok(mirror.questions.length > 1)
      assert.deepEqual(
        sent.filter(authorization => authorization !== '' && authorization !== 'Bearer t'),
        []
      )
    })
  }

  test('on the same host keeps the token', async t => {
    const { registry, tokens } = await startPair(t, {
      registry:
        realm =>
        ({ path, authorization }) => {
          if (authorization === '') return bearer(realm)
          return path.startsWith('/v2/shop') ? { status: 302, headers: { location: '/v2/moved/tags/list' } } : TAGS
        }
    })
    assert.ok((await startClient(t, [registry, tokens]).listTags(repositoryOf(registry))).seen)
    assert.deepEqual(asked(registry), [LIST, `${LIST} Bearer t1`, 'GET /v2/moved/tags/list Bearer t1'])
  })

  for (const [rule, location, message] of [
    ['to nowhere is invalid', 'http://', 'the registry redirects to an invalid URL'],
    [
      'without an address is one to itself, and there are three at most',
      '',
      'the registry redirects more than 3 times'
    ],
    [
      'to a host without TLS is not followed',
      'http://evil.test/',
      'evil.test is not asked without TLS: to allow it, add it to REGISTRY_INSECURE'
    ],
    [
      'to a file is not followed',
      'file:///etc/passwd',
      ' is not asked without TLS: to allow it, add it to REGISTRY_INSECURE'
    ]
  ] as const) {
    test(rule, async t => {
      const registry = await startFake(t, 'registry.test', () => ({ status: 301, headers: { location } }))
      const list = inShort(await startClient(t, [registry]).listTags(repositoryOf(registry)))
      assert.equal(list, `invalid: ${registry.host}/shop/app: ${message}`)
    })
  }

  for (const status of [301, 302, 303, 307, 308]) {
    test(`is followed with status ${status}`, async t => {
      const registry = await startFake(t, 'registry.test', ({ path }) =>
        path.startsWith('/v2/shop') ? { status, headers: { location: '/v2/moved' } } : TAGS
      )
      assert.ok((await startClient(t, [registry]).listTags(repositoryOf(registry))).seen)
    })
  }

  test('is followed three times', async t => {
    const registry = await startFake(t, 'registry.test', ({ path }) =>
      path.endsWith('+++') ? TAGS : { status: 301, headers: { location: `${path}+` } }
    )
    assert.ok((await startClient(t, [registry]).listTags(repositoryOf(registry))).seen)
    assert.equal(registry.questions.length, 4)
  })
})

suite('a host that may not be reached', () => {
  test('is not asked, whoever names it', async t => {
    const registry = await startFake(t, 'registry.test', () => bearer('http://metadata.test/token'))
    const wish = { refusalOf: (host: string) => (host === 'metadata.test' ? `${host} may not be reached` : null) }
    const client = startClient(t, [registry], { ...wish, insecure: ['registry.test', 'metadata.test'] })
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry))),
      `invalid: ${registry.host}/shop/app: metadata.test may not be reached`
    )
  })
})
