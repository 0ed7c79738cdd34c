"""What users had before the guard: for each service in turn, kubectl as a subprocess, then one GET.

Arguments: kubectl, kubeconfig, then NAMESPACE/DEPLOYMENT=URL for each service. Prints a JSON line for each check.
"""

import json
import subprocess
import sys
import urllib.request
from datetime import datetime, timezone


def deployed_image(kubectl, kubeconfig, namespace, deployment):
    command = [kubectl, f"--kubeconfig={kubeconfig}", "get", "deployment", deployment, "-n", namespace,
               "-o", "jsonpath={.spec.template.spec.containers[0].image}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


def check(kubectl, kubeconfig, namespace, deployment, url):
    image = deployed_image(kubectl, kubeconfig, namespace, deployment)
    with urllib.request.urlopen(url, timeout=10) as answer:
        report = json.load(answer)
    version, git_sha = report.get("version"), report.get("gitSha")
    if version != image.rsplit(":", 1)[-1]:
        status = "MISMATCH"
    else:
        status = "OK" if git_sha else "WARNING"
    return {"timestamp": datetime.now(timezone.utc).isoformat(), "service": deployment, "namespace": namespace,
            "image": image, "ui_version": version, "git_sha": git_sha, "status": status}


kubectl, kubeconfig, *services = sys.argv[1:]
for service in services:
    place, url = service.split("=", 1)
    print(json.dumps(check(kubectl, kubeconfig, *place.split("/"), url)))
