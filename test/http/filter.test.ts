import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createFilter, isNotable, stateOfCulprit, statesOf, stateTerm, statusTerm } from '../../src/http/filter.ts'
import { anImageFinding } from '../support/explanations.ts'
import { aMismatch, aService, DIAGNOSIS } from './fixtures.ts'

const SERVICE = aMismatch({ workload: { kind: 'StatefulSet', name: 'web' }, rollout: '1 of 3 pods' })

suite('filter', () => {
  for (const [rule, filter, matches] of [
    ['finds everything when empty', '', true],
    ['finds everything when blank', '  ', true],
    ['finds a part of the service', 'buzz-cli', true],
    ['finds the namespace', 'keybuzz-client-dev', true],
    ['finds the workload', 'statefulset/web', true],
    ['finds the status', 'mismatch', true],
    ['finds the deployed tag', 'v0.2.12', true],
    ['finds the reported version', 'v0.2.33', true],
    ['finds the git SHA', 'abc1234', true],
    ['finds the endpoint', 'https://client-dev', true],
    ['does not mind the case', 'KeyBuzz', true],
    ['wants every word, in any order', 'v0.2.33 keybuzz', true],
    ['does not find where one word is missing', 'keybuzz v9', false],
    ['does not find what is not there', 'billing', false],
    ['does not join neighbours', 'keybuzz-clientkeybuzz', false],
    ['finds a status by its term', 'status:mismatch', true],
    ['finds a status by its whole term alone', 'status:mis', false],
    ['takes the status of the headline for the status', 'status:rolling', false],
    ['finds a namespace by its term, in any case', 'Namespace:KeyBuzz-Client-dev', true],
    ['finds a namespace by its whole term alone', 'namespace:keybuzz-client', false],
    ['finds the state of a guard', 'rollout:rolling', true],
    ['does not find another state of it', 'rollout:stuck', false],
    ['does not find the state of another guard', 'release:rolling', false],
    ['wants terms and words together', 'namespace:keybuzz-client-dev rollout:rolling v0.2.33', true],
    ['finds nothing where one term is wrong', 'namespace:keybuzz-client-dev rollout:stuck v0.2.33', false],
    ['takes a colon in an image for no term', 'keybuzz-client:v0.2.12-dev', true],
    ['takes a term without a value for a word', 'status:', false]
  ] as const) {
    test(rule, () => assert.equal(createFilter(filter)(SERVICE), matches))
  }

  test('finds a status by its term and no message that has its word', () => {
    const wordy = aService({ status: 'ERROR', message: 'Endpoint error: status:ok' })
    assert.equal(createFilter(statusTerm('OK'))(wordy), false)
    assert.equal(createFilter(statusTerm('ERROR'))(wordy), true)
  })

  test('finds who is out of step', () => {
    const service = aService({ diagnosis: { ...DIAGNOSIS, culprit: 'tag_moved' } })
    assert.equal(createFilter('culprit:tag_moved')(service), true)
    assert.equal(createFilter('culprit:route')(service), false)
  })

  test('finds the words about who is out of step, as a row shows them', () => {
    const service = aService({ diagnosis: { ...DIAGNOSIS, culprit: 'tag_moved', message: 'The tag was moved' } })
    for (const filter of ['was moved', 'culprit', 'tag moved']) assert.ok(createFilter(filter)(service), filter)
    const well = aService({ diagnosis: { ...DIAGNOSIS, culprit: 'none', message: 'Nobody is out of step' } })
    for (const filter of ['nobody', 'culprit']) assert.equal(createFilter(filter)(well), false, filter)
  })

  test('finds a rollout in progress', () => {
    assert.ok(createFilter('rollout')(aService({ deployed: { rolloutInProgress: true } })))
    assert.equal(createFilter('rollout')(aService()), false, 'and none that is over')
  })

  for (const word of ['stable', 'under way', 'not judged']) {
    test(`does not find what no row says: ${word}`, () => {
      assert.equal(createFilter(word)(aService()), false)
    })
  }

  test('takes a target of which nothing is known', () => {
    const deployed = { found: null, image: null, imageTag: null, rolloutInProgress: null }
    assert.ok(createFilter('unknown')(aService({ status: 'UNKNOWN', deployed, reported: null })))
  })

  test('finds what pods say, and each state by the term of its count', () => {
    const results = { agrees: 1, differs: 1, failed: 1, refused: 0, not_asked: 0 }
    const service = aService({ pods: { versions: 2, results, pods: [], spokesman: null } })
    const terms = statesOf(service).map(stateTerm)
    assert.deepEqual(terms, ['rollout:stable', 'pods:differs', 'pods:failed'])
    for (const term of terms) assert.ok(createFilter(term)(service), term)
  })

  for (const [rule, counts, terms] of [
    ['all agree', {}, []],
    ['some differ', { differs: 2 }, ['pods:differs']],
    ['some failed', { failed: 3 }, ['pods:failed']]
  ] as const) {
    test(`finds no more of pods than they say: ${rule}`, () => {
      const results = { agrees: 4, differs: 0, failed: 0, refused: 0, not_asked: 0, ...counts }
      const service = aService({ pods: { versions: 2, results, pods: [], spokesman: null } })
      assert.deepEqual(statesOf(service).map(stateTerm), ['rollout:stable', ...terms])
    })
  }

  test('finds no state of pods that are not asked', () => {
    assert.deepEqual(statesOf(aService()).map(stateTerm), ['rollout:stable'])
  })

  test('finds a service by the newer tags of its images, and by a container that is named beside others', () => {
    const [app, proxy] = [anImageFinding(), anImageFinding({ container: 'proxy', newer: null })]
    const one = { ...aService(), findings: [app] }
    for (const word of ['2.0.0', '1.5.0']) assert.ok(createFilter(word)(one), word)
    const two = { ...one, findings: [{ ...app, part: 'container/app' }, proxy] }
    assert.deepEqual([one, two].map(createFilter('proxy')), [false, true])
  })

  test('finds a service by all that a row says of its pods', () => {
    const pod = {
      name: 'web-7d9f-x2x4q',
      node: 'node-1',
      result: 'differs' as const,
      version: 'v0.9.1',
      gitSha: 'beefcafe',
      message: 'connection refused'
    }
    const results = { agrees: 2, differs: 1, failed: 0, refused: 0, not_asked: 0 }
    const service = aService({ pods: { versions: 1, results, pods: [pod], spokesman: null } })
    for (const word of ['node-1', 'v0.9.1', 'beefcafe', 'refused']) assert.ok(createFilter(word)(service), word)
  })

  test('finds a service by the name of any of its pods', () => {
    const pods = ['web-7d9f-x2x4q', 'web-7d9f-zl8wn'].map(name => ({
      name,
      node: 'node-1',
      result: 'agrees' as const,
      version: 'v1',
      gitSha: null,
      message: ''
    }))
    const results = { agrees: 2, differs: 0, failed: 0, refused: 0, not_asked: 0 }
    const service = aService({ pods: { versions: 1, results, pods, spokesman: null } })
    assert.ok(createFilter('zl8wn')(service))
    assert.equal(createFilter('zl8wm')(service), false)
  })

  test('finds a namespace that has capitals, as a stack of Docker may, in any case', () => {
    const service = aService({ namespace: 'ShopStack' })
    assert.ok(createFilter('namespace:shopstack')(service))
    assert.ok(createFilter('namespace:ShopStack')(service))
    assert.ok(createFilter('shopst')(service))
  })

  test('finds each state of a service once, and each of several that a guard found', () => {
    const service = aService({ rollout: '1 of 3 pods' })
    const [, rolling] = service.findings
    assert.ok(rolling?.guard === 'rollout')
    const findings = [rolling, { ...rolling, part: 'b' }, { ...rolling, part: 'c', status: 'STUCK' as const }]
    assert.deepEqual(statesOf({ ...service, findings }).map(stateTerm), ['rollout:rolling', 'rollout:stuck'])
    const unknown = {
      ...aService({ diagnosis: { ...DIAGNOSIS, culprit: 'unknown' } }),
      findings: [{ ...rolling, status: 'UNKNOWN' as const }]
    }
    assert.deepEqual(statesOf(unknown).map(stateTerm), ['culprit:unknown', 'rollout:unknown'])
  })

  for (const [culprit, severity, isShown] of [
    ['none', 'ok', false],
    ['unknown', 'unknown', false],
    ['rollout', 'info', true],
    ['route', 'warning', true],
    ['tag_moved', 'warning', true]
  ] as const) {
    test(`shows who is out of step as bad as that is: ${culprit}`, () => {
      const state = stateOfCulprit(culprit)
      assert.deepEqual([state.severity, isNotable(state)], [severity, isShown])
    })
  }
})
