import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from './files.ts'
import type { Lifetime } from './stage.ts'

/** A folder with these files, by their paths; it goes at the end of the test. */
export function folderWith(life: Lifetime, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(life)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** A runbook with these sections, and a command in the last one. */
export function aRunbook(sections: readonly string[] = ['Signal', 'Hypotheses', 'Checks', 'Actions']): string {
  const bodies = sections.map(section => `## ${section}\n\nText of ${section}.\n`)
  return `# Runbook\n\n${bodies.join('\n')}\n\`\`\`sh\nkubectl get pods\n\`\`\`\n`
}

/** A rules file with so many alerts in each group, named after it; `annotations` are those of every alert. */
export function aRulesFile(
  groups: Readonly<Record<string, number>>,
  annotations: Readonly<Record<string, string>> = {}
): string {
  const value = {
    groups: Object.entries(groups).map(([name, alerts]) => ({
      name,
      rules: Array.from({ length: alerts }, (_, index) => ({
        alert: `${name}-${index + 1}`,
        expr: 'up == 0',
        for: '1m',
        labels: { severity: 'critical' },
        annotations
      }))
    }))
  }
  return JSON.stringify(value)
}
