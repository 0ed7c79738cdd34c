import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

// How much garbage the old generation may hold before V8 collects it: so many MB, or a share of what lives if that is more.
// V8 alone would wait for 100 %.
const SPARE_MB = 15
const LEAST_PERCENT = 30
const MOST_PERCENT = 100
const BYTES_PER_MB = 1e6
// A probe under way takes 4 KB. With more than these at once, each collection of a young generation of a few MB would copy
// most of them again.
const MOST_IN_FEW_MB = 256

/** Keeps garbage from piling up. Memory is scarcer than CPU time: a guard that checks every 20 seconds is mostly idle. */
export function boundGarbage(): void {
  // The young generation stays as small as it is now, a few MB; V8 would double it up to 128 MB under load.
  setFlagsFromString('--semi-space-growth-factor=1')
  let percent = LEAST_PERCENT
  setFlagsFromString(`--heap-growing-percent=${percent}`)
  new PerformanceObserver(collections => {
    if (!collections.getEntries().some(isMajor)) return
    const before = percent
    percent = growingPercent(getHeapStatistics().used_heap_size / BYTES_PER_MB)
    if (percent !== before) setFlagsFromString(`--heap-growing-percent=${percent}`)
  }).observe({ entryTypes: ['gc'] })
}

/** Lets the young generation grow if it has to hold many probes, in two steps to the most that the image allows. */
export function makeRoomFor(probesAtOnce: number): void {
  if (probesAtOnce > MOST_IN_FEW_MB) setFlagsFromString('--semi-space-growth-factor=6')
}

function growingPercent(usedMb: number): number {
  return Math.round(Math.min(Math.max((100 * SPARE_MB) / usedMb, LEAST_PERCENT), MOST_PERCENT))
}

function isMajor(collection: PerformanceEntry & { readonly detail?: NodeGCPerformanceDetail }): boolean {
  return collection.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
