// Loaded into a measured process by --import, before its program: answers what only the process itself can tell. This is
// JavaScript, because the code that strips types would stay in the memory that is measured.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 1
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

process.on('message', ({ instrument }) => {
  if (instrument === 'loop') {
    // The first question starts the monitor: until then it costs nothing.
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
// The channel must not keep the process running.
process.channel?.unref()
