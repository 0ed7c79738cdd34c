import type { Check, Sample } from './verdict.ts'

interface Line {
  readonly title: string
  readonly unit: string
  readonly value: (sample: Sample) => number
}

const MIB = 1024 * 1024
const LINES: readonly Line[] = [
  { title: 'Resident memory', unit: 'MiB', value: ({ rssBytes }) => rssBytes / MIB },
  { title: 'Heap in use', unit: 'MiB', value: ({ heapBytes }) => heapBytes / MIB },
  { title: 'Open file descriptors', unit: '', value: ({ fds }) => fds },
  { title: 'Cycles behind the clock', unit: '', value: ({ seconds, cycles }) => seconds - cycles },
  { title: 'Oldest check of a healthy service', unit: 's', value: ({ oldestSeconds }) => oldestSeconds }
]
const WIDTH = 1200
const HEIGHT = 170
const LEFT = 90
const TOP = 170

/** The samples as an SVG: a plot for each line, from zero up, with the quarters marked; above them the verdicts. */
export function plotSoak(title: string, samples: readonly Sample[], checks: readonly Check[]): string {
  const seconds = samples.at(-1)?.seconds ?? 1
  const x = (at: number) => LEFT + ((WIDTH - LEFT - 20) * at) / seconds
  const verdicts = checks.map(
    ({ rule, holds, words }, index) =>
      `<text x="20" y="${50 + 18 * index}" fill="${holds ? '#1d7044' : '#b3261e'}">${holds ? '✓' : '✗'} ${escapeText(`${rule}: ${words}`)}</text>`
  )
  const plots = LINES.map((line, index) => drawLine({ ...line, top: TOP + 20 + index * HEIGHT, x, seconds }, samples))
  const height = TOP + 20 + LINES.length * HEIGHT
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/><text x="20" y="26" font-size="16">${escapeText(title)}</text>
${verdicts.join('\n')}
${plots.join('\n')}
</svg>
`
}

interface Place extends Line {
  readonly top: number
  readonly seconds: number
  readonly x: (seconds: number) => number
}

function drawLine({ title, unit, value, top, seconds, x }: Place, samples: readonly Sample[]): string {
  const most = Math.max(1, ...samples.map(value)) * 1.1
  const bottom = top + HEIGHT - 40
  const y = (number: number) => bottom - ((bottom - top) * Math.max(0, number)) / most
  const points = samples.map(sample => `${x(sample.seconds).toFixed(1)},${y(value(sample)).toFixed(1)}`)
  const quarters = [0, 1, 2, 3, 4].map(quarter => {
    const at = x((quarter * seconds) / 4)
    return `<path d="M${at} ${top}V${bottom}" stroke="#ddd"/><text x="${at}" y="${bottom + 14}" font-size="10" text-anchor="middle">${((quarter * seconds) / 240).toFixed(1)} min</text>`
  })
  return `${quarters.join('')}<text x="${LEFT}" y="${top - 4}" font-weight="bold">${title}</text>
<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${most.toFixed(0)} ${unit}</text><text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>
<path d="M${LEFT} ${top}V${bottom}H${WIDTH - 20}" fill="none" stroke="#888"/><polyline points="${points.join(' ')}" fill="none" stroke="#2457a6" stroke-width="1.5"/>`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
