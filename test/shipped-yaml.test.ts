import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { needs } from './support/component.ts'
import { ROOT } from './support/files.ts'

const READ = 'import sys, yaml\nfor path in sys.argv[1:]: list(yaml.safe_load_all(open(path)))'
const missing =
  spawnSync('python3', ['-c', 'import yaml']).status === 0
    ? undefined
    : 'PyYAML is missing; Debian has it in its package python3-yaml'

// Ansible reads with it, and so do many scripts.
test("PyYAML's safe loader reads all YAML that ships", needs(missing), () => {
  const tracked = execFileSync('git', ['ls-files', '*.yaml', '*.yml'], { cwd: ROOT, encoding: 'utf8' })
  // Templates are no YAML yet.
  const shipped = tracked
    .trimEnd()
    .split('\n')
    .filter(path => !path.startsWith('helm/templates/'))
  execFileSync('python3', ['-c', READ, ...shipped], { cwd: ROOT, stdio: 'pipe' })
})
