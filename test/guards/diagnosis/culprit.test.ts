import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CULPRITS, type Culprit } from '../../../src/domain/diagnosis.ts'
import { findCulprit, type Relations } from '../../../src/guards/diagnosis/culprit.ts'

const RELATIONS = ['agrees', 'differs', 'unknown'] as const

const DOMAIN: { readonly [Key in keyof Relations]: readonly Relations[Key][] } = {
  address: [...RELATIONS, 'failed', 'pending', 'none'],
  pods: [...RELATIONS, 'partly', 'mixed', 'failing', 'alike', 'none'],
  addressAndPods: RELATIONS,
  rollout: ['under_way', 'same_image', 'at_rest', 'unknown'],
  declared: RELATIONS,
  digest: RELATIONS,
  imageLabel: RELATIONS,
  builtCommit: RELATIONS,
  tagCommit: RELATIONS,
  declaredCommit: RELATIONS,
  lacksCommit: [false, true]
}

const ALL_AGREE: Relations = {
  address: 'agrees',
  pods: 'agrees',
  addressAndPods: 'agrees',
  rollout: 'at_rest',
  declared: 'agrees',
  digest: 'agrees',
  imageLabel: 'agrees',
  builtCommit: 'agrees',
  tagCommit: 'agrees',
  declaredCommit: 'agrees',
  lacksCommit: false
}

/** One fact for each pair that nobody saw. */
const NOTHING_SEEN: Relations = {
  address: 'unknown',
  pods: 'unknown',
  addressAndPods: 'unknown',
  rollout: 'unknown',
  declared: 'unknown',
  digest: 'unknown',
  imageLabel: 'unknown',
  builtCommit: 'unknown',
  tagCommit: 'unknown',
  declaredCommit: 'unknown',
  lacksCommit: false
}

/** Calls for each combination; always the same object, so that millions are cheap. */
function forEachCase(call: (relations: Relations) => void): number {
  const keys = Object.keys(DOMAIN) as (keyof Relations)[]
  const one: Record<string, unknown> = {}
  let count = 0
  const fill = (depth: number) => {
    const key = keys[depth]
    if (key === undefined) {
      count += 1
      call(one as unknown as Relations)
      return
    }
    for (const value of DOMAIN[key]) {
      one[key] = value
      fill(depth + 1)
    }
  }
  fill(0)
  return count
}

type Values = { readonly [Key in keyof Relations]?: readonly Relations[Key][] }

/** What a row asks of each fact, the accused and the ones that do not have to do with it left open. */
type Row = readonly [culprit: Culprit, facts: Values]

const SEEN_RIGHT: readonly Values[] = [{ address: ['agrees'] }, { pods: ['agrees', 'partly'] }]
const CONSISTENT: Values = {
  address: ['agrees', 'unknown', 'pending', 'none'],
  pods: ['agrees', 'partly', 'unknown', 'alike', 'none']
}
const CONTRADICTED_ALONE: Values = { address: ['differs'], pods: ['partly', 'alike', 'unknown', 'none'] }

/** A row for each way in which the version can be right. */
function whereRight(culprit: Culprit, facts: Values): readonly Row[] {
  return SEEN_RIGHT.map((right): Row => [culprit, { ...CONSISTENT, ...right, ...facts }])
}

/** The table of cases: the first row that fits decides. Flat on purpose: a person can read each row by itself. */
const TABLE: readonly Row[] = [
  ['endpoint', { address: ['failed'] }],
  ['rollout', { pods: ['mixed', 'failing'], rollout: ['under_way', 'same_image'] }],
  ['tag_moved', { pods: ['mixed', 'differs'], digest: ['differs'] }],
  ['pods', { pods: ['mixed', 'failing'] }],
  ['build', { pods: ['differs'] }],
  ['route', { address: ['differs'], pods: ['agrees'] }],
  [
    'tag_moved',
    { ...CONTRADICTED_ALONE, imageLabel: ['agrees'], builtCommit: ['agrees', 'unknown'], digest: ['differs'] }
  ],
  ['build', { ...CONTRADICTED_ALONE, imageLabel: ['agrees'], builtCommit: ['agrees', 'unknown'] }],
  ['rollout', { ...CONTRADICTED_ALONE, rollout: ['under_way'] }],
  ['tag_moved', { ...CONTRADICTED_ALONE, digest: ['differs'] }],
  ['unknown', CONTRADICTED_ALONE],
  ['route', { ...CONSISTENT, pods: ['agrees', 'alike'], addressAndPods: ['differs'] }],
  ...whereRight('deployment', { declared: ['differs'] }),
  ['tag_moved', { ...CONSISTENT, digest: ['differs'] }],
  ...whereRight('metadata', { builtCommit: ['differs'] }),
  ...whereRight('metadata', { tagCommit: ['differs'] }),
  ...whereRight('deployment', { declaredCommit: ['differs'], builtCommit: ['agrees'] }),
  ...whereRight('deployment', { declaredCommit: ['differs'], tagCommit: ['agrees'] }),
  ['metadata', { ...CONSISTENT, lacksCommit: [true] }],
  ['unknown', { ...CONSISTENT, declaredCommit: ['differs'] }],
  ['unknown', { ...CONSISTENT, addressAndPods: ['differs'] }],
  ['unknown', { ...CONSISTENT, address: ['unknown', 'pending'] }],
  ['unknown', { ...CONSISTENT, pods: ['unknown', 'alike'] }],
  ['unknown', { address: ['none'], pods: ['none'] }],
  ['none', CONSISTENT]
]

function fits(relations: Relations, facts: Values): boolean {
  for (const key in facts) {
    const values = facts[key as keyof Relations] as readonly unknown[]
    if (!values.includes(relations[key as keyof Relations])) return false
  }
  return true
}

suite('culprit', () => {
  test('is the one of the table, in every combination of what agrees, differs and is unknown', () => {
    const used = new Set<Row>()
    const cases = forEachCase(relations => {
      const row = TABLE.find(([, facts]) => fits(relations, facts))
      if (row === undefined) assert.fail(`no row for ${JSON.stringify(relations)}`)
      used.add(row)
      if (findCulprit(relations) !== row[0]) {
        assert.fail(`${findCulprit(relations)} in place of ${row[0]} for ${JSON.stringify(relations)}`)
      }
    })
    assert.equal(
      cases,
      Object.values(DOMAIN).reduce((product, values) => product * values.length, 1)
    )
    assert.deepEqual(
      TABLE.filter(row => !used.has(row)),
      [],
      'every row decides a case'
    )
    assert.deepEqual(new Set(TABLE.map(([culprit]) => culprit)), new Set(CULPRITS))
  })

  test('is nobody while nothing differs, whatever else is not seen', () => {
    const accusing = new Set<unknown>(['differs', 'mixed', 'failing', 'failed', true])
    forEachCase(relations => {
      if (Object.values(relations).some(value => accusing.has(value))) return
      const culprit = findCulprit(relations)
      if (culprit !== 'none' && culprit !== 'unknown') assert.fail(`${culprit} for ${JSON.stringify(relations)}`)
    })
  })

  test('is always somebody if a report, a digest, a commit or the declaration contradicts what is deployed', () => {
    const contradicted: readonly Values[] = [
      { address: ['differs', 'failed'] },
      { pods: ['differs', 'mixed', 'failing'] },
      { digest: ['differs'] },
      { lacksCommit: [true] },
      { addressAndPods: ['differs'] },
      { declared: ['differs'] },
      { builtCommit: ['differs'] },
      { tagCommit: ['differs'] },
      { declaredCommit: ['differs'] }
    ]
    forEachCase(relations => {
      if (findCulprit(relations) !== 'none') return
      if (contradicted.some(facts => fits(relations, facts))) assert.fail(JSON.stringify(relations))
    })
  })

  for (const [rule, changes, culprit] of [
    ['nobody, where all five facts and every commit agree', {}, 'none'],
    ['the route, where the pods report the tag and the address another', { address: 'differs' }, 'route'],
    ['the build, where all pods report another version than their tag', { pods: 'differs' }, 'build'],
    ['the pods, where some differ', { pods: 'mixed' }, 'pods'],
    ['the rollout, where some differ while it goes on', { pods: 'mixed', rollout: 'under_way' }, 'rollout'],
    ['the tag, where it does not mean the digest that runs', { digest: 'differs' }, 'tag_moved'],
    ['the deployment, where it is not what was declared', { declared: 'differs' }, 'deployment'],
    ['the metadata, where the version is right and the commit wrong', { builtCommit: 'differs' }, 'metadata'],
    ['the endpoint, where no report can be had', { address: 'failed' }, 'endpoint'],
    [
      'unknown, where the address differs and no pod was asked',
      { address: 'differs', pods: 'none', imageLabel: 'unknown' },
      'unknown'
    ]
  ] as const satisfies readonly (readonly [string, Partial<Relations>, Culprit])[]) {
    test(`is ${rule}`, () => assert.equal(findCulprit({ ...ALL_AGREE, ...changes }), culprit))
  }

  test('is unknown where nothing was seen', () => assert.equal(findCulprit(NOTHING_SEEN), 'unknown'))

  test('is never taken from what is unknown: each fact by itself accuses nobody of another fact', () => {
    const alone: readonly (readonly [Partial<Relations>, Culprit])[] = [
      [{ address: 'failed' }, 'endpoint'],
      [{ address: 'differs' }, 'unknown'],
      [{ pods: 'mixed' }, 'pods'],
      [{ pods: 'failing' }, 'pods'],
      [{ pods: 'differs' }, 'build'],
      [{ addressAndPods: 'differs' }, 'unknown'],
      [{ rollout: 'under_way' }, 'unknown'],
      [{ declared: 'differs' }, 'unknown'],
      [{ digest: 'differs' }, 'tag_moved'],
      [{ imageLabel: 'differs' }, 'unknown'],
      [{ builtCommit: 'differs' }, 'unknown'],
      [{ tagCommit: 'differs' }, 'unknown'],
      [{ declaredCommit: 'differs' }, 'unknown']
    ]
    for (const [fact, culprit] of alone) {
      assert.equal(findCulprit({ ...NOTHING_SEEN, ...fact }), culprit, JSON.stringify(fact))
    }
  })
})
