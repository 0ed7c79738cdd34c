import { parse, stringify } from 'yaml'
import { fill, namesIn } from './fill.ts'

/** Where the runbooks are found: the one place to change, before `npm run docs`. */
export const RUNBOOKS = 'https://github.com/keybuzzio/keybuzz-version-guard/blob/main/docs/runbooks'

const MADE = (from: string) => ` Made from ${from} by npm run docs: change it there.\n\n`

/** The files of this folder that are made, by name, from the two that are written by hand. */
export function generatedAlertFiles(rules: string, alertmanager: string): Readonly<Record<string, string>> {
  return {
    'rules.yaml': withRunbooks(rules),
    'prometheusrule.yaml': prometheusRule(withRunbooks(rules)),
    'alertmanager-telegram.yaml': telegram(alertmanager),
    'alertmanager-criticals-at-once.yaml': criticalsAtOnce(alertmanager),
    'alertmanagerconfig.yaml': alertmanagerConfig(alertmanager)
  }
}

/** By name of the file in sources/; each can be left out. */
const SOURCES = ['postdeploy', 'traffic', 'api', 'database', 'gate'] as const

/** The rule files of this folder that are made from sources/, plain and for the operator, by name. */
export function generatedRuleFiles(
  readSource: (name: string) => string,
  valuesYaml: string
): Readonly<Record<string, string>> {
  const names = namesIn(valuesYaml)
  return Object.fromEntries(
    SOURCES.flatMap(source => {
      const rules = withRunbooks(fill(readSource(`${source}.yaml`), names))
      const made = comment(MADE(`sources/${source}.yaml`).trimEnd())
      return [
        [`${source}.yaml`, `${made}#\n${rules}`],
        [`prometheusrule-${source}.yaml`, prometheusRule(rules, source)]
      ]
    })
  )
}

function withRunbooks(rules: string): string {
  return rules.replace(/(runbook_url: )\S+\/(\w+\.md)$/gm, `$1${RUNBOOKS}/$2`)
}

function prometheusRule(rules: string, source?: string): string {
  const suffix = source === undefined ? '' : `-${source}`
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: `keybuzz-version-guard${suffix}`, labels: { 'app.kubernetes.io/name': 'keybuzz-version-guard' } },
    spec: parse(rules)
  }
  return comment(MADE(source === undefined ? 'rules.yaml' : `sources/${source}.yaml`)) + print(manifest)
}

interface Route {
  readonly receiver: string
  readonly matchers: readonly string[]
  readonly group_by: readonly string[]
  readonly group_wait: string
  readonly group_interval: string
  readonly repeat_interval: string
}

function telegram(alertmanager: string): string {
  const { route, templates } = parse(alertmanager)
  const routes = route.routes.map((child: Route) => ({ ...child, receiver: 'keybuzz-telegram' }))
  const receiver = {
    name: 'keybuzz-telegram',
    telegram_configs: [
      {
        bot_token_file: '/etc/alertmanager/secrets/telegram-token',
        chat_id: -1001234567890,
        message_thread_id: 42,
        parse_mode: 'HTML',
        message: '{{ template "keybuzz.telegram" . }}',
        send_resolved: false
      }
    ]
  }
  const config = { route: { ...route, routes }, templates, receivers: [{ name: 'nobody' }, receiver] }
  return (
    comment(
      MADE('alertmanager.yaml').trimEnd(),
      ' Telegram, into one topic of a group: chat_id is the group, a number; message_thread_id the topic. Wants',
      ' Alertmanager 0.28 or newer; with 0.26 leave message_thread_id out, below that bot_token_file is unknown too.'
    ) + print(config)
  )
}

function criticalsAtOnce(alertmanager: string): string {
  const { route, ...rest } = parse(alertmanager)
  const [traffic, ours, daily] = route.routes
  const routes = [traffic, { ...ours, group_by: [...ours.group_by, 'severity'] }, daily]
  // What has a route of its own neither hushes nor is hushed: the way back from a bad release is told by a warning.
  const ofOurs = ['alertname=~"KeyBuzz.+"', traffic.matchers[0].replace('=~', '!~')]
  const inhibition = {
    source_matchers: [...ofOurs, 'severity="critical"'],
    target_matchers: [...ofOurs, 'severity="warning"'],
    equal: ours.group_by
  }
  return (
    comment(
      MADE('alertmanager.yaml').trimEnd(),
      ' A critical does not wait for the window of a warning of the same service, and hushes it. The price: two messages',
      ' of one service in 30 minutes.'
    ) + print({ route: { ...route, routes }, inhibit_rules: [inhibition], ...rest })
  )
}

function alertmanagerConfig(alertmanager: string): string {
  const routes: readonly object[] = parse(alertmanager).route.routes.map(operatorRoute)
  // Without a matcher of its own, the first route would take every alert of the cluster.
  const ours = { name: 'alertname', matchType: '=~', value: 'KeyBuzz.+' }
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'AlertmanagerConfig',
    metadata: { name: 'keybuzz-version-guard' },
    spec: {
      route: { receiver: 'keybuzz', matchers: [ours], routes },
      receivers: [{ name: 'keybuzz', webhookConfigs: [{ url: 'http://localhost:8080/alerts', sendResolved: false }] }]
    }
  }
  return (
    comment(
      MADE('alertmanager.yaml').trimEnd(),
      ' For the Prometheus operator. By default it lets such a route see alerts of its own namespace alone, so that this',
      ' one would match nothing: the services are elsewhere, and alerts about the guard itself have no namespace. In the',
      ' Alertmanager resource set',
      '',
      '   alertmanagerConfigMatcherStrategy: { type: None }',
      '',
      ' Without that, put the routes of alertmanager.yaml into the main configuration.',
      '',
      ' A receiver of the main configuration cannot be named here: an AlertmanagerConfig sees its own alone.'
    ) +
    print(manifest) +
    comment(
      ' In place of webhookConfigs, or beside them, without the `# `. Each secret is a key of a Secret in this',
      ' namespace: while one is missing, the operator takes nothing of this file.',
      ...print(OTHER_RECEIVERS)
        .trimEnd()
        .split('\n')
        .map(line => `       ${line}`)
    )
  )
}

const secret = (key: string) => ({ name: 'keybuzz-alerting', key })
// An AlertmanagerConfig brings no templates.
const MESSAGE =
  '{{ range .Alerts.Firing }}{{ .Labels.alertname }}, {{ .Labels.service }} {{ .Labels.namespace }}: {{ .Annotations.message }} {{ .Annotations.runbook_url }} {{ end }}'

// In Slack, &, < and > are what could act: as a link, or as a mention of a channel. Its usual title escapes nothing.
const slackSafe = (field: string) =>
  `{{ reReplaceAll ">" "&gt;" (reReplaceAll "<" "&lt;" (reReplaceAll "&" "&amp;" ${field})) }}`
const SLACK_TITLE = slackSafe('.CommonLabels.service')
const SLACK_MESSAGE = MESSAGE.replace(/{{ (\.(?:Labels|Annotations)\.(?!runbook_url)\w+) }}/g, (_, field) =>
  slackSafe(field)
)

/** What a receiver of an AlertmanagerConfig may have, each kind with its secret. */
export const OTHER_RECEIVERS = {
  emailConfigs: [
    {
      to: 'sre@example.com',
      from: 'alertmanager@example.com',
      smarthost: 'smtp.example.com:587',
      authUsername: 'alertmanager@example.com',
      authPassword: secret('smtp-password'),
      text: MESSAGE,
      html: '',
      sendResolved: false
    }
  ],
  slackConfigs: [
    {
      apiURL: secret('slack-url'),
      channel: '#sre',
      title: SLACK_TITLE,
      fallback: SLACK_TITLE,
      text: SLACK_MESSAGE,
      sendResolved: false
    }
  ],
  pagerdutyConfigs: [{ routingKey: secret('pagerduty-key'), description: MESSAGE, sendResolved: false }],
  telegramConfigs: [
    {
      botToken: secret('telegram-token'),
      chatID: -1001234567890,
      messageThreadID: 42,
      parseMode: 'HTML',
      message: MESSAGE,
      sendResolved: false
    }
  ]
}

function operatorRoute({ matchers, ...route }: Route): object {
  return {
    receiver: 'keybuzz',
    matchers: matchers.map(matcher => {
      const [, name, matchType, value] = /^(\w+)(=~|!=|!~|=)"(.*)"$/.exec(matcher) ?? []
      return { name, matchType, value }
    }),
    groupBy: route.group_by,
    groupWait: route.group_wait,
    groupInterval: route.group_interval,
    repeatInterval: route.repeat_interval
  }
}

function print(document: object): string {
  const text = stringify(document, { aliasDuplicateObjects: false, lineWidth: 0, blockQuote: 'literal' })
  // To readers of YAML 1.1, Ansible among them, a bare `=` is no text.
  return text.replace(/: =$/gm, ': "="')
}

function comment(...lines: readonly string[]): string {
  return `${lines
    .join('\n')
    .trimEnd()
    .split('\n')
    .map(line => `#${line}`)
    .join('\n')}\n`
}
