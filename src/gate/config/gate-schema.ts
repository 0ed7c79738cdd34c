import type { Static } from 'typebox'
import * as Type from 'typebox'
import { CLOSED, oneOf, text, type ValueSchema } from '../../config/file-schema.ts'
import { DNS_LABEL_RULE, isProjectName, PROJECT_RULE } from '../../config/names.ts'
import { HEADER, isPath } from '../../config/targets-schema.ts'
import { isServiceName, SERVICE_NAME_RULE } from '../../domain/target.ts'
import { parseEndpoint } from '../../probe/endpoint-url.ts'
import { LONGEST_TIMER_MS, parseDuration } from '../../text/durations.ts'
import { isDay } from '../../text/times.ts'
import { isSelector, syntaxFault } from '../files/promql.ts'
import { isMetricName, isSlug, SLUG_RULE } from './item-ids.ts'

const MOST_CHARACTERS = 300

const DURATION = text(isTimer, { takes: 'a duration, such as 30s or 5m' })
const PATH = text(isPath, { takes: 'the path of a file, relative to this file' })
const URL_PATH = { takes: 'a path that begins with /, such as /readyz' }
const WORDS = { takes: `one line of at most ${MOST_CHARACTERS} characters` }
const STATUSES = { minimum: 100, maximum: 599, takes: 'an HTTP status, such as 200' }
const STATUS = Type.Integer(STATUSES satisfies ValueSchema & object)
const ITEM = text(isWords, { takes: "an item's id, such as rules-loaded" })
const COUNTS = { minimum: 0, takes: 'a number of alerts' }
const FLAG = Type.Boolean({ takes: 'true or false' } satisfies ValueSchema & object)
const NUMBER = Type.Number({ takes: 'a number' } satisfies ValueSchema & object)

/** How a server is asked. */
const ACCESS = {
  url: text(isAddress, {
    takes: 'an address without user, password, query and fragment, http://HOST or https://HOST',
    secret: true
  }),
  headers: Type.Optional(Type.Record(Type.String(), HEADER)),
  caFile: Type.Optional(PATH),
  clientCertFile: Type.Optional(PATH),
  clientKeyFile: Type.Optional(PATH)
}

const HEALTH = Type.Object(
  {
    status: Type.Optional(STATUS),
    checks: Type.Optional(Type.Array(text(isWords, { takes: 'the name of a check in the answer' }))),
    timeout: Type.Optional(DURATION),
    html: Type.Optional(FLAG)
  },
  CLOSED
)

/** What a drill may await; each entry takes one of these, with the keys that belong to it. */
export const SHOWS = {
  get: ['status', 'json', 'prefix'],
  query: ['value'],
  alert: ['state']
} as const

const SHOW = Type.Object(
  {
    get: Type.Optional(text(isUrlPath, URL_PATH)),
    status: Type.Optional(STATUS),
    json: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    prefix: Type.Optional(text(isMetricName, { takes: 'what names of metrics begin with, such as shop_' })),
    query: Type.Optional(text(isExpression, { takes: 'a PromQL expression' })),
    value: Type.Optional(NUMBER),
    alert: Type.Optional(text(isWords, { takes: "an alert's name" })),
    state: Type.Optional(oneOf(['pending', 'firing']))
  },
  CLOSED
)

const DRILL = Type.Object(
  {
    break: text(isCommand, {
      takes: 'the command that breaks it, which is printed and never run; no control characters'
    }),
    restore: text(isCommand, {
      takes: 'the command that restores it, which is printed and never run; no control characters'
    }),
    timeout: Type.Optional(DURATION),
    shows: Type.Array(SHOW)
  },
  CLOSED
)

const DOCUMENT = Type.Object({ id: text(isSlug, { takes: SLUG_RULE }), path: PATH }, CLOSED)

const WAIVER = Type.Object(
  {
    item: ITEM,
    reason: text(isWords, WORDS),
    by: Type.Optional(text(isWords, WORDS)),
    until: text(isDay, { takes: 'the last day on which it holds, in UTC, such as 2026-03-31' })
  },
  CLOSED
)

/** The shape of a gate file. */
export const GATE = Type.Object(
  {
    service: Type.Object(
      {
        name: text(isServiceName, { takes: SERVICE_NAME_RULE }),
        // A namespace of Kubernetes would do as the name of a project, too.
        namespace: Type.Optional(text(isProjectName, { takes: `${DNS_LABEL_RULE}; with Docker, ${PROJECT_RULE}` })),
        ...ACCESS
      },
      { ...CLOSED, takes: 'a mapping with name and url' }
    ),
    timeout: Type.Optional(DURATION),
    metrics: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(text(isUrlPath, URL_PATH)),
          prefix: Type.Optional(text(isMetricName, { takes: 'what names of metrics begin with, such as shop_' })),
          pushed: Type.Optional(FLAG),
          required: Type.Optional(Type.Record(Type.String(), oneOf(['counter', 'gauge', 'histogram', 'summary'])))
        },
        CLOSED
      )
    ),
    health: Type.Optional(Type.Record(Type.String(), HEALTH)),
    prometheus: Type.Optional(
      Type.Object(
        {
          ...ACCESS,
          selector: text(isSelector, {
            takes: 'matchers for the series of the service, such as job="shop-api"'
          }),
          configFile: Type.Optional(PATH)
        },
        CLOSED
      )
    ),
    alertmanager: Type.Optional(Type.Object(ACCESS, CLOSED)),
    rules: Type.Optional(
      Type.Object(
        {
          files: Type.Optional(Type.Array(PATH)),
          groups: Type.Optional(Type.Record(Type.String(), Type.Integer(COUNTS satisfies ValueSchema & object)))
        },
        CLOSED
      )
    ),
    alert: Type.Optional(
      Type.Object(
        {
          name: text(isWords, { takes: "an alert's name" }),
          runbook: Type.Optional(
            text(isPath, { takes: 'the path of a file, relative to this file, or an http(s) address' })
          ),
          seenWithin: Type.Optional(text(isDuration, { takes: 'a duration, such as 30d' }))
        },
        CLOSED
      )
    ),
    runbooks: Type.Optional(
      Type.Object(
        {
          folder: Type.Optional(PATH),
          sections: Type.Optional(Type.Array(text(isWords, { takes: "a heading's text" }))),
          follow: Type.Optional(FLAG),
          everyAlert: Type.Optional(FLAG)
        },
        CLOSED
      )
    ),
    drills: Type.Optional(Type.Record(Type.String(), DRILL)),
    documents: Type.Optional(Type.Array(Type.Union([PATH, DOCUMENT]))),
    required: Type.Optional(Type.Array(ITEM)),
    optional: Type.Optional(Type.Array(ITEM)),
    waivers: Type.Optional(Type.Array(WAIVER))
  },
  CLOSED
)

/** A gate file as it is written. */
export type GateEntry = Static<typeof GATE>

/** How a server is asked, as it is written. */
export type AccessEntry = Omit<Static<typeof GATE>['service'], 'name' | 'namespace'>

/** Whether a text is the path of a URL. */
export function isUrlPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path) && path.length <= 1024 && !path.includes('#')
}

function isAddress(address: string): boolean {
  const url = parseEndpoint(address)
  return url.seen && url.value.search === '' && url.value.hash === '' && !/[?#]/.test(address)
}

function isDuration(duration: string): boolean {
  return (parseDuration(duration) ?? 0) > 0
}

// A longer timer would fire at once.
function isTimer(duration: string): boolean {
  return isDuration(duration) && (parseDuration(duration) ?? 0) <= LONGEST_TIMER_MS
}

function isWords(words: string): boolean {
  return words.trim() !== '' && words.length <= MOST_CHARACTERS && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(words)
}

function isCommand(command: string): boolean {
  // Printed to be copied: what cannot be seen must not be in it.
  return command.trim() !== '' && command.length <= 4096 && !/[\p{Cf}\p{Zl}\p{Zp}]|(?![\t\n\r])\p{Cc}/u.test(command)
}

function isExpression(expression: string): boolean {
  return syntaxFault(expression) === null
}
