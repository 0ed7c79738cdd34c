import { parse, stringify } from 'yaml'
import { fill, namesIn, wordsIn } from './fill.ts'

const MADE = (from: string) => ` Made from ${from} by npm run docs: change it there.\n\n`

/** The files of this folder that are made from alertmanager.yaml, by name. */
export function generatedAlertmanagerFiles(alertmanager: string): Readonly<Record<string, string>> {
  return {
    'alertmanager-telegram.yaml': telegram(alertmanager),
    'alertmanager-criticals-at-once.yaml': criticalsAtOnce(alertmanager),
    'alertmanagerconfig.yaml': alertmanagerConfig(alertmanager)
  }
}

/** By name of the file in sources/. Each can be left out of Prometheus' configuration. */
const SOURCES = ['rules', 'postdeploy', 'traffic', 'api', 'database', 'gate'] as const

/** The rule files of this folder that are made from sources/, plain and for the operator, by name. */
export function generatedRuleFiles(
  readSource: (name: string) => string,
  valuesYaml: string
): Readonly<Record<string, string>> {
  const names = namesIn(valuesYaml)
  const all = { ...names, ...wordsIn(readSource('words.yaml'), names) }
  return Object.fromEntries(
    SOURCES.flatMap(source => {
      const rules = fill(readSource(`${source}.yaml`), all)
      const suffix = source === 'rules' ? '' : `-${source}`
      return [
        [`${source}.yaml`, `${comment(MADE(`sources/${source}.yaml`).trimEnd())}#\n${rules}`],
        [`prometheusrule${suffix}.yaml`, prometheusRule(rules, source, suffix)]
      ]
    })
  )
}

function prometheusRule(rules: string, source: string, suffix: string): string {
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: `keybuzz-version-guard${suffix}`, labels: { 'app.kubernetes.io/name': 'keybuzz-version-guard' } },
    spec: parse(rules)
  }
  return comment(MADE(`sources/${source}.yaml`)) + print(manifest)
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
      ' Telegram, into one topic of a group: chat_id is the group, a number; message_thread_id the topic. Needs',
      ' Alertmanager 0.28 or newer; with 0.26 leave message_thread_id out, below that bot_token_file is unknown too.'
    ) + print(config)
  )
}

function criticalsAtOnce(alertmanager: string): string {
  const { route, ...rest } = parse(alertmanager)
  const [traffic, ours, daily] = route.routes
  const routes = [traffic, { ...ours, group_by: [...ours.group_by, 'severity'] }, daily]
  // What has a route of its own neither mutes nor is muted: the way back from a bad release comes with a warning.
  const ofOurs = ['alertname=~"KeyBuzz.+"', traffic.matchers[0].replace('=~', '!~')]
  const inhibition = {
    source_matchers: [...ofOurs, 'severity="critical"'],
    target_matchers: [...ofOurs, 'severity="warning"'],
    // What neither has is equal too, so the label may be absent.
    equal: ['cluster', ...ours.group_by]
  }
  return (
    comment(
      MADE('alertmanager.yaml').trimEnd(),
      ' A critical does not wait for the window of a warning of the same service, and mutes it. The price: two messages',
      ' about one service in 30 minutes.'
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
      ' For the Prometheus operator. By default it lets such a route see only alerts of its own namespace, so this',
      ' one would match nothing: the services are elsewhere, and alerts about the guard itself have no namespace. In the',
      ' Alertmanager resource set',
      '',
      '   alertmanagerConfigMatcherStrategy: { type: None }',
      '',
      ' Without that, put the routes of alertmanager.yaml into the main configuration.',
      '',
      ' A receiver of the main configuration cannot be named here: an AlertmanagerConfig sees only its own.'
    ) +
    print(manifest) +
    comment(
      ' In place of webhookConfigs, or beside them, without the `# `. Each secret is a key of a Secret in this',
      ' namespace: while one is missing, the operator ignores this file.',
      ...print(OTHER_RECEIVERS)
        .trimEnd()
        .split('\n')
        .map(line => `       ${line}`)
    )
  )
}

const secret = (key: string) => ({ name: 'keybuzz-alerting', key })
// An AlertmanagerConfig brings no templates, so that everything is said here once more, in short.
// A subject is one line, which mail servers refuse beyond 998 characters (RFC 5322).
const TITLE =
  '{{ range $i, $alert := .Alerts }}{{ if lt $i 3 }}{{ if $i }}; {{ end }}{{ .Annotations.summary }}{{ end }}{{ end }}' +
  '{{ if gt (len .Alerts) 3 }}; and others, {{ len .Alerts }} in all{{ end }}'
const ALERT =
  '{{ .Annotations.summary }}. {{ .Annotations.message }}. ' +
  '{{ if .Annotations.culprit }}{{ .Annotations.culprit }} {{ end }}' +
  '{{ if .Annotations.command }}Command: {{ .Annotations.command }} {{ end }}{{ .Annotations.runbook_url }} '
const MESSAGE = `{{ range .Alerts.Firing }}${ALERT}{{ end }}`
// Where more would be cut: by Slack after some 8,000 characters, for Telegram after 4,096.
const messageOf = (most: number) =>
  `{{ range $i, $alert := .Alerts.Firing }}{{ if lt $i ${most} }}${ALERT}{{ else if eq $i ${most} }}… and others{{ end }}{{ end }}`
const ALL_SEVERITIES = '{{ $all := "" }}{{ range .Alerts }}{{ $all = printf "%s %s" $all .Labels.severity }}{{ end }}'
// The words that PagerDuty takes.
const SEVERITY = `${ALL_SEVERITIES}{{ if match "critical" $all }}critical{{ else if match "error" $all }}error{{ else if match "warning" $all }}warning{{ else if match "info" $all }}info{{ else }}error{{ end }}`
const COLOUR = `${ALL_SEVERITIES}{{ if match "critical|error" $all }}danger{{ else if match "warning" $all }}warning{{ else }}#439fe0{{ end }}`
const RUNBOOK =
  '{{ $url := "" }}{{ range .Alerts }}{{ if or (not $url) (eq .Labels.severity "critical") }}{{ $url = .Annotations.runbook_url }}{{ end }}{{ end }}{{ $url }}'

// In Slack, &, < and > are what could act: as a link, or as a mention of a channel. Its usual title escapes nothing.
const slackSafe = (field: string) =>
  `{{ reReplaceAll ">" "&gt;" (reReplaceAll "<" "&lt;" (reReplaceAll "&" "&amp;" ${field})) }}`
const inSlack = (text: string) =>
  text.replace(/{{ (\.Annotations\.(?!runbook_url)\w+) }}/g, (_, field) => slackSafe(field))

/** What a receiver of an AlertmanagerConfig may have, each kind with its secret. */
export const OTHER_RECEIVERS = {
  emailConfigs: [
    {
      to: 'sre@example.com',
      from: 'alertmanager@example.com',
      smarthost: 'smtp.example.com:587',
      authUsername: 'alertmanager@example.com',
      authPassword: secret('smtp-password'),
      headers: [{ key: 'Subject', value: TITLE }],
      text: MESSAGE,
      html: '',
      sendResolved: false
    }
  ],
  slackConfigs: [
    {
      apiURL: secret('slack-url'),
      channel: '#sre',
      color: COLOUR,
      title: inSlack(TITLE),
      titleLink: RUNBOOK,
      fallback: inSlack(TITLE),
      text: inSlack(messageOf(20)),
      sendResolved: false
    }
  ],
  pagerdutyConfigs: [
    {
      routingKey: secret('pagerduty-key'),
      description: TITLE,
      severity: SEVERITY,
      class: '{{ .CommonLabels.alertname }}',
      component: '{{ .CommonLabels.service }}',
      group: '{{ .CommonLabels.namespace }}',
      details: [{ key: 'text', value: MESSAGE }],
      pagerDutyLinkConfigs: [
        { href: RUNBOOK, alt: 'Runbook' },
        { href: '{{ .CommonAnnotations.page_url }}', alt: 'Page of the service' },
        { href: '{{ .CommonAnnotations.dashboard_url }}', alt: 'Dashboard' }
      ],
      // Else the incident stays open, and takes in what comes later without calling anybody.
      sendResolved: true
    }
  ],
  telegramConfigs: [
    {
      botToken: secret('telegram-token'),
      chatID: -1001234567890,
      messageThreadID: 42,
      parseMode: 'HTML',
      message: messageOf(10),
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
