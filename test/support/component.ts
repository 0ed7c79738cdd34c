/**
 * Options for a test that needs a real component (Prometheus, Chromium, a control plane): skipped with the reason where
 * it is missing on a person's machine, an error in CI, where a skipped proof would pass for a proof.
 */
export function needs(missing: string | undefined): { skip: string } | Record<string, never> {
  if (missing === undefined) return {}
  if (process.env.CI === 'true') throw new Error(`CI must not skip: ${missing}`)
  return { skip: missing }
}
