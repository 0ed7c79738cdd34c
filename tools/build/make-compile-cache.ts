/**
 * `node make-compile-cache.ts APP`: leaves in APP/compile-cache what V8 made of the program, so that the next start does
 * not make it again. Node takes it where its version, the processor and the user are those of now, else passes it over.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** Who runs the image, by the convention of distroless images. */
const USER = 65532

const [app = ''] = process.argv.slice(2).map(path => resolve(path))
const cache = join(app, 'compile-cache')
mkdirSync(cache)
const isRoot = process.getuid?.() === 0
if (isRoot) chownSync(cache, USER, USER)

const guard = spawn(process.execPath, [join(app, 'dist/main.js')], {
  // Kubernetes is not there, which is enough to load all that reads it.
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
  // The cache is written when it ends.
  guard.kill('SIGTERM')
}
const [code] = guard.exitCode === null ? await once(guard, 'exit') : [guard.exitCode]
const made = globSync('**/*', { cwd: cache, withFileTypes: true })
if (code !== 0 || !made.some(entry => entry.isFile())) throw new Error(`no compile cache; exit code ${code}`)

// As the rest of the image: everybody's to read, nobody's to write.
if (isRoot) chownSync(cache, 0, 0)
for (const entry of made) {
  const path = join(entry.parentPath, entry.name)
  chmodSync(path, entry.isFile() ? 0o644 : 0o755)
  if (isRoot) chownSync(path, 0, 0)
}
