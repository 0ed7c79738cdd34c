/** Numbers that only look random: the same ones for the same seed (mulberry32). */
export interface Random {
  /** From `least` to `most`, both included. */
  int(least: number, most: number): number
  chance(probability: number): boolean
  pick<Value>(values: readonly Value[]): Value
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    int,
    chance: probability => next() < probability,
    pick: values => {
      const value = values[int(0, values.length - 1)]
      if (value === undefined) throw new RangeError('nothing to pick from')
      return value
    }
  }
}
