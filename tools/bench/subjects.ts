import { atOnce } from './at-once.ts'
import { busyScrape } from './busy-scrape.ts'
import { cycle } from './cycle.ts'
import { event } from './event.ts'
import { growth } from './growth.ts'
import { logs } from './logs.ts'
import { loop } from './loop.ts'
import { memory } from './memory.ts'
import { pods } from './pods.ts'
import { probeCpu } from './probe-cpu.ts'
import { scrape } from './scrape.ts'
import { start } from './start.ts'
import type { Subject } from './subject.ts'
import { sync } from './sync.ts'

/** Everything that is measured, in the order of docs/benchmarks.md. */
export const SUBJECTS: readonly Subject[] = [
  cycle,
  atOnce,
  probeCpu,
  scrape,
  busyScrape,
  loop,
  memory,
  event,
  sync,
  pods,
  growth,
  logs,
  start
]
