{{/* The pod, of the Deployment and of the StatefulSet alike. */}}
{{- define "guard.pod" -}}
metadata:
  labels:
    {{- include "guard.podLabels" . | nindent 4 }}
  annotations:
    {{- $ours := dict "kubectl.kubernetes.io/default-container" "guard" }}
    {{- merge dict (default dict .Values.podAnnotations) $ours | toYaml | nindent 4 }}
spec:
  serviceAccountName: {{ include "guard.serviceAccountName" . | quote }}
  automountServiceAccountToken: {{ include "guard.readsKubernetes" . | not | not }}
  {{- /* Variables of other Services have no business here. */}}
  enableServiceLinks: false
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "guard.imagePullSecrets" . }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: guard
      image: {{ include "guard.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve]
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        {{- include "guard.env" . | trim | nindent 8 }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: http, containerPort: 9877, protocol: TCP }
      {{- with .Values.livenessProbe }}
      livenessProbe:
        {{- include "guard.probe" (list $ . "/live") | trim | nindent 8 }}
      {{- end }}
      {{- with .Values.readinessProbe }}
      readinessProbe:
        {{- include "guard.probe" (list $ . "/readyz") | trim | nindent 8 }}
      {{- end }}
      {{- with .Values.startupProbe }}
      startupProbe:
        {{- include "guard.probe" (list $ . "/live") | trim | nindent 8 }}
      {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        {{- include "guard.volumeMounts" . | trim | nindent 8 }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "guard.volumes" . | trim | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "guard.topologySpread" . }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
{{- end -}}

{{- define "guard.env" -}}
{{ include "guard.ownEnv" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The variables that the values of the chart set. */}}
{{- define "guard.ownEnv" -}}
{{- range $name, $value := .Values.config }}
{{- /* YAML reads off as false. */}}
{{- if and (eq $name "IMAGE_UPDATES") (kindIs "bool" $value) }}{{ $value = "off" }}{{ end }}
- name: {{ $name }}
  value: {{ ternary (printf "%.0f" $value) (toString $value) (kindIs "float64" $value) | quote }}
{{- end }}
{{- with .Values.namespaces }}
- name: WATCH_NAMESPACES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .Values.pods.watch }}
- name: WATCH_PODS
  value: "true"
{{- end }}
- name: TARGETS_FILE
  value: /etc/version-guard/targets/targets.yaml
{{- if or .Values.endpointCa.configMap .Values.endpointCa.secret }}
- name: ENDPOINT_CA_FILE
  value: {{ printf "/etc/version-guard/endpoint-ca/%s" .Values.endpointCa.key | quote }}
{{- end }}
{{- if include "guard.hasWebConfig" . }}
- name: WEB_CONFIG_FILE
  value: /etc/version-guard/web-config/web-config.yaml
{{- end }}
{{- if include "guard.hasGate" . }}
- name: GATE_CONFIG
  value: /etc/version-guard/gate/gate.yaml
- name: GATE_INTERVAL
  value: {{ .Values.gate.interval | quote }}
{{- end }}
{{- if gt (int .Values.shards) 1 }}
- name: SHARD
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: TOTAL_SHARDS
  value: {{ .Values.shards | quote }}
{{- end }}
{{- end -}}

{{/* Folders, never subPath: a file that is mounted by subPath stays as it was when the pod started. */}}
{{- define "guard.volumeMounts" -}}
- { name: targets, mountPath: /etc/version-guard/targets, readOnly: true }
{{- if or .Values.endpointCa.configMap .Values.endpointCa.secret }}
- { name: endpoint-ca, mountPath: /etc/version-guard/endpoint-ca, readOnly: true }
{{- end }}
{{- if include "guard.hasWebConfig" . }}
- { name: web-config, mountPath: /etc/version-guard/web-config, readOnly: true }
{{- end }}
{{- if include "guard.hasGate" . }}
- { name: gate, mountPath: /etc/version-guard/gate, readOnly: true }
{{- end }}
{{- range $index, $name := .Values.secretFiles }}
- { name: secret-{{ $index }}, mountPath: {{ printf "/etc/version-guard/secrets/%s" $name | quote }}, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "guard.volumes" -}}
- name: targets
  configMap:
    name: {{ default (printf "%s-targets" (include "guard.fullname" .)) .Values.existingTargets.configMap | quote }}
    items: [{ key: {{ .Values.existingTargets.key | quote }}, path: targets.yaml }]
{{- with .Values.endpointCa.configMap }}
- name: endpoint-ca
  configMap: { name: {{ . | quote }} }
{{- end }}
{{- with .Values.endpointCa.secret }}
- name: endpoint-ca
  secret: { secretName: {{ . | quote }}, defaultMode: 0440 }
{{- end }}
{{- if include "guard.hasWebConfig" . }}
- name: web-config
  secret:
    secretName: {{ default (printf "%s-web-config" (include "guard.fullname" .)) .Values.webConfig.existingSecret | quote }}
    defaultMode: 0440
{{- end }}
{{- if include "guard.hasGate" . }}
- name: gate
  configMap: { name: {{ default (printf "%s-gate" (include "guard.fullname" .)) .Values.gate.existingConfigMap | quote }} }
{{- end }}
{{- range $index, $name := .Values.secretFiles }}
- name: secret-{{ $index }}
  secret: { secretName: {{ $name | quote }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A probe as given; without a handler of its own it asks the path, or, where the kubelet would need a certificate, the port. */}}
{{- define "guard.probe" -}}
{{- $root := index . 0 -}}
{{- $probe := index . 1 -}}
{{- if not (or $probe.httpGet $probe.tcpSocket $probe.exec $probe.grpc) }}
{{- if include "guard.wantsClientCertificate" $root }}
tcpSocket: { port: http }
{{- else }}
httpGet: { path: {{ index . 2 }}, port: http, scheme: {{ include "guard.scheme" $root | upper }} }
{{- end }}
{{- end }}
{{ toYaml $probe }}
{{- end -}}

{{- define "guard.topologySpread" -}}
{{- $ours := dict "labelSelector" (dict "matchLabels" (include "guard.selectorLabels" . | fromYaml)) -}}
{{- $given := default list .Values.topologySpreadConstraints -}}
{{- if and (not $given) (include "guard.hasSeveralPods" .) -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- $given = append $given (dict "maxSkew" 1 "topologyKey" . "whenUnsatisfiable" "ScheduleAnyway") -}}
{{- end -}}
{{- end -}}
{{- $complete := list -}}
{{- range $given -}}
{{- $complete = append $complete (merge (deepCopy .) $ours) -}}
{{- end -}}
{{- with $complete }}{{ toYaml . }}{{ end -}}
{{- end -}}
