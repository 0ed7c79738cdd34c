import type { TextFile } from '../files/file-facts.ts'
import type { GateConfig } from '../gate-config.ts'
import type { ItemResult, ItemSpec } from '../item.ts'

/** How many of several things are listed in one line. */
export const MOST_TOLD = 5

export function pass(evidence: string): ItemResult {
  return { status: 'PASS', evidence, action: null }
}

export function fail(evidence: string, action: string | null): ItemResult {
  return { status: 'FAIL', evidence, action }
}

export function skip(evidence: string, action: string | null): ItemResult {
  return { status: 'SKIP', evidence, action }
}

/** An item that has nothing to look at, because of a key that the gate file leaves out: told, and by default not required. */
export function notConfigured(
  row: Pick<ItemSpec, 'id' | 'section' | 'item'>,
  key: string,
  config: Pick<GateConfig, 'required'>
): ItemSpec {
  // Whoever leaves a key out wants nothing done about it, unless they ask for the item.
  const action = config.required.includes(row.id) ? `Set ${key} in the gate file` : null
  return {
    ...row,
    needs: [],
    required: false,
    judge: () => skip(`${key} is not configured: set it to have this looked at`, action)
  }
}

/** The first few of several faults in one line. */
export function listed(faults: readonly string[]): string {
  const more = faults.length - MOST_TOLD
  return `${faults.slice(0, MOST_TOLD).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** That a file cannot be used; a file that is larger than the gate reads is not at fault. `null`: it can. */
export function unusable({ path, unreadable, isTooLarge = false }: TextFile, verb: 'Add' | 'Write'): ItemResult | null {
  if (unreadable === null) return null
  const words = `${path}: ${unreadable}`
  return isTooLarge ? skip(words, `Split ${words}`) : fail(words, actionOn(path, unreadable, verb))
}

/** What to do about a file that cannot be used: one that has content should be fixed, not written anew. */
function actionOn(path: string, unreadable: string, verb: 'Add' | 'Write'): string {
  return /^(?:empty|no such file or directory)$/.test(unreadable) ? `${verb} ${path}` : `Fix ${path}: ${unreadable}`
}
