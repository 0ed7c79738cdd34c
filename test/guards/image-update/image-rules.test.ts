import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readImageRules } from '../../../src/guards/image-update/image-rules.ts'
import { enableLinearEngine } from '../../support/linear-engine.ts'

enableLinearEngine()

const LONG = 'a'.repeat(50)
const LONGER = 'a'.repeat(63)

suite('the annotations of images', () => {
  for (const [rule, mode, annotations, watched] of [
    ['are not needed in the mode all', 'all', {}, ['app', 'proxy']],
    ['opt out a workload', 'all', { 'image-updates': 'false' }, []],
    ['opt out one container', 'all', { 'image-updates.proxy': 'false' }, ['app']],
    [
      'opt in one container of a workload that opted out',
      'all',
      { 'image-updates': 'false', 'image-updates.app': 'true' },
      ['app']
    ],
    ['are needed in the mode opt-in', 'opt-in', {}, []],
    ['opt in a workload', 'opt-in', { 'image-updates': 'true' }, ['app', 'proxy']],
    ['opt in one container', 'opt-in', { 'image-updates.app': 'true' }, ['app']],
    ['do not opt in by another word', 'opt-in', { 'image-updates': 'yes' }, []],
    ['do nothing in the mode off', 'off', { 'image-updates': 'true' }, []]
  ] as const) {
    test(rule, () => {
      const { rules } = readImageRules(annotations, ['app', 'proxy'], mode)
      assert.deepEqual([...rules.keys()], ['app', 'proxy'])
      assert.deepEqual(
        [...rules].filter(([, { isWatched }]) => isWatched).map(([container]) => container),
        watched
      )
    })
  }

  test('give each container its own rules, or those of all', () => {
    const annotations = {
      'tag-pattern.app': '^1',
      'semver-range': '^2',
      'semver-range.proxy': '^3',
      platform: 'linux/arm/v7'
    }
    const { rules, problems } = readImageRules(annotations, ['app', 'proxy'], 'all')
    const shownRules = [...rules.values()].map(({ tags, platform }) => [
      tags.seen && tags.value.pattern?.source,
      tags.seen && tags.value.range?.raw,
      platform
    ])
    assert.deepEqual(shownRules, [
      ['^1', '^2', 'linux/arm/v7'],
      [undefined, '^3', 'linux/arm/v7']
    ])
    assert.deepEqual(problems, [])
  })

  for (const [rule, annotations, message] of [
    ['a pattern', { 'tag-pattern': '(' }, 'tag-pattern "(" is refused: unterminated group'],
    [
      'a range',
      { 'semver-range': 'x y z' },
      'semver-range "x y z" is refused: not a range of versions; examples: ^15, ~1.5, >=2.1 <3'
    ],
    [
      'a pattern before a range',
      { 'tag-pattern': '(', 'semver-range': 'y z' },
      'tag-pattern "(" is refused: unterminated group'
    ]
  ] as const) {
    test(`say that ${rule} cannot be used`, () => {
      const tags = readImageRules(annotations, ['app'], 'all').rules.get('app')?.tags
      assert.deepEqual(tags, { seen: false, reason: 'invalid', message })
    })
  }

  for (const [rule, annotations, containers, problems] of [
    [
      'takes true and false',
      { 'image-updates': 'off' },
      ['app'],
      ['image-updates of container app is "off": it takes true or false']
    ],
    [
      'takes a platform',
      { platform: 'amd64' },
      ['app'],
      ['platform of container app is "amd64": it takes linux/amd64, linux/arm/v7 and the like']
    ],
    [
      'takes no more than a platform',
      { platform: 'linux/arm/v7/x' },
      ['app'],
      ['platform of container app is "linux/arm/v7/x": it takes linux/amd64, linux/arm/v7 and the like']
    ],
    [
      'takes a platform from its beginning',
      { platform: ' linux/arm' },
      ['app'],
      ['platform of container app is " linux/arm": it takes linux/amd64, linux/arm/v7 and the like']
    ],
    [
      'names a container that there is',
      { 'tag-pattern.ap': '1', 'image-updates.app': 'true', endpoint: 'x', 'other.app': 'x' },
      ['app', 'proxy'],
      ['tag-pattern.ap names no container; the containers are: app, proxy']
    ],
    [
      'may be too long for a container, where there are several',
      { 'semver-range': '^1' },
      ['app', LONG, LONGER],
      [
        `container ${LONG} can have no image-updates of its own: the name is too long`,
        `container ${LONGER} can have no image-updates, tag-pattern, semver-range, platform of its own: the name is too long`
      ]
    ],
    ['is not needed where there is one container', { 'semver-range': '^1' }, [LONGER], []],
    ['is not missed where no images are annotated', { endpoint: 'x' }, ['app', LONGER], []]
  ] as const) {
    test(`an annotation ${rule}`, () => {
      assert.deepEqual(readImageRules(annotations, containers, 'all').problems, problems)
    })
  }
})
