import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILES: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.2.3+build.7\nappVersion: 1.4.2\n',
  'values.yaml': 'tag: v1.4.2\nbad: false\nhold: false\npassword: ""\n',
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
  annotations:
    version-guard.keybuzz.io/enabled: "true"
    version-guard.keybuzz.io/required-secrets: db,missing,not-granted
    version-guard.keybuzz.io/required-configmaps: config
    version-guard.keybuzz.io/migration-job: migrate
spec:
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: app, image: "shop:{{ .Values.tag }}" }] }
`,
  'templates/secret.yaml': `apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }}-own }
stringData: { password: {{ .Values.password | quote }} }
`,
  // The API server refuses the name.
  'templates/bad.yaml':
    '{{ if .Values.bad }}\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: Bad_Name }\n{{ end }}\n',
  // Nobody runs Jobs here, so an uninstallation waits for it.
  'templates/hook.yaml': `{{ if .Values.hold }}
apiVersion: batch/v1
kind: Job
metadata: { name: {{ .Release.Name }}-goodbye, annotations: { helm.sh/hook: pre-delete } }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a }] } } }
{{ end }}
`
}

/** A small chart of a service, which can be made to fail, or to wait for ever; writes it to the folder. */
export function writeShopChart(folder: string): string {
  const chart = join(folder, 'shop')
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(chart, name, '..'), { recursive: true })
    writeFileSync(join(chart, name), text)
  }
  return chart
}
