import { judge } from '../../src/check/judge.ts'
import { renderFamilies } from '../../src/metrics/render-families.ts'
import type { Steps } from '../../src/pace.ts'

/** All steps in one go. */
function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

export const judgeAtOnce = (...args: Parameters<typeof judge>) => atOnce(judge(...args))

export const renderAtOnce = (...args: Parameters<typeof renderFamilies>) => atOnce(renderFamilies(...args)).toString()
