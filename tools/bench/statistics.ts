/** The median of some samples, and their range. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  /** The number of samples. */
  readonly count: number
}

/** Takes one or more samples; with an even number, the median lies halfway between the two in the middle. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b)
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)]
  const least = sorted[0]
  const most = sorted.at(-1)
  if (lower === undefined || upper === undefined || least === undefined || most === undefined) {
    throw new RangeError('no samples')
  }
  return { median: (lower + upper) / 2, least, most, count: samples.length }
}

/** How many times better our median is than the peer's; below 1, ours is worse. */
export function advantage(ours: number, peer: number, better: 'less' | 'more'): number {
  return better === 'less' ? peer / ours : ours / peer
}

/** The samples of both sides of a comparison, from all rounds. */
export interface Samples {
  readonly ours: number[]
  readonly peer: number[]
}

/** Takes one sample, or some in a row. */
type Measure = () => Promise<number | readonly number[]>

/** Measures by turns, A B A B, so that whatever slows the machine down affects both. */
export async function byTurns(rounds: number, ours: Measure, peer: Measure): Promise<Samples> {
  const samples: Samples = { ours: [], peer: [] }
  for (let round = 0; round < rounds; round += 1) {
    samples.ours.push(...[await ours()].flat())
    samples.peer.push(...[await peer()].flat())
  }
  return samples
}

/** The same without a peer. */
export async function alone(rounds: number, ours: () => Promise<number>): Promise<Samples> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round += 1) samples.push(await ours())
  return { ours: samples, peer: [] }
}
