import { readFileSync, statSync } from 'node:fs'
import { getSystemErrorMessage } from 'node:util'
import { BAD_INPUT, CANNOT_READ, type Mistake } from './mistake.ts'

/** What a path gave. */
export type TextFile = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly mistake: Mistake }

const MIB = 1024 * 1024

/**
 * Reads a regular file of UTF-8 text, at most `maxBytes`; a byte order mark is dropped.
 * A pipe or a device is refused: it could block for ever, and cannot be read again.
 * `decode` throws where the bytes are no text.
 */
export function readTextFile(path: string, maxBytes: number, decode = decodeUtf8): TextFile {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return failed(`${path}: cannot be read: not a regular file`, CANNOT_READ)
    if (stats.size > maxBytes) return failed(`${path}: larger than ${maxBytes / MIB} MiB`, BAD_INPUT)
    return { ok: true, text: decode(readFileSync(path)) }
  } catch (error) {
    if (isSystemError(error)) {
      return failed(`${path}: cannot be read: ${getSystemErrorMessage(error.errno)}`, CANNOT_READ)
    }
    return failed(`${path}: not UTF-8 text`, BAD_INPUT)
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function failed(message: string, exitCode: Mistake['exitCode']): TextFile {
  return { ok: false, mistake: { message, exitCode } }
}

function isSystemError(error: unknown): error is { errno: number } {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
}
