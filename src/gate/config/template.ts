/** What `gate --init` writes: a gate that works for a service with nothing but metrics, and every other key as a comment. */
export const GATE_TEMPLATE = `# What keybuzz-version-guard gate looks at. Relative paths are relative to this file.
# What you leave out is SKIP and does not block GO; what is here must PASS, unless you list it as optional below.

service:
  name: my-service
  # namespace: production
  url: http://localhost:8080
  # Credentials come from files, here as for prometheus and alertmanager:
  # headers:
  #   Authorization: { prefix: "Bearer ", file: /run/secrets/service-token }
  # For https with a CA of your own, or with a client certificate:
  # caFile: ca.pem
  # clientCertFile: client.pem
  # clientKeyFile: client-key.pem

# The most that one request may take.
# timeout: 10s

metrics:
  path: /metrics
  # What the names of the service's own metrics begin with.
  # prefix: my_service_
  # Not scraped by design, because the service pushes (OTLP, Pushgateway):
  # pushed: true
  # Metrics that dashboards and alerts need: their names without the prefix, and their types.
  # required:
  #   http_requests_total: counter
  #   db_pool_in_use: gauge
  #   http_request_duration_seconds: histogram

# Each path is asked; {} means status 200 within the timeout.
# health:
#   /health: {}
#   /readyz: { status: 200, checks: [database, redis], timeout: 2s }
#   /: { html: true }

# prometheus:
#   url: http://localhost:9090
#   # Which series are the service's.
#   selector: job="my-service"
#   # With this, the scrape job is found even while Prometheus is down.
#   configFile: ops/prometheus.yml

# alertmanager:
#   url: http://localhost:9093

# rules:
#   files: [ops/alerts.yml, "ops/rules/*.yml"]
#   # Expected groups, and how many alerts each has at least.
#   groups: { my-service-critical: 4 }

# The one alert that is followed from its rule to its runbook.
# alert:
#   name: MyServiceDown
#   # Only if its annotation runbook_url or runbook names no file.
#   runbook: docs/runbooks/MyServiceDown.md
#   # Seen as pending or firing within this time counts as seen.
#   seenWithin: 30d

# runbooks:
#   folder: docs/runbooks
#   # Headings that each has; the last two are where commands are looked for.
#   sections: [Signal, Hypotheses, Checks, Actions]
#   # Look up links to http(s) too.
#   follow: false
#   # Every alert of rules.groups must name its runbook.
#   everyAlert: false

# Each path is one item; a name of your own: { id: hardening, path: docs/hardening.md }
# documents: [docs/architecture.md]

# gate --drill NAME prints the commands of a drill, runs none, and waits for what must show.
# drills:
#   database-down:
#     break: docker compose stop postgres
#     restore: docker compose start postgres
#     timeout: 5m
#     shows:
#       - { get: /readyz, status: 503, json: { /checks/database/status: error } }
#       - { query: max(my_service_circuit_breaker_state), value: 2 }
#       - { alert: MyServiceDown, state: firing }

# Ids of items, as in a report, to make required or optional against their default.
# required: [drill-database-down]
# optional: [scrape-job-configured]

# A waiver turns a failing item into a reservation until the end of a day in UTC.
# waivers:
#   - { item: rules-loaded, reason: Prometheus moves, by: ada, until: 2026-03-31 }
`
