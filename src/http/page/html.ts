/** What a template takes; `null` leaves nothing. */
export type HtmlValue = string | number | null | Html | readonly Html[]

/** Markup that may be sent as it is; a class, so that no string and no JSON can pass for it. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/**
 * A template whose values are escaped, for element content and quoted attributes; only `Html` goes in as it is. So
 * templates nest, and none can go around the escaping, as other template packages allow with a mark before the value.
 */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(String.raw({ raw: literals }, ...values.map(markupOf)))
}

/** Markup of our own files; never of anything from outside. */
export function trusted(markup: string): Html {
  return new Html(markup)
}

function markupOf(value: HtmlValue): string {
  if (value === null) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.join('')
  return String(value).replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
}
