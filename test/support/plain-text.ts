import { beginMember, type DeflatedText, inflate } from '../../src/metrics/gzip-member.ts'

/** What compressed texts say together. */
export async function plainTextOf(texts: readonly DeflatedText[]): Promise<string> {
  return (await inflate(beginMember(texts))).toString()
}
