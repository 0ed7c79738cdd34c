/**
 * `node make-compile-cache.ts APP`: leaves in APP/compile-cache what V8 compiled of the program, so that the next start
 * need not compile it again. Node ignores the cache under another version of Node, another processor or another user.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** The user that the image runs as, by the convention of distroless images. */
const USER = 65532

const [app = ''] = process.argv.slice(2).map(path => resolve(path))
const cache = join(app, 'compile-cache')
mkdirSync(cache)
const isRoot = process.getuid?.() === 0
if (isRoot) chownSync(cache, USER, USER)

const guard = spawn(process.execPath, [join(app, 'dist/main.js')], {
  // There is no Kubernetes, but trying is enough to load all the code that reads it.
  env: {
    NODE_COMPILE_CACHE: cache,
    NODE_COMPILE_CACHE_PORTABLE: '1',
    HOST: '127.0.0.1',
    PORT: '0',
    KUBECONFIG: '/nowhere'
  },
  stdio: ['ignore', 'pipe', 'inherit'],
  ...(isRoot ? { uid: USER, gid: USER } : {})
})
for await (const line of createInterface(guard.stdout)) {
  const { message, address } = JSON.parse(line)
  if (message !== 'Listening') continue
  for (const path of ['/', '/metrics', '/api/v1/status', '/readyz']) await (await fetch(`${address}${path}`)).text()
  // Node writes the cache when it exits.
  guard.kill('SIGTERM')
}
const [code] = guard.exitCode === null ? await once(guard, 'exit') : [guard.exitCode]
const made = globSync('**/*', { cwd: cache, withFileTypes: true })
if (code !== 0 || !made.some(entry => entry.isFile())) throw new Error(`no compile cache; exit code ${code}`)

// Like the rest of the image: everybody may read it, nobody may write it.
if (isRoot) chownSync(cache, 0, 0)
for (const entry of made) {
  const path = join(entry.parentPath, entry.name)
  chmodSync(path, entry.isFile() ? 0o644 : 0o755)
  if (isRoot) chownSync(path, 0, 0)
}
