import { setFlagsFromString } from 'node:v8'

/** What the program does at its start, before it compiles the first pattern. */
export function enableLinearEngine(): void {
  setFlagsFromString('--enable-experimental-regexp-engine')
}
