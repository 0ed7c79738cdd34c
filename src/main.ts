#!/usr/bin/env node
import { constants } from 'node:os'
import { setFlagsFromString } from 'node:v8'

// The kernel spares process 1, such as the only one in a container, every signal that it does not handle. So this does
// what happens to any other process, unless `serve` is there to stop in good order.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (process.listenerCount(signal) === 0) process.exit(128 + constants.signals[signal])
  })
}

// nohup ignores SIGHUP, but Node resets every signal to its default. On SIGUSR1 Node would open its inspector, through
// which anybody on this machine could read and change everything in the process.
for (const signal of ['SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {})

// Names are resolved on libuv's threads: with the usual four, and glibc's usual patience, one dead name server would keep
// every other name waiting, and the process from ending.
process.env.UV_THREADPOOL_SIZE ??= '64'
process.env.RES_OPTIONS ??= 'timeout:2 attempts:2'

// Node uses the cached code of its own modules only under the flags that it was made with, and compiling them anew
// takes a tenth of the start. So they are loaded before the flags change; these load all the others that a start needs.
const NODE_MODULES =
  'assert cluster dns fs/promises http https module perf_hooks process timers/promises worker_threads zlib'
for (const name of NODE_MODULES.split(' ')) process.getBuiltinModule(name)

// Set here, they hold however the process was started, and for every command alike.
for (const flag of [
  // Patterns of users run on V8's linear engine, which no pattern can hang.
  '--enable-experimental-regexp-engine',
  // Waking other threads for a young generation of a few MB costs more than they save: a quarter of the CPU time of a
  // probe.
  '--no-parallel-scavenge',
  // V8 would collect the young generation at four fifths of its size, whenever the process has nothing else to do.
  '--no-minor-gc-task',
  // Maglev compiles sooner, but not as well; it leaves 25 MB behind in glibc's heap, and makes nothing faster for long.
  '--no-maglev'
]) {
  setFlagsFromString(flag)
}

// The above cannot wait until all of this is loaded.
await import('./process.ts')
