import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'
import type { Comparison } from './bcrypt-thread.ts'

// One comparison takes a tenth of a second and more: in a thread of its own it keeps nobody waiting but who logs in.
parentPort?.on('message', ({ password, hash }: Comparison) => {
  parentPort?.postMessage(compareSync(password, hash))
})
