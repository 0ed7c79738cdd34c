import { isCollection, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'

/** One value of the chart as values.yaml has it: its path (`image.tag`), its default, and its description. */
export interface ChartValue {
  readonly path: string
  readonly byDefault: unknown
  readonly description: string
}

/**
 * Reads values.yaml: a key with a comment that starts with `# --` is a value; a key without one is a map of values.
 *
 * Throws if a value has no description.
 */
export function readChartValues(text: string): readonly ChartValue[] {
  const { contents } = parseDocument(text)
  if (!isMap(contents)) throw new Error('values.yaml is no map')
  return valuesOf(contents, '')
}

function valuesOf(map: YAMLMap, prefix: string): readonly ChartValue[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) throw new Error(`${prefix}: a key that is no text`)
    const path = `${prefix}${key.value}`
    // The parser attaches the comment above the first key of an inner map to that map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : '') ?? ''
    const description = comment.split(/(?:^|\n) -- /)[1]?.replaceAll(/\s*\n\s*/g, ' ')
    if (description !== undefined) {
      return [{ path, byDefault: isCollection(value) ? value.toJSON() : isScalar(value) && value.value, description }]
    }
    if (isMap(value)) return valuesOf(value, `${path}.`)
    throw new Error(`values.yaml: ${path} has no comment that starts with "# --"`)
  })
}
