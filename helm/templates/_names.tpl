{{- define "guard.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Unique for each release, without repeating a word. 52: a StatefulSet's pods add a number and a hash. */}}
{{- define "guard.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $both .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "guard.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "guard.selectorLabels" -}}
app.kubernetes.io/name: {{ include "guard.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "guard.metadataLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "guard.labels" -}}
{{- include "guard.labelsWith" (list . dict) -}}
{{- end -}}

{{/* The labels of an object, with more of its own. If names clash, ours win, because selectors rely on them. */}}
{{- define "guard.labelsWith" -}}
{{- $root := index . 0 -}}
{{- $ours := merge (include "guard.selectorLabels" $root | fromYaml) (include "guard.metadataLabels" $root | fromYaml) -}}
{{- merge $ours (default dict (index . 1)) (default dict $root.Values.commonLabels) | toYaml -}}
{{- end -}}

{{/* Without the chart's version, which would restart the pods for nothing. */}}
{{- define "guard.podLabels" -}}
{{- merge (include "guard.selectorLabels" . | fromYaml) (default dict .Values.podLabels) (default dict .Values.commonLabels) | toYaml -}}
{{- end -}}

{{- define "guard.serviceAccountName" -}}
{{- default (ternary (include "guard.fullname" .) "default" (.Values.serviceAccount.create | not | not)) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "guard.image" -}}
{{- $tag := default (printf "v%s" .Chart.AppVersion) .Values.image.tag -}}
{{- $repository := .Values.image.repository -}}
{{- with (default dict .Values.global).imageRegistry -}}
{{- /* The registry is the part before the first slash, if that looks like a host. */ -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- printf "%s:%s" $repository $tag -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* Our own pull secrets and those of `global`, which other charts write as plain names. */}}
{{- define "guard.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (default list (default dict .Values.global).imagePullSecrets) (default list .Values.imagePullSecrets) -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $secrets }}{{ toYaml . }}{{ end -}}
{{- end -}}
