import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import { explainCommands, shellWord } from '../../src/explain/commands.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { aHelmFinding, aKnownService, aRolloutFinding, aStaleService, withFindings } from '../support/explanations.ts'
import { aPod, aWorkload } from '../support/facts.ts'

const lines = (known: Parameters<typeof explainCommands>[0] = aKnownService()) =>
  explainCommands(known).map(({ command }) => command)

suite('commands of an explanation', () => {
  test('look at the endpoint and the workload, and go back', () => {
    assert.deepEqual(lines(aStaleService()), [
      'curl -gsSi --max-time 10 https://shop.example/debug/version',
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
        'docker compose -p shop logs --tail 200 web',
        'docker compose -p shop up -d --no-deps web'
      ]
    ],
    [
      'swarm',
      'shop',
      [
        'docker service ps --no-trunc shop_web',
        'docker service logs --tail 200 shop_web',
        'docker service rollback shop_web'
      ]
    ],
    [
      'swarm',
      'default',
      ['docker service ps --no-trunc web', 'docker service logs --tail 200 web', 'docker service rollback web']
    ],
    ['', 'default', ['docker inspect web', 'docker logs --tail 200 web']]
  ] as const) {
    test(`are Docker's own on a Docker host: ${manager || 'a container by itself'} in ${namespace}`, () => {
      const managedBy = { manager, release: '', releaseNamespace: '' }
      const workload = aWorkload({ kind: 'Container', name: 'web', namespace, managedBy })
      const target = { namespace, endpoint: null, workload: { kind: 'Container', name: 'web' } } as const
      assert.deepEqual(lines(aKnownService({ target, facts: { workload: seen(workload) } })), commands)
    })
  }

  for (const [pods, scale] of [
    [[aPod({ name: 'shop-web-1' })], ''],
    [[aPod({ name: 'shop-web-1' }), aPod({ name: 'shop-web-2' })], '--scale web=2 ']
  ] as const) {
    test(`keep all of ${pods.length} containers of Compose, though it forgets how many --scale made`, () => {
      const managedBy = { manager: 'compose', release: '', releaseNamespace: '' } as const
      const workload = seen(aWorkload({ kind: 'Container', name: 'web', namespace: 'shop', managedBy }))
      const target = { namespace: 'shop', workload: { kind: 'Container', name: 'web' } } as const
      const known = aKnownService({ target, facts: { workload, pods: seen(pods) } })
      const [back] = explainCommands(known).filter(({ kind }) => kind === 'back')
      assert.equal(back?.command, `docker compose -p shop up -d --no-deps ${scale}web`)
      assert.equal(back.note, 'first put the earlier image into the Compose file; Docker keeps no revisions')
    })
  }

  test('look for the containers of a Compose or Swarm service that is not seen, whatever they are called', () => {
    const target = { namespace: 'shop', endpoint: null, workload: { kind: 'Container', name: 'web' } } as const
    const workload = unseen('not_found', 'it does not run')
    assert.deepEqual(lines(aKnownService({ target, facts: { workload } })), ['docker ps --all --filter name=web'])
  })

  test('name the headers that the guard sends, and not their secrets', () => {
    const headers = [{ name: 'Authorization', prefix: 'Bearer ', file: '/secret' }]
    const [curl] = explainCommands(aKnownService({ target: { headers } }))
    assert.equal(curl?.note, 'the guard also sends: Authorization')
    assert.equal(explainCommands(aKnownService())[0]?.note, '')
  })

  const addressOf = (length: number) => 'https://shop.example/'.padEnd(length, 'x')

  test('ask an address of up to 2048 characters', () => {
    assert.match(lines(aKnownService({ target: { endpoint: addressOf(2048) } }))[0] ?? '', /^curl .*xx$/)
  })

  for (const endpoint of [
    'https://user:canary@shop.example/',
    'https://canary@shop.example/',
    'https://:canary@shop.example/',
    'javascript:alert(1)',
    'xhttps://shop.example/',
    'httpsx://shop.example/',
    'no address',
    addressOf(2049),
    null
  ]) {
    test(`do not ask ${endpoint?.slice(0, 40)}`, () => {
      assert.ok(lines(aKnownService({ target: { endpoint } })).every(line => !line.startsWith('curl')))
    })
  }

  test('leave out names that cannot be shown as they are', () => {
    const workload = { kind: 'Deployment', name: 'shop\u001b[31m' } as const
    assert.deepEqual(lines(aKnownService({ target: { workload, endpoint: null } })), [])
    const containers = [{ name: 'app\u001b[31m', image: 'shop:v1' }]
    const known = aKnownService({ target: { endpoint: null }, facts: { workload: seen(aWorkload({ containers })) } })
    assert.deepEqual(lines(known), [])
  })

  test('name no container where none is known', () => {
    const workload = unseen('not_found', 'Deployment shop not found in namespace dev')
    const logs = lines(aKnownService({ facts: { workload } })).find(line => line.startsWith('kubectl logs'))
    assert.equal(logs, 'kubectl logs deployment/shop -n dev --since=15m --tail=200')
  })

  test('look at the first pod that is in the way of a rollout, and at its log', () => {
    const awaited = (name: string, reason: string) => ({ name, node: '', imageTag: '', reason })
    const awaitedPods = [awaited('shop-b', 'CrashLoopBackOff'), awaited('shop-a', 'CrashLoopBackOff')]
    assert.deepEqual(
      lines(withFindings(aRolloutFinding({ awaitedPods }))).filter(line => line.includes('pod/')),
      [
        'kubectl describe pod/shop-b -n dev',
        'kubectl logs pod/shop-b -n dev --all-containers --prefix --since=15m --tail=200'
      ]
    )
    assert.deepEqual(
      lines(withFindings(aRolloutFinding({ awaitedPods: [awaited('shop-old', '')] }))).filter(line =>
        line.includes('pod/')
      ),
      [],
      'an old one that is ready'
    )
    assert.deepEqual(
      lines(withFindings()).filter(line => line.includes('pod/')),
      []
    )
  })

  for (const [rule, findings, back] of [
    ['a release that is stuck goes back', [aHelmFinding()], ['helm rollback shop 5 -n apps']],
    ['one that is not stuck stays', [aHelmFinding({ isStuck: false })], []],
    ['one without an earlier revision has no way back', [aHelmFinding({ rollbackTo: null })], []],
    [
      'the way back of the rollout comes first, and is not told twice',
      [
        aRolloutFinding({ wayBack: { ...NOTHING_SEEN.wayBack, command: 'helm rollback shop 5 -n apps' } }),
        aHelmFinding(),
        aHelmFinding({ release: 'other', rollbackTo: 3 })
      ],
      ['helm rollback shop 5 -n apps', 'helm rollback other 3 -n apps']
    ]
  ] as const) {
    test(`go back with Helm: ${rule}`, () => {
      const commands = explainCommands(withFindings(...findings)).filter(({ kind }) => kind === 'back')
      assert.deepEqual(
        commands.map(({ command }) => command),
        back
      )
    })
  }
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
