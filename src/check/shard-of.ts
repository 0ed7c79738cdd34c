/**
 * Which of `total` shards has the target with this key: rendezvous hashing (Thaler and Ravishankar, 1998). Each shard
 * draws a number for the key, and the highest wins; so a new shard takes its share from all others and moves nothing
 * between them. Instances of every version must agree on it: a change would move targets in a running fleet.
 */
export function shardOf(key: string, total: number): number {
  const hash = total > 1 ? fnv1a(key) : 0
  let winner = 0
  let highest = -1
  for (let shard = 0; shard < total; shard += 1) {
    const drawn = mix(hash ^ mix(shard + 1))
    if (drawn > highest) {
      winner = shard
      highest = drawn
    }
  }
  return winner
}

// FNV-1a with 32 bits, over UTF-16 code units.
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

// The finalizer of MurmurHash3: every input bit changes half of the output bits.
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
