/**
 * Errors have no stack until the next microtask. undici ends a connection with an error that nobody sees, made within
 * WebAssembly: walking that stack costs a tenth of a probe.
 */
export function spareStacks(): void {
  const { stackTraceLimit } = Error
  if (stackTraceLimit === 0) return
  Error.stackTraceLimit = 0
  queueMicrotask(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
}
