/**
 * How the bytes of a text are encoded, as `TextDecoder` names it: by the byte order mark; else by the zero byte that is half
 * of the first character, where that is ASCII, as it is in JSON and YAML; else UTF-8.
 *
 * Source: YAML 1.2 section 5.2, and RFC 4627 section 3 for JSON.
 */
export function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first = 0, second = 0] = bytes
  if ((first === 0xff && second === 0xfe) || (isAscii(first) && second === 0 && bytes.length > 1)) return 'utf-16le'
  return (first === 0xfe && second === 0xff) || (first === 0 && isAscii(second)) ? 'utf-16be' : 'utf-8'
}

function isAscii(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d
}
