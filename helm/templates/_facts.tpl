{{/* What several templates ask about the values. A condition is true when its text is not empty. */}}

{{- define "guard.workloadSource" -}}
{{- default "kubernetes" (default dict .Values.config).WORKLOAD_SOURCE -}}
{{- end -}}

{{- define "guard.readsKubernetes" -}}
{{- if eq (include "guard.workloadSource" .) "kubernetes" }}yes{{ end -}}
{{- end -}}

{{- define "guard.readsRegistries" -}}
{{- if ne (default "off" (default dict .Values.config).IMAGE_UPDATES) "off" }}yes{{ end -}}
{{- end -}}

{{- define "guard.hasSeveralPods" -}}
{{- if or (gt (int .Values.replicas) 1) (gt (int .Values.shards) 1) }}yes{{ end -}}
{{- end -}}

{{- define "guard.hasWebConfig" -}}
{{- if or .Values.webConfig.content .Values.webConfig.existingSecret }}yes{{ end -}}
{{- end -}}

{{- define "guard.hasGate" -}}
{{- if or .Values.gate.config .Values.gate.existingConfigMap }}yes{{ end -}}
{{- end -}}

{{- define "guard.scheme" -}}
{{- if or .Values.webConfig.existingSecretHasTls (default dict .Values.webConfig.content).tls_server_config }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* Whether the listener insists on a client certificate. */}}
{{- define "guard.wantsClientCertificate" -}}
{{- $type := dig "tls_server_config" "client_auth_type" "" (default dict .Values.webConfig.content) -}}
{{- if has $type (list "RequireClientCert" "RequireAnyClientCert" "RequireAndVerifyClientCert") }}yes{{ end -}}
{{- end -}}

{{/* The port of an endpoint; if it names none, the port of its scheme. */}}
{{- define "guard.endpointPort" -}}
{{- $byScheme := ternary "443" "80" (hasPrefix "https:" .) -}}
{{- default $byScheme (regexFind "^[a-z]+://[^/?#]*" . | regexFind ":[0-9]+$" | trimPrefix ":") -}}
{{- end -}}

{{/* The port of a Docker host; if its address names none, Docker's default. Empty for a socket. */}}
{{- define "guard.enginePort" -}}
{{- $config := default dict .Values.config -}}
{{- if and (eq (include "guard.workloadSource" .) "docker") (hasPrefix "tcp:" (default "" $config.DOCKER_HOST)) -}}
{{- $byTls := ternary "2376" "2375" (or $config.DOCKER_CERT_PATH $config.DOCKER_TLS_VERIFY | not | not) -}}
{{- default $byTls (regexFind "^[a-z]+://[^/?#]*" $config.DOCKER_HOST | regexFind ":[0-9]+$" | trimPrefix ":") -}}
{{- end -}}
{{- end -}}

{{/* Whether the chart's network policy keeps the guard from a port, as far as the values show: `(list . PORT)`. */}}
{{- define "guard.isClosed" -}}
{{- $policy := (index . 0).Values.networkPolicy -}}
{{- if and $policy.enabled (not $policy.egress.extra) (not (has (index . 1) (toStrings $policy.egress.endpoints.ports))) }}yes{{ end -}}
{{- end -}}
