import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../../src/domain/observation.ts'
import type { ServiceReport } from '../../../src/domain/report.ts'
import { renderImages } from '../../../src/http/page/images.ts'
import { renderCounts } from '../../../src/http/page/summary.ts'
import { renderRows, renderTable } from '../../../src/http/page/table.ts'
import { aCheck, BEHIND, imageService } from '../../support/images.ts'
import { aReport, aService, LINKS, NOW } from '../fixtures.ts'

const textOf = (html: { toString(): string }) => html.toString().replace(/<[^>]*>/g, '')
const down = unseen('unreachable', 'docker.io cannot be reached')
const drifted = aCheck({
  digest: seen({
    current: 'sha256:b',
    running: ['sha256:a'],
    verdict: { kind: 'drifted', running: { digests: ['sha256:a'], imageId: null } }
  })
})

suite('images of a row', () => {
  for (const [rule, service, text] of [
    ['are up to date', imageService(aCheck()), 'up to date'],
    [
      'are behind, with the newest of the same major version and the notes',
      imageService(BEHIND),
      'image-update UPDATE AVAILABLE 17.2 or 15.12 notes'
    ],
    ['have a tag that moved', imageService(drifted), 'image-update DRIFTED  tag moved'],
    ['are unknown where the registry was not read', imageService(aCheck({ newer: down })), 'unknown'],
    ['are not watched', aService(), 'not watched']
  ] as const) {
    test(rule, () => assert.equal(textOf(renderImages(service)), text))
  }

  test('link to the notes, and say the whole in a title', () => {
    const html = renderImages(imageService(BEHIND)).toString()
    assert.match(html, /href="https:\/\/github\.com\/docker-library\/postgres\/releases"/)
    assert.match(html, /title="Tag 17\.2 is newer than 15\.4 \(major\)/)
  })
})

suite('images in the table', () => {
  const view = { now: NOW, staleAfterMs: 60_000, links: LINKS }
  const found = { filter: 'image-update:update_available', showAll: false }
  const headingsOf = (html: string) => [...html.matchAll(/scope="col"[^>]*>(\w+)/g)].map(([, name]) => name)
  const tableOf = async (...services: readonly ServiceReport[]) =>
    renderTable(await renderRows(aReport(services), { filter: '', showAll: false }, view), found).toString()

  test('have a column where some are watched, and none else', async () => {
    const table = await tableOf(aService(), imageService(BEHIND))
    assert.deepEqual(headingsOf(table), ['Status', 'Service', 'Version', 'Images', 'Why', 'Since'])
    assert.deepEqual(headingsOf(await tableOf(aService())), ['Status', 'Service', 'Version', 'Why', 'Since'])
    for (const row of table.split('<tr ').slice(2)) assert.equal(row.match(/role="(?:cell|rowheader)"/g)?.length, 6)
  })

  test('are found by the filter for what is newer', async () => {
    assert.equal((await renderRows(aReport([aService(), imageService(BEHIND)]), found, view)).found, 1)
  })

  test('are counted, with a link to the filter', () => {
    const counts = renderCounts(aReport([aService(), imageService(BEHIND), imageService(drifted)]), '').toString()
    assert.match(counts, /href="\?filter=image-update%3Aupdate_available".*?<b>1<\/b><\/a>/)
    assert.match(counts, /href="\?filter=image-update%3Adrifted".*?<b>1<\/b><\/a>/)
  })
})
