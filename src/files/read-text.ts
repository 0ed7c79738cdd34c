import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { getSystemErrorMessage } from 'node:util'
import { encodingOf } from '../text/encoding.ts'
import { accepted, badInput, cannotRead, type Result, refused } from '../text/mistake.ts'

const MIB = 1024 * 1024

/**
 * Reads a regular file of text, at most `maxBytes`: UTF-8, or UTF-16 as Windows PowerShell's `>` writes it. A byte order
 * mark is dropped.
 *
 * A pipe or a device is refused: it could block forever, and cannot be read again. The same holds for files of the
 * kernel that claim to be regular, such as /proc/kmsg: their size is 0, and a file of that size is not read.
 *
 * `decode` throws if the bytes are not text.
 */
export function readTextFile(path: string, maxBytes: number, decode = decodeText): Result<string> {
  try {
    const bytes = readBytes(path, maxBytes)
    if (bytes === 'not regular') return refused([cannotRead(`${path}: cannot be read: not a regular file`)])
    if (bytes === 'too large') return refused([badInput(`${path}: larger than ${maxBytes / MIB} MiB`)])
    return accepted(decode(bytes))
  } catch (error) {
    const reason = systemReason(error)
    return refused([
      reason === null ? badInput(`${path}: not UTF-8 text`) : cannotRead(`${path}: cannot be read: ${reason}`)
    ])
  }
}

/** Reads a file of PEM as text. Text around its blocks, such as comments, may be in any encoding. */
export function readPemFile(path: string, maxBytes: number): Result<string> {
  return readTextFile(path, maxBytes, bytes => new TextDecoder(encodingOf(bytes)).decode(bytes))
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
}

function readBytes(path: string, maxBytes: number): Uint8Array | 'not regular' | 'too large' {
  // Opening a device can have side effects, so look first. O_NONBLOCK: the path may have become a pipe since.
  if (!statSync(path).isFile()) return 'not regular'
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return 'not regular'
    if (stats.size > maxBytes) return 'too large'
    // Anything appended meanwhile is a new version, which is read again.
    const bytes = new Uint8Array(stats.size)
    let length = 0
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null)
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

/** Why the system refused something, such as `permission denied`; `null`: the error is not the system's. */
export function systemReason(error: unknown): string | null {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return null
  return getSystemErrorMessage(error.errno)
}
