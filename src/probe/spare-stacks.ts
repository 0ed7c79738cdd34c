/**
 * Until the next microtask, errors have no stack. undici ends a connection with one that nobody sees, made within
 * WebAssembly: to walk that stack costs a tenth of a probe.
 */
export function spareStacks(): void {
  const { stackTraceLimit } = Error
  if (stackTraceLimit === 0) return
  Error.stackTraceLimit = 0
  queueMicrotask(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
}
