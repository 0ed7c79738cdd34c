// Loaded into a measured process ahead of it, by --import: answers what only the process itself can tell. JavaScript,
// for what strips types would stay in the memory that is measured.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 1
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

process.on('message', ({ instrument }) => {
  if (instrument === 'loop') {
    // The first question starts the clock: nobody pays for it before.
    const longestMs = Math.max(0, loop.max / 1e6 - RESOLUTION_MS)
    loop.enable()
    loop.reset()
    process.send?.({ longestMs })
  } else if (instrument === 'heap') {
    global.gc?.()
    global.gc?.()
    process.send?.({ heapMb: process.memoryUsage().heapUsed / 1e6 })
  }
})
// Not what keeps the process running.
process.channel?.unref()
