import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createChangeHistory } from '../../src/check/change-history.ts'
import { aService } from '../http/fixtures.ts'

const change = (at: number) => ({ at, what: 'version', from: 'v1', to: 'v2', message: '' })
const times = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index)

suite('the changes of services', () => {
  test('are the last twenty, the newest first', () => {
    const history = createChangeHistory()
    for (const at of times(30)) history.note('dev/shop', [change(at)])
    assert.deepEqual(
      history.of('dev/shop').map(({ at }) => at),
      times(20, 10).reverse()
    )
    assert.deepEqual(history.of('dev/other'), [])
  })

  test('tell of a version that became another one while the service did not answer', () => {
    const history = createChangeHistory()
    const down = aService({ status: 'ERROR', reported: { version: null, gitSha: null } })
    const notAsked = aService({ status: 'ERROR', reported: null })
    const [v1, v2] = ['v1', 'v2'].map(version => aService({ reported: { version } }))
    const steps = [v1, down, notAsked, v2, down, v2].filter(step => step !== undefined)
    for (const [index, after] of steps.entries()) {
      const before = steps[index - 1]
      if (before !== undefined) history.compare('dev/shop', [before, after], index)
    }
    const versions = history.of('dev/shop').filter(({ what }) => what === 'reported version')
    assert.deepEqual(versions, [{ at: 3, what: 'reported version', from: 'v1', to: 'v2', message: '' }])
  })

  test('tell of an image that became another one while its workload was gone', () => {
    const history = createChangeHistory()
    const gone = aService({ deployed: { found: false, image: null, imageTag: null, imageDigest: null } })
    const [one, two] = ['app:1', 'app:2'].map(image => aService({ deployed: { image } }))
    assert.ok(one !== undefined && two !== undefined)
    history.compare('dev/shop', [one, gone], 1)
    history.compare('dev/shop', [gone, two], 2)
    history.compare('dev/other', [one, gone], 1)
    history.forgetAllBut(['dev/shop'])
    history.compare('dev/other', [gone, two], 2)
    const images = (key: string) => history.of(key).map(({ what, from, to }) => [what, from, to])
    assert.deepEqual(images('dev/shop'), [['deployed image', 'app:1', 'app:2']])
    assert.deepEqual(images('dev/other'), [], 'a target that was gone begins anew')
  })

  test('are not made newer by a look at which nothing changed', () => {
    const history = createChangeHistory()
    history.note('dev/first', times(20).map(change))
    history.note('dev/second', times(20).map(change))
    history.note('dev/first', [])
    for (const service of times(999)) history.note(`dev/${service}`, times(20).map(change))
    assert.deepEqual([history.of('dev/first').length, history.of('dev/second').length], [0, 20])
  })

  test('are forgotten with their service', () => {
    const history = createChangeHistory()
    history.note('dev/a', [change(1)])
    history.note('dev/b', [change(1)])
    history.forgetAllBut(['dev/b'])
    assert.deepEqual([history.of('dev/a').length, history.of('dev/b').length], [0, 1])
  })

  test('are bounded in all: those that have not changed for longest go first', () => {
    const history = createChangeHistory()
    history.note('dev/first', [change(1)])
    history.note('dev/second', [change(1)])
    history.note('dev/first', [change(2)])
    for (const service of times(1_000)) history.note(`dev/${service}`, times(20).map(change))
    const kept = ['dev/first', 'dev/second', 'dev/0', 'dev/1', 'dev/999'].map(key => history.of(key).length)
    assert.deepEqual(kept, [0, 0, 20, 20, 20])
    history.note('dev/more', [change(1)])
    assert.deepEqual([history.of('dev/0').length, history.of('dev/1').length], [0, 20])
  })
})
