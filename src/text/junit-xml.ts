/** One test suite, as a build server shows it. */
export interface JunitSuite {
  readonly name: string
  /** When it was run, ISO 8601; absent: it is not said. */
  readonly timestamp?: string
  readonly cases: readonly JunitCase[]
}

/** One test case. GitLab shows `classname` as its suite and recognises it by both names, so they should not change. */
export interface JunitCase {
  readonly name: string
  readonly classname: string
  readonly seconds: number
  /** Why it failed; absent: it did not. */
  readonly failure?: JunitVerdict
  /** Why nobody knows whether it passed; absent: it is known. */
  readonly skipped?: JunitVerdict
  /** What else a person may want to read; Jenkins shows it, GitLab does not. */
  readonly output?: string
}

interface JunitVerdict {
  /** One word, such as `MISMATCH`; build servers group by it. */
  readonly type: string
  readonly message: string
}

// XML 1.0 section 2.2, without the surrogates, which `toWellFormed` has replaced: a parser refuses a whole file for one.
const NOT_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // In an attribute, each of these would be read as a space.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;'
}

/**
 * A JUnit report, as both GitLab and Jenkins read it, with a newline at the end.
 *
 * A verdict's message appears twice: Jenkins shows the attribute, and GitLab the text
 * (lib/gitlab/ci/parsers/test/junit.rb). Neither has a word for a warning. Control characters are left out.
 */
export function renderJunit(suites: readonly JunitSuite[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.map(renderSuite).join('')}</testsuites>\n`
}

function renderSuite({ name, timestamp, cases }: JunitSuite): string {
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0)
  const attributes = attributesOf({
    name,
    tests: cases.length,
    failures: cases.filter(({ failure }) => failure !== undefined).length,
    errors: 0,
    skipped: cases.filter(({ skipped }) => skipped !== undefined).length,
    time: seconds.toFixed(3),
    // XML Schema's dateTime; neither GitLab nor Jenkins is sure to read fractions or zones.
    ...(timestamp === undefined ? {} : { timestamp: timestamp.replace(/(?:\.\d+)?Z$/, '') })
  })
  return `  <testsuite${attributes}>\n${cases.map(renderCase).join('')}  </testsuite>\n`
}

function renderCase({ name, classname, seconds, failure, skipped, output }: JunitCase): string {
  const parts = [
    skipped && element('skipped', { message: skipped.message }, `${skipped.type}: ${skipped.message}`),
    failure && element('failure', failure, `${failure.type}: ${failure.message}`),
    output !== undefined && element('system-out', {}, output)
  ].filter(part => typeof part === 'string')
  const start = `    <testcase${attributesOf({ classname, name, time: seconds.toFixed(3) })}`
  return parts.length === 0 ? `${start}/>\n` : `${start}>\n${parts.join('')}    </testcase>\n`
}

function element(name: string, attributes: object, text: string): string {
  return `      <${name}${attributesOf(attributes)}>${escapeXml(text)}</${name}>\n`
}

function attributesOf(attributes: object): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('')
}

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(NOT_XML, '')
    .replace(/[&<>"\t\n\r]/g, character => ESCAPES[character] ?? '')
}
