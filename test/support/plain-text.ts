import { beginMember, type DeflatedText, inflate } from '../../src/metrics/gzip-member.ts'

/** The plain text of compressed texts, joined. */
export async function plainTextOf(texts: readonly DeflatedText[]): Promise<string> {
  return (await inflate(beginMember(texts))).toString()
}
