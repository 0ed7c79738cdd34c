import { awaitStep, type Step } from './await-step.ts'
import type { Drill } from './drills.ts'
import type { Parts } from './parts.ts'
import type { Alert } from './prometheus.ts'
import type { Timeline } from './timeline.ts'

interface Watching {
  readonly timeline: Timeline
  readonly signal: AbortSignal
}

/** Breaks one thing, awaits all that must follow, mends it. Rejects with `StepMissing`, or when `signal` aborts. */
export async function runDrill(drill: Drill, parts: Parts, { timeline, signal }: Watching): Promise<void> {
  const { prometheus, guard, inbox } = parts
  const step = (next: Step) => awaitStep(next, timeline, signal)
  const ours = async () => (await prometheus.alerts()).find(alert => isAbout(alert, drill))

  await step({
    name: 'all is well',
    withinMs: 30_000,
    lookAt: () => lookAtParts(parts),
    ask: async () => {
      const services = await guard.services()
      const alerts = [...(await prometheus.alerts()), ...(await parts.alertmanager.alerts())]
      const quiet = alerts.length === 0 && services.every(({ status }) => status === 'OK')
      return quiet && (await prometheus.seesGuard()) ? `${services.length} services OK, no alert` : null
    }
  })
  const before = inbox.received().length

  timeline.say(`breaking: ${drill.breaks}`)
  await drill.break(parts)
  await step({
    name: 'status seen',
    withinMs: 15_000,
    lookAt: () => `The guard does not show the fault. Look at its /api/v1/status and its log:\n${guard.lastWords()}`,
    ask: () => drill.seen(parts)
  })
  await step({
    name: 'alert pending',
    // KeyBuzzRolloutStuck looks back over a quarter of an hour, fifteen seconds here.
    withinMs: 30_000,
    lookAt: () => `Is ${drill.alert} in the rules, and is its expression true? Ask Prometheus at /alerts and /graph.`,
    // An alert that fires already was pending before.
    ask: async () => ((await ours()) === undefined ? null : drill.alert)
  })
  await step({
    name: 'alert firing',
    withinMs: 15_000,
    lookAt: () => `${drill.alert} does not stay true for the whole of its "for". Does its expression flap?`,
    ask: async () => {
      const alert = await ours()
      return alert?.state === 'firing' ? `${drill.alert} (${alert.labels.severity})` : null
    }
  })
  await step({
    name: 'notification received',
    withinMs: 15_000,
    lookAt: () =>
      `Does the route match ${drill.alert}? Ask: amtool config routes test. ` +
      `Alertmanager said last:\n${parts.alertmanager.lastWords()}`,
    ask: () => inbox.received()[before]?.title ?? null
  })
  timeline.quote(inbox.received()[before]?.text ?? '')
  await step({
    name: 'nothing else rings',
    withinMs: 5_000,
    lookAt: () => 'One fault must have one alert: the expressions must exclude each other.',
    ask: async () => {
      const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing')
      const messages = inbox.received().slice(before)
      const named = [...firing.map(({ labels }) => labels.alertname), ...messages.flatMap(message => message.alerts)]
      const others = new Set(named.filter(name => name !== drill.alert))
      if (others.size > 0) throw new Error(`there are also ${[...others].join(', ')}`)
      return 'one fault, one alert, one message'
    }
  })

  timeline.say('restoring')
  await drill.mend(parts)
  await step({
    name: 'status recovered',
    withinMs: 20_000,
    lookAt: () => `The guard does not show the recovery. Its last words:\n${guard.lastWords()}`,
    ask: async () => {
      const everyOk = (await guard.services()).every(({ status }) => status === 'OK')
      return everyOk && (await drill.seen(parts)) === null ? 'OK' : null
    }
  })
  await step({
    name: 'alert over',
    withinMs: 30_000,
    lookAt: () => `${drill.alert} still fires. Is its "keep_firing_for" longer than a third of the cooldown?`,
    ask: async () => ((await ours()) === undefined ? `${drill.alert} no longer fires` : null)
  })
}

function isAbout({ labels }: Alert, { alert, about }: Drill): boolean {
  return labels.alertname === alert && Object.entries(about).every(([name, value]) => labels[name] === value)
}

function lookAtParts({ guard, prometheus, alertmanager }: Parts): string {
  const named = { 'The guard': guard, Prometheus: prometheus, Alertmanager: alertmanager }
  return Object.entries(named)
    .map(([name, part]) => `${name} said last:\n${part.lastWords()}`)
    .join('\n')
}
