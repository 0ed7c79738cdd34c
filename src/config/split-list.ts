/** The parts of a list by comma, without the blanks around them; a part that is blank stays, as the empty string. */
export function splitList(text: string): string[] {
  return text.split(',').map(part => part.trim())
}
