import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { suite, test } from 'node:test'
import { describeTotals, renderColumns, type Screen } from '../../src/commands/table.ts'

const HEADINGS = ['STATUS', 'SERVICE', 'MESSAGE']
const ROWS = [
  { style: 'red', cells: ['MISMATCH', 'keybuzz-client', 'the pods run v0.2.12-dev and the page says v0.2.33-dev'] },
  { style: 'green', cells: ['OK', 'mail', 'Version consistency OK'] }
] as const

function screen(columns?: number): Screen {
  // Without a colour, so that what is compared is the text.
  const isTTY = columns !== undefined
  return Object.assign(new PassThrough(), { isTTY, ...(isTTY ? { columns } : {}), getColorDepth: () => 1 })
}

function render(columns?: number, rows: Parameters<typeof renderColumns>[0]['rows'] = ROWS): string[] {
  return renderColumns({ headings: HEADINGS, rows, totals: 'totals' }, screen(columns)).split('\n')
}

suite('table', () => {
  test('has each row in one line where it is no terminal, and the totals at the end', () => {
    assert.deepEqual(render(), [
      'STATUS    SERVICE         MESSAGE',
      'MISMATCH  keybuzz-client  the pods run v0.2.12-dev and the page says v0.2.33-dev',
      'OK        mail            Version consistency OK',
      'totals',
      ''
    ])
  })

  test('has each row in one line where the terminal is wide enough', () => {
    const widest = Math.max(...render().map(line => line.length))
    assert.deepEqual(render(widest), render())
    assert.notDeepEqual(render(widest - 1), render())
  })

  test('has each row in one line where the terminal does not know its size, and says 0', () => {
    assert.deepEqual(render(0), render())
  })

  const WIDE = [
    { style: 'red', cells: ['ERROR', '支払い', '接続できない 店 店 店'] },
    { style: 'green', cells: ['OK', 'cafe\u0301', 'well'] },
    { style: 'green', cells: ['OK', 'mail', 'well'] }
  ] as const

  test('has its columns below each other where characters are wide, or combine', () => {
    assert.deepEqual(render(undefined, WIDE), [
      'STATUS  SERVICE  MESSAGE',
      'ERROR   支払い   接続できない 店 店 店',
      'OK      cafe\u0301     well',
      'OK      mail     well',
      'totals',
      ''
    ])
  })

  test('breaks and cuts wide characters by the columns that they take', () => {
    const narrow = [{ style: 'red', cells: ['OK', '支払いサービス', '接続できない 店 店'] }] as const
    assert.deepEqual(render(16, narrow), [
      'STATUS  SERVICE',
      'OK      支払い…',
      '    接続できない',
      '    店 店',
      'totals',
      ''
    ])
  })

  test('breaks sentences in their own column where the terminal is narrower', () => {
    assert.deepEqual(render(60), [
      'STATUS    SERVICE         MESSAGE',
      'MISMATCH  keybuzz-client  the pods run v0.2.12-dev and the',
      '                          page says v0.2.33-dev',
      'OK        mail            Version consistency OK',
      'totals',
      ''
    ])
  })

  test('puts sentences below their rows where little room is left', () => {
    assert.deepEqual(render(40), [
      'STATUS    SERVICE',
      'MISMATCH  keybuzz-client',
      '    the pods run v0.2.12-dev and the',
      '    page says v0.2.33-dev',
      'OK        mail',
      '    Version consistency OK',
      'totals',
      ''
    ])
  })

  for (const columns of [10, 16, 20, 30, 45, 56, 57, 79]) {
    test(`fits ${columns} columns, and keeps the status whole`, () => {
      const long = { style: 'red', cells: ['MISMATCH', 's'.repeat(120), `${'w'.repeat(90)} and 🚀🚀🚀`] } as const
      const lines = render(columns, [...ROWS, long])
      // A status and the least of a name are never given up.
      const least = 'MISMATCH'.length + 2 + 8
      for (const line of lines) assert.ok([...line].length <= Math.max(columns, least), line)
      assert.equal(lines.filter(line => line.startsWith('MISMATCH  ')).length, 2)
      assert.ok(lines.every(line => line.isWellFormed()))
    })
  }

  for (const [columns, headings, first] of [
    [
      60,
      'STATUS  SERVICE                DEPLOYED     REPORTED',
      'OK      keybuzz-notifications  v0.2.12-dev  v0.2.33-dev'
    ],
    [50, 'STATUS  SERVICE                DEPLOYED', 'OK      keybuzz-notifications  v0.2.12-dev'],
    [30, 'STATUS  SERVICE', 'OK      keybuzz-notifications'],
    [24, 'STATUS  SERVICE', 'OK      keybuzz-notific…']
  ] as const) {
    test(`leaves out what can be spared before it cuts a name: ${columns} columns`, () => {
      const table = {
        headings: ['STATUS', 'SERVICE', 'DEPLOYED', 'REPORTED', 'GIT SHA', 'MESSAGE'],
        rows: [
          {
            style: 'green',
            cells: [
              'OK',
              'keybuzz-notifications',
              'v0.2.12-dev',
              'v0.2.33-dev',
              '4f9d1c2e8ab3',
              'Version consistency OK'
            ]
          }
        ],
        spare: ['GIT SHA', 'REPORTED', 'DEPLOYED']
      } as const
      const lines = renderColumns(table, screen(columns)).split('\n')
      assert.deepEqual(lines.slice(0, 2), [headings, first])
    })
  }

  test('ends a cell that does not fit in an ellipsis', () => {
    assert.equal(render(20)[1], 'MISMATCH  keybuzz-c…')
  })

  test('has no headings where there are no rows', () => {
    assert.deepEqual(render(undefined, []), ['totals', ''])
  })

  test('counts what there is, the worst first', () => {
    assert.equal(
      describeTotals('service', ['OK', 'ERROR', 'OK'], ['ERROR', 'MISMATCH', 'OK']),
      '3 services: 1 ERROR, 2 OK'
    )
    assert.equal(describeTotals('image', ['OK'], ['OK']), '1 image: 1 OK')
    assert.equal(describeTotals('service', [], ['OK']), '0 services')
  })
})
