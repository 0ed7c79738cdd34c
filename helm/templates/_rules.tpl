{{/* The rules of a file of alerts/sources, with the words that annotations share and the names that values give: as
     alerts/fill.ts does with the defaults. Words first, because they have names in them. */}}
{{- define "guard.filledRules" -}}
{{- $root := index . 0 -}}
{{- $text := $root.Files.Get (printf "files/alerts/sources/%s.yaml" (index . 1)) -}}
{{- range $name, $value := $root.Files.Get "files/alerts/sources/words.yaml" | fromYaml -}}
{{- $text = replace (printf "$%s" $name) $value $text -}}
{{- end -}}
{{- range $name, $value := merge (include "guard.ruleNames" $root | fromYaml) (default dict (index . 2)) -}}
{{- $text = replace (printf "$%s" $name) $value $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{- define "guard.ruleNames" -}}
{{- $traffic := .Values.alerting.traffic -}}
{{- $database := .Values.alerting.database -}}
{{- $good := list -}}
{{- $not200 := list -}}
{{- range $traffic.statusLabels -}}
{{- $good = append $good (printf "%s!~\"5..\"" .) -}}
{{- $not200 = append $not200 (printf "%s!=\"200\"" .) -}}
{{- end -}}
{{- $users := list -}}
{{- $routes := list -}}
{{- range $traffic.routeLabels -}}
{{- $routes = append $routes (quote .) -}}
{{- $users = append $users (printf "%s!~%s" . (quote $traffic.probes)) -}}
{{- end -}}
RUNBOOK_URL: {{ .Values.alerting.runbookUrl | trimSuffix "/" | quote }}
PAGE_URL: {{ .Values.alerting.pageUrl | default "" | trimSuffix "/" | quote }}
DASHBOARD_URL: {{ .Values.alerting.dashboardUrl | default "" | quote }}
REQUESTS: {{ $traffic.requests | quote }}
DURATIONS: {{ $traffic.durations | quote }}
GOOD: {{ join "," $good | toJson }}
NOT_200: {{ join "," $not200 | toJson }}
ROUTES: {{ join ", " $routes | toJson }}
USERS: {{ join "," $users | toJson }}
HEALTH: {{ $traffic.health | toJson }}
DISK_RATIO: {{ $database.diskRatio | toJson }}
DISK_LABEL: {{ $database.diskLabel | quote }}
QUERY_SECONDS: {{ $database.querySeconds | quote }}
QUERY_CALLS: {{ $database.queryCalls | quote }}
CONNECTIONS: {{ $database.connections | toJson }}
{{- end -}}
