import { X509Certificate } from 'node:crypto'
import { readTextFile } from '../files/read-text.ts'
import { badInput, type Checked } from './checked.ts'

const MAX_BYTES = 4 * 1024 * 1024
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const TAKES = 'ENDPOINT_CA_FILE takes PEM certificates'

/** Reads a file of PEM certificates; anything else in it, such as comments, is left out. */
export function readCertificates(path: string): Checked<string | null> {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return { value: null, mistakes: [file.mistake] }
  const blocks = [...file.text.matchAll(CERTIFICATE)]
  if (blocks.length === 0) return { value: null, mistakes: [badInput(`${path}: no certificate in it; ${TAKES}`)] }
  const mistakes = blocks
    .filter(([pem]) => !isCertificate(pem))
    .map(({ index }) => badInput(`${path}:${lineAt(file.text, index)}: not a valid certificate; ${TAKES}`))
  return { value: blocks.map(([pem]) => `${pem}\n`).join(''), mistakes }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
