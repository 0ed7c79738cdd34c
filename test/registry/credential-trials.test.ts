import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RegistryReason } from '../../src/domain/image-registry.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { createCredentialTrials } from '../../src/registry/credential-trials.ts'

const credentialsOf = (...users: readonly string[]) =>
  users.map(user => ({ kind: 'basic', user, password: 'secret' }) as const)

/** Registries by their answers: what each user gets of a repository; seen where nothing is said. */
function setUp(answers: Record<string, RegistryReason>) {
  const trials = createCredentialTrials()
  const read = async (key: string, ...users: readonly string[]) => {
    const tried: string[] = []
    const answer = await trials.read(key, credentialsOf(...users), async ({ credential, hasOthers }) => {
      const user = credential?.kind === 'basic' ? credential.user : 'nobody'
      tried.push(hasOthers ? `${user}…` : user)
      const reason = answers[`${user} ${key}`]
      return reason === undefined ? seen(user) : unseen(reason, user)
    })
    return [answer.seen ? answer.value : answer.reason, ...tried]
  }
  return { answers, read }
}

suite('several credentials for a repository', () => {
  for (const [rule, answers, users, expected] of [
    ['none are nobody’s', {}, [], ['nobody', 'nobody']],
    ['the first that may read is the last that is tried', {}, ['ann', 'bob'], ['ann', 'ann…']],
    ['the next is tried where one is refused', { 'ann app': 'unauthorized' }, ['ann', 'bob'], ['bob', 'ann…', 'bob']],
    ['the next is tried where one is forbidden', { 'ann app': 'forbidden' }, ['ann', 'bob'], ['bob', 'ann…', 'bob']],
    ['the next is tried where one sees nothing', { 'ann app': 'not_found' }, ['ann', 'bob'], ['bob', 'ann…', 'bob']],
    [
      'the last has the last word',
      { 'ann app': 'unauthorized', 'bob app': 'forbidden' },
      ['ann', 'bob'],
      ['forbidden', 'ann…', 'bob']
    ],
    ['each is tried once', { 'ann app': 'unauthorized' }, ['ann', 'ann'], ['unauthorized', 'ann']],
    [
      'another helps nothing where a registry is down',
      { 'ann app': 'unreachable' },
      ['ann', 'bob'],
      ['unreachable', 'ann…']
    ]
  ] as const) {
    test(rule, async () => assert.deepEqual(await setUp(answers).read('app', ...users), expected))
  }

  test('the one that read a repository before comes first there, and is believed where something does not exist', async () => {
    const { answers, read } = setUp({ 'ann app': 'unauthorized' })
    await read('app', 'ann', 'bob')
    assert.deepEqual(await read('app', 'ann', 'bob'), ['bob', 'bob…'])
    assert.deepEqual(await read('other', 'ann', 'bob'), ['ann', 'ann…'])
    answers['bob app'] = 'not_found'
    assert.deepEqual(await read('app', 'ann', 'bob'), ['not_found', 'bob…'])
    answers['bob app'] = 'unauthorized'
    assert.deepEqual(await read('app', 'ann', 'bob'), ['unauthorized', 'bob…', 'ann'])
    delete answers['ann app']
    assert.deepEqual(await read('app', 'ann', 'bob'), ['ann', 'bob…', 'ann'])
    assert.deepEqual(await read('app', 'ann', 'bob'), ['ann', 'ann…'])
  })
})
