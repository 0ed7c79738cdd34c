{{/* What several templates ask about the values. A condition is true when its text is not empty. */}}

{{- define "guard.readsKubernetes" -}}
{{- if eq (default "kubernetes" .Values.config.WORKLOAD_SOURCE) "kubernetes" }}yes{{ end -}}
{{- end -}}

{{- define "guard.hasSeveralPods" -}}
{{- if or (gt (int .Values.replicas) 1) (gt (int .Values.shards) 1) }}yes{{ end -}}
{{- end -}}

{{- define "guard.hasWebConfig" -}}
{{- if or .Values.webConfig.content .Values.webConfig.existingSecret }}yes{{ end -}}
{{- end -}}

{{- define "guard.scheme" -}}
{{- if or .Values.webConfig.existingSecretHasTls .Values.webConfig.content.tls_server_config }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* A client certificate that the listener insists on. */}}
{{- define "guard.wantsClientCertificate" -}}
{{- $type := dig "tls_server_config" "client_auth_type" "" .Values.webConfig.content -}}
{{- if has $type (list "RequireClientCert" "RequireAnyClientCert" "RequireAndVerifyClientCert") }}yes{{ end -}}
{{- end -}}

{{/* What the schema cannot say in words. */}}
{{- define "guard.refuse" -}}
{{- if and (gt (int .Values.replicas) 1) (gt (int .Values.shards) 1) -}}
{{- fail (printf "replicas: %d and shards: %d exclude each other: with replicas each pod checks all targets, with shards each checks its part. Leave one of them at 1" (int .Values.replicas) (int .Values.shards)) -}}
{{- end -}}
{{- if and .Values.webConfig.content .Values.webConfig.existingSecret -}}
{{- fail "webConfig.content and webConfig.existingSecret exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.endpointCa.configMap .Values.endpointCa.secret -}}
{{- fail "endpointCa.configMap and endpointCa.secret exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.alerting.alertmanagerConfig.enabled (not .Values.alerting.alertmanagerConfig.receiver) -}}
{{- fail "alerting.alertmanagerConfig.receiver is empty, so nobody would be told: name one, such as webhookConfigs: [{ urlSecret: { name: …, key: … } }]" -}}
{{- end -}}
{{- if and .Values.rbac.create (include "guard.readsKubernetes" .) (eq (include "guard.serviceAccountName" .) "default") -}}
{{- fail "rbac.create would grant rights to the service account default, which every pod of the namespace has: set serviceAccount.create or serviceAccount.name" -}}
{{- end -}}
{{- end -}}
