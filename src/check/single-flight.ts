/** Callers during a run share its outcome: two scrapes at once cost one cycle. The first caller's arguments count. */
export function singleFlight<Arguments extends unknown[], Result>(
  work: (...args: Arguments) => Promise<Result>
): (...args: Arguments) => Promise<Result> {
  let underWay: Promise<Result> | undefined
  return (...args) => {
    underWay ??= work(...args).finally(() => {
      underWay = undefined
    })
    return underWay
  }
}
