import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { seen } from '../../src/domain/observation.ts'
import { explainCommands, shellWord } from '../../src/explain/commands.ts'
import { aKnownService, aStaleService } from '../support/explanations.ts'
import { aWorkload } from '../support/facts.ts'

const lines = (known = aKnownService()) => explainCommands(known).map(({ command }) => command)

suite('commands of an explanation', () => {
  test('look at the endpoint and the workload, and go back', () => {
    assert.deepEqual(lines(aStaleService()), [
      'curl -sSi --max-time 10 https://shop.example/debug/version',
      'kubectl get deployment/shop -n dev -o wide',
      'kubectl describe deployment/shop -n dev',
      'kubectl rollout status deployment/shop -n dev --timeout=10s',
      'kubectl rollout history deployment/shop -n dev',
      'kubectl logs deployment/shop -n dev -c app --since=15m --tail=200',
      'kubectl rollout undo deployment/shop -n dev --to-revision=1'
    ])
    const [back] = explainCommands(aStaleService()).filter(({ kind }) => kind === 'back')
    assert.match(back?.note ?? '', /^revision 1 is the previous one/)
  })

  test('ask Helm where Helm applies the workload', () => {
    const managedBy = { manager: 'helm', release: 'shop', releaseNamespace: 'apps' } as const
    const commands = lines(aKnownService({ facts: { workload: seen(aWorkload({ managedBy })) } }))
    assert.ok(commands.includes('helm history shop -n apps'))
  })

  for (const [manager, namespace, commands] of [
    [
      'compose',
      'shop',
      [
        'docker compose -p shop ps --all web',
        'docker compose -p shop images web',
        'docker compose -p shop logs --since 15m --tail 200 web',
        'docker compose -p shop up -d --no-deps web'
      ]
    ],
    [
      'swarm',
      'shop',
      [
        'docker service ps --no-trunc shop_web',
        'docker service logs --since 15m --tail 200 shop_web',
        'docker service rollback shop_web'
      ]
    ],
    ['', 'default', ['docker inspect web', 'docker logs --since 15m --tail 200 web']]
  ] as const) {
    test(`are Docker's own on a Docker host: ${manager || 'a container by itself'}`, () => {
      const managedBy = { manager, release: '', releaseNamespace: '' }
      const workload = aWorkload({ kind: 'Container', name: 'web', namespace, managedBy })
      const target = { namespace, endpoint: null, workload: { kind: 'Container', name: 'web' } } as const
      assert.deepEqual(lines(aKnownService({ target, facts: { workload: seen(workload) } })), commands)
    })
  }

  test('name the headers that the guard sends, and not their secrets', () => {
    const headers = [{ name: 'Authorization', prefix: 'Bearer ', file: '/secret' }]
    const [curl] = explainCommands(aKnownService({ target: { headers } }))
    assert.equal(curl?.note, 'the guard also sends: Authorization')
  })

  for (const endpoint of ['https://user:canary@shop.example/', 'javascript:alert(1)', 'no address', null]) {
    test(`do not ask ${endpoint}`, () => {
      assert.ok(lines(aKnownService({ target: { endpoint } })).every(line => !line.startsWith('curl')))
    })
  }

  test('leave out names that cannot be shown as they are', () => {
    const workload = { kind: 'Deployment', name: 'shop\u001b[31m' } as const
    assert.deepEqual(lines(aKnownService({ target: { workload, endpoint: null } })), [])
  })
})

suite('a word for a shell', () => {
  for (const word of [
    "it's",
    '$(reboot)',
    '`id`',
    'a b',
    'a;b',
    '*',
    "'",
    '"',
    '\\',
    '',
    '~',
    '#',
    '!',
    'a\nb',
    '-n'
  ]) {
    test(`is one word, as it is: ${JSON.stringify(word)}`, () => {
      assert.equal(execFileSync('sh', ['-c', `printf %s. ${shellWord(word)}`], { encoding: 'utf8' }), `${word}.`)
    })
  }
})
