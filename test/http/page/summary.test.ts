import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { renderCounts, summarise } from '../../../src/http/page/summary.ts'
import { BEHIND, imageService } from '../../support/images.ts'
import { aMismatch, aReport, aService, DIAGNOSIS } from '../fixtures.ts'

const unknown = aService({ status: 'UNKNOWN' })
/** As on a Docker host, where its version is right and no rollout is judged. */
const withOddPods = aService({ service: 'odd', diagnosis: { ...DIAGNOSIS, culprit: 'pods' } })
/** As a container without an endpoint. */
const UNJUDGED = { ...aService({ service: 'db', endpoint: null }), findings: [] }
const GONE = { ...UNJUDGED, deployed: { ...UNJUDGED.deployed, found: false } }

suite('summary', () => {
  for (const [services, seesWell, words] of [
    [[], true, 'Nothing is guarded yet'],
    [[aService()], true, 'The one service is consistent'],
    [[aService(), aService()], true, 'All 2 services are consistent'],
    [[aService(), aService()], false, 'All 2 services are consistent as far as last seen'],
    [[aMismatch(), aService()], true, '1 of 2 needs attention'],
    [[withOddPods, aService()], true, '1 of 2 needs attention'],
    [[GONE, aService()], true, '1 of 2 needs attention'],
    [[UNJUDGED, aService()], true, 'The one that is checked is consistent'],
    [[UNJUDGED, aService(), aService()], true, 'All 2 that are checked are consistent'],
    [[UNJUDGED, UNJUDGED], true, 'No service is checked yet: none has an endpoint'],
    [[imageService(null), aService()], true, '1 of 2 needs attention'],
    [[imageService(BEHIND), aService()], true, 'All 2 services are consistent'],
    [[aMismatch(), unknown, aService()], false, '2 of 3 need attention']
  ] as const) {
    test(`says "${words}"`, () => assert.equal(summarise(aReport(services), seesWell), words))
  }

  test('counts what alerts cannot see', () => {
    const services = [aService(), aService({ service: 'a' }), aService({ service: 'b' })]
    const report = aReport(services, { tooNew: new Set(['keybuzz-client-dev/a']) })
    assert.equal(summarise(report, true), '1 of 3 needs attention')
  })

  test('counts each status that is there, worst first, and links to it', () => {
    const counts = renderCounts(aReport([aService(), aMismatch(), aService()]), '').toString()
    assert.deepEqual(
      [...counts.matchAll(/id="count-status:(\w+)".*?href="([^"]*)".*?<b>(\d+)<\/b>/g)].map(match => match.slice(1)),
      [
        ['mismatch', '?filter=status%3Amismatch', '1'],
        ['ok', '?filter=status%3Aok', '2']
      ]
    )
  })

  test('counts a service of which only the image is judged by that', () => {
    const counts = renderCounts(aReport([imageService(BEHIND)]), '').toString()
    assert.match(counts, /href="\?filter=status%3Aupdate_available".*UPDATE AVAILABLE<\/span> <b>1<\/b>/)
    assert.doesNotMatch(counts, /UNKNOWN/)
  })

  test('counts what guards find that is not usual, with a link to each', () => {
    const counts = renderCounts(aReport([aService({ rollout: '1 of 3 pods' }), aService()]), '').toString()
    assert.match(counts, /href="\?filter=rollout%3Arolling".*rollout <b>ROLLING<\/b>.*<b>1<\/b>/)
    assert.doesNotMatch(counts, /STABLE/)
  })

  test('leads back from the status that is shown alone', () => {
    assert.match(renderCounts(aReport([aService()]), 'status:ok').toString(), /href="\?" aria-current="true"/)
  })
})
