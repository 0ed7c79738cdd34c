{{/* The rules of a file of alerts/sources, with the names that values give: as alerts/fill.ts does with the defaults. */}}
{{- define "guard.filledRules" -}}
{{- $root := index . 0 -}}
{{- $text := $root.Files.Get (printf "files/alerts/sources/%s.yaml" (index . 1)) -}}
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
{{- $users = append $users (printf "%s!~\"%s\"" . $traffic.probes) -}}
{{- end -}}
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
