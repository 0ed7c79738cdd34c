import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { unseen } from '../../src/domain/observation.ts'
import type { imageFindings, ServiceReport } from '../../src/domain/report.ts'
import { renderSamples } from '../../src/metrics/family.ts'
import { IMAGE_SECTIONS } from '../../src/metrics/image-families.ts'
import { aCheck, BEHIND, imageService } from '../support/images.ts'

const samplesOf = (service: ServiceReport) =>
  IMAGE_SECTIONS.flatMap(({ part, families }) =>
    families.map(family => renderSamples(family, part(service) as ReturnType<typeof imageFindings>, 's'))
  )
    .join('')
    .trimEnd()
    .split('\n')
    .map(line => line.replace('keybuzz_image_', '').replace('s,container="app"', '…'))

const AT = 'last_check_timestamp_seconds{…} 1793674800'
const IMAGE = 'image="docker.io/library/postgres",current="15.4"'
const down = unseen('unreachable', 'docker.io cannot be reached')

suite('gauges of images', () => {
  for (const [rule, check, expected] of [
    [
      'of one that is the newest',
      aCheck(),
      ['update_available{…} 0', 'digest_drift{…} 0', `update_info{…,${IMAGE},latest="",same_major="",notes=""} 1`, AT]
    ],
    [
      'of one that is behind',
      BEHIND,
      [
        'update_available{…} 1',
        'digest_drift{…} 0',
        `update_info{…,${IMAGE},latest="17.2",same_major="15.12",notes="https://github.com/docker-library/postgres/releases"} 1`,
        'behind{…,part="major"} 1',
        AT
      ]
    ],
    [
      'of one that could not be read: nothing says that it is the newest',
      aCheck({ newer: down, digest: down }),
      [`update_info{…,${IMAGE},latest="",same_major="",notes=""} 1`, AT, 'check_failure{…,reason="unreachable"} 1']
    ],
    ['of one that was never checked', null, [`update_info{…,${IMAGE},latest="",same_major="",notes=""} 1`]]
  ] as const) {
    test(rule, () => assert.deepEqual(samplesOf(imageService(check)), expected))
  }

  test('are left out while its image or its containers keep changing', () => {
    const service = { ...imageService(BEHIND), held: { image: true, version: false } }
    for (const { part } of IMAGE_SECTIONS) assert.equal(part(service), null)
  })
})
