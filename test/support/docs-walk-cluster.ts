/** What the pages' commands for a cluster have to print, by the first line of each, in the order in which they are walked. */
export const ON_A_CLUSTER: Readonly<Record<string, RegExp>> = {
  'kubectl create namespace monitoring': /created/,
  'helm install version-guard helm -n monitoring --create-namespace': /STATUS: deployed/,
  'helm history version-guard -n monitoring': /^1\s.+Install complete/m,
  'helm upgrade version-guard helm -n monitoring --dry-run=server': /^MANIFEST:/m,
  'helm rollback version-guard REVISION -n monitoring': /Rollback was a success/,
  'helm install version-guard helm -n monitoring -f helm/values-keybuzz-dev.yaml': /STATUS: deployed/,
  'helm install version-guard helm -n monitoring -f docs/examples/values-kube-prometheus-stack.yaml':
    /STATUS: deployed/,
  'kubectl annotate deployment keybuzz-client -n keybuzz-client-dev \\': /keybuzz-client annotated/,
  'kubectl get deploy,sts,ds,rs,controllerrevisions,pods -A -o yaml > saved.yaml': /^$/,
  'kubectl apply -f docs/examples/rbac-cluster.yaml': /clusterrole\S+ created/,
  'kubectl apply -n monitoring -f alerts/prometheusrule.yaml -f alerts/prometheusrule-postdeploy.yaml': /created/,
  'kubectl apply -n monitoring -f alerts/prometheusrule.yaml -f alerts/prometheusrule-postdeploy.yaml \\':
    /alertmanagerconfig\S+ created/,
  'kubectl create configmap keybuzz-dashboards -n monitoring \\': /created/,
  'kubectl label configmap keybuzz-dashboards -n monitoring grafana_dashboard=1': /labeled/,
  'kubectl create secret generic grafana-admin -n monitoring --from-literal=user=admin --from-file=password': /created/
}
