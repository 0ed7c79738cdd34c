{{/* What the schema cannot say in words. */}}
{{- define "guard.refuse" -}}
{{- if and (gt (int .Values.replicas) 1) (gt (int .Values.shards) 1) -}}
{{- fail (printf "replicas: %d and shards: %d exclude each other: with replicas each pod checks all targets, with shards each checks its part. Leave one of them at 1" (int .Values.replicas) (int .Values.shards)) -}}
{{- end -}}
{{- if and .Values.webConfig.content .Values.webConfig.existingSecret -}}
{{- fail "webConfig.content and webConfig.existingSecret exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.gate.config .Values.gate.existingConfigMap -}}
{{- fail "gate.config and gate.existingConfigMap exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.endpointCa.configMap .Values.endpointCa.secret -}}
{{- fail "endpointCa.configMap and endpointCa.secret exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.alerting.alertmanagerConfig.enabled (not .Values.alerting.alertmanagerConfig.receiver) -}}
{{- fail "alerting.alertmanagerConfig.receiver is empty, so nobody would be notified: name one, such as webhookConfigs: [{ urlSecret: { name: …, key: … } }]" -}}
{{- end -}}
{{- if and .Values.rbac.create (include "guard.readsKubernetes" .) (eq (include "guard.serviceAccountName" .) "default") -}}
{{- fail "rbac.create would grant rights to the service account default, which every pod of the namespace has: set serviceAccount.create or serviceAccount.name" -}}
{{- end -}}
{{- if and .Values.webConfig.existingSecretHasTls (not .Values.webConfig.existingSecret) -}}
{{- fail "webConfig.existingSecretHasTls is true, but webConfig.existingSecret is empty: name the Secret, or write tls_server_config into webConfig.content" -}}
{{- end -}}
{{- $config := default dict .Values.config -}}
{{- if and $config.HELM_RELEASES .Values.rbac.create (not .Values.namespaces) -}}
{{- fail "config.HELM_RELEASES needs the right to list Secrets, which is the right to read them, and the chart does not grant that in a ClusterRole: name the namespaces of Helm's releases in namespaces" -}}
{{- end -}}
{{- if and $config.IMAGE_PULL_SECRETS .Values.rbac.create (not .Values.images.pullSecrets) -}}
{{- fail "config.IMAGE_PULL_SECRETS needs the right to get the Secrets, and the chart grants that only by name: list them in images.pullSecrets" -}}
{{- end -}}
{{- range $value, $items := dict "requiredObjects" .Values.requiredObjects "images.pullSecrets" .Values.images.pullSecrets -}}
{{- $places := list -}}
{{- range $items -}}
{{- if has .namespace $places -}}
{{- fail (printf "%s: %s is there twice: put its objects together" $value .namespace) -}}
{{- end -}}
{{- $places = append $places .namespace -}}
{{- end -}}
{{- end -}}
{{- $services := list -}}
{{- range .Values.targets -}}
{{- $service := printf "%s/%s" .namespace .service -}}
{{- if has $service $services -}}
{{- fail (printf "targets: %s is there twice, and the guard would not start: remove one" $service) -}}
{{- end -}}
{{- $services = append $services $service -}}
{{- end -}}
{{- if regexMatch "^(127\\.|localhost$|\\[?::1\\]?$)" (default "" $config.HOST) -}}
{{- fail (printf "config.HOST: %s can be reached only from within the pod, so neither probes nor Prometheus would get an answer: leave it out" $config.HOST) -}}
{{- end -}}
{{- if and $config.LOG_DIR (default dict .Values.securityContext).readOnlyRootFilesystem -}}
{{- $isMounted := false -}}
{{- range .Values.extraVolumeMounts -}}
{{- if hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) (printf "%s/" $config.LOG_DIR) -}}{{- $isMounted = true -}}{{- end -}}
{{- end -}}
{{- if not $isMounted -}}
{{- fail (printf "config.LOG_DIR: %s is in no volume, and the pod's own files are read-only, so the guard would not start: mount a volume there with extraVolumes and extraVolumeMounts" $config.LOG_DIR) -}}
{{- end -}}
{{- end -}}
{{- /* If this is not a valid regular expression, the operator ignores all rules. */ -}}
{{- $_ := mustRegexMatch .Values.alerting.traffic.probes "" -}}
{{- include "guard.refuseVariables" . -}}
{{- include "guard.refuseImage" . -}}
{{- $name := include "guard.fullname" . -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "%s is no name for a Service: lower-case letters, digits and -, a letter first and no - at the end. Set fullnameOverride" $name) -}}
{{- end -}}
{{- $monitor := .Values.serviceMonitor -}}
{{- if and $monitor.enabled $monitor.scrapeTimeout (gt (include "guard.milliseconds" $monitor.scrapeTimeout | int64) (include "guard.milliseconds" $monitor.interval | int64)) -}}
{{- fail (printf "serviceMonitor.scrapeTimeout: %s is more than serviceMonitor.interval: %s, and the operator would ignore the ServiceMonitor" $monitor.scrapeTimeout $monitor.interval) -}}
{{- end -}}
{{- if and .Values.alerting.prometheusRule.enabled .Values.alerting.rules.versions -}}
{{- $interval := default "20s" $config.CHECK_INTERVAL -}}
{{- $scrape := ternary $monitor.interval "15s" ($monitor.enabled | not | not) -}}
{{- $takes := add (mul 2 (include "guard.milliseconds" $interval | int64)) (include "guard.milliseconds" $scrape | int64) -}}
{{- if gt $takes 60000 -}}
{{- fail (printf "config.CHECK_INTERVAL: %s and a scrape every %s are too slow for the alerts, which wait for 1m: a single bad check would page. Two check intervals and one scrape interval must fit into 1m; or set alerting.rules.versions to false and load rules of your own" $interval $scrape) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.existingTargets.configMap .Values.targets -}}
{{- fail "targets and existingTargets.configMap exclude each other: leave one of them empty" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.hosts is empty, and without a host the page would answer to every name: name one" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs is empty, so no gateway would take the route: name one, such as [{ name: public, namespace: gateways }]" -}}
{{- end -}}
{{- end -}}

{{/* By the grammar of github.com/distribution/reference. The API server takes any text; the kubelet then never starts the pod. */}}
{{- define "guard.refuseImage" -}}
{{- $image := include "guard.image" . -}}
{{- $part := "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*" -}}
{{- $registry := "([a-zA-Z0-9.-]+|\\[[a-fA-F0-9:]+\\])(:[0-9]+)?/" -}}
{{- if not (regexMatch (printf "^(%s)?%s(/%s)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$" $registry $part $part) $image) -}}
{{- fail (printf "%s is no image: image.repository takes neither a scheme nor a tag, global.imageRegistry no scheme, image.tag only a tag" $image) -}}
{{- end -}}
{{- end -}}

{{/*
If two variables have one name, the API server keeps the last or the first, depending on the tool. And what the chart does
not know of, it can neither check nor fit rights, probes and rules to.
*/}}
{{- define "guard.refuseVariables" -}}
{{- $taken := list "PORT" "WORKLOAD_SOURCE" "WATCH_PODS" "WATCH_NAMESPACES" "SHARD" "TOTAL_SHARDS" "TARGETS_FILE" "WEB_CONFIG_FILE" "GATE_CONFIG" "HOST" "LOG_DIR" "CHECK_INTERVAL" "HELM_RELEASES" "IMAGE_UPDATES" "IMAGE_PULL_SECRETS" -}}
{{- range include "guard.ownEnv" . | fromYamlArray -}}
{{- $taken = append $taken .name -}}
{{- end -}}
{{- $given := list -}}
{{- range .Values.extraEnv -}}
{{- if has .name $taken -}}
{{- fail (printf "extraEnv: %s comes from config or another value of the chart: set it there, not here" .name) -}}
{{- end -}}
{{- if has .name $given -}}
{{- fail (printf "extraEnv: %s is there twice: remove one" .name) -}}
{{- end -}}
{{- $given = append $given .name -}}
{{- end -}}
{{- $all := concat $taken $given -}}
{{- $source := include "guard.workloadSource" . -}}
{{- if and (eq $source "file") (not (or (has "WORKLOADS_FILE" $all) .Values.extraEnvFrom)) -}}
{{- fail "config.WORKLOAD_SOURCE is file, but config.WORKLOADS_FILE is empty: say where the manifests are, and mount them with extraVolumes and extraVolumeMounts" -}}
{{- end -}}
{{- if and (eq $source "docker") (not (or (has "DOCKER_HOST" $all) .Values.extraEnvFrom)) -}}
{{- fail "config.WORKLOAD_SOURCE is docker, but config.DOCKER_HOST is empty, and the pod has no engine of its own: name one, such as tcp://HOST:2376" -}}
{{- end -}}
{{- end -}}

{{/* The milliseconds of a duration as Prometheus writes it. */}}
{{- define "guard.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "^[0-9]+" .) (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
