import { countsIn, deletePod } from './cluster.ts'
import type { SimulatedWorkload } from './objects.ts'
import type { Random } from './random.ts'
import { type Event, OWN_DEADLINE_SECONDS, type Scenario, type Stage, stageOf } from './stage.ts'

interface Play {
  readonly name: string
  readonly kinds?: readonly SimulatedWorkload['kind'][]
  /** How the workload is made. */
  readonly wish?: object
  /** `bad`: when it begins, in seconds. */
  readonly play: (stage: Stage) => {
    readonly events: readonly Event[]
    readonly deadline?: number
    readonly bad?: number
    readonly endsAt?: number
  }
}

/** When even the slowest first rollout has ended, in seconds. */
const SETTLED = 2400
const HOUR = 3600

export function playNormal(random: Random): Scenario {
  return stagePlay(random, random.pick(NORMAL))
}

export function playBad(random: Random): Scenario {
  return stagePlay(random, random.pick(BAD))
}

function stagePlay(random: Random, { name, kinds = KINDS, wish, play }: Play): Scenario {
  const stage = stageOf(random, random.pick(kinds), wish)
  const { events, bad = null, endsAt = SETTLED + 2 * HOUR, deadline } = play(stage)
  const { cluster, workload } = stage
  const deadlineSeconds = deadline ?? stage.deadlineSeconds
  return { name: `${workload.kind}: ${name}`, cluster, workload, events, endsAt, badSince: bad, deadlineSeconds }
}

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const
const D = ['Deployment'] as const
const S = ['StatefulSet'] as const
const DS = ['DaemonSet'] as const
const SCALED = ['Deployment', 'StatefulSet'] as const

function scale({ workload, change }: Stage, at: number, replicas: number): Event {
  return change(at, () => {
    if (workload.kind !== 'DaemonSet') workload.replicas = replicas
  })
}

function pause({ workload, change }: Stage, at: number, isPaused: boolean): Event {
  return change(at, () => {
    if (workload.kind === 'Deployment') workload.isPaused = isPaused
  })
}

function loseNode({ cluster, random }: Stage, at: number): Event[] {
  const node = `n${random.int(0, 2)}`
  const lose = (): void => {
    cluster.nodes.set(node, { isLost: true, lostAt: cluster.now })
  }
  const evict = (): void => {
    for (const pod of cluster.pods.filter(pod => pod.node === node)) {
      // DaemonSets' pods tolerate that their node does not answer.
      if (pod.label.name !== 'controller-revision-hash' || pod.name.split('-').length === 2) deletePod(cluster, pod)
    }
  }
  return [
    { at, act: lose },
    { at: at + 340, act: evict }
  ]
}

function crashSome({ cluster, random }: Stage, at: number): Event {
  const crash = (): void => {
    for (const pod of countsIn(cluster.pods)) if (random.chance(0.6)) pod.isCrashing = true
  }
  return { at, act: crash }
}

function autoscale(stage: Stage, from: number): Event[] {
  return Array.from({ length: 5 }, (_, index) =>
    scale(stage, from + index * stage.random.int(20, 200), stage.random.int(1, 6))
  )
}

/** Behaviours that never get ready. */
const FAULTS = ['unpullable', 'crashing', 'never_ready'] as const

const NORMAL: readonly Play[] = [
  { name: 'a release', play: ({ roll, next }) => ({ events: [roll(SETTLED, next())] }) },
  {
    name: 'a restart',
    play: ({ roll, next, workload }) => ({ events: [roll(SETTLED, next({ image: workload.version.image }))] })
  },
  {
    name: 'two releases, one into the other',
    play: ({ roll, next, random }) => ({ events: [roll(SETTLED, next()), roll(SETTLED + random.int(1, 120), next())] })
  },
  { name: 'scaling after the end', kinds: SCALED, play: stage => ({ events: autoscale(stage, SETTLED) }) },
  {
    name: 'an autoscaler in the middle of a release',
    kinds: SCALED,
    play: stage => ({
      events: [stage.roll(SETTLED, stage.next()), ...autoscale(stage, SETTLED + stage.random.int(1, 60))]
    })
  },
  {
    name: 'scaling that finds no node',
    kinds: D,
    play: stage => ({
      events: [
        { at: SETTLED, act: () => Object.assign(stage.workload, { hasNoRoom: true }) },
        scale(stage, SETTLED + 1, 8)
      ]
    })
  },
  {
    name: 'scaling beyond the quota',
    kinds: D,
    play: stage => ({
      events: [
        {
          at: SETTLED,
          act: () => {
            stage.cluster.quota = stage.cluster.pods.length
          }
        },
        scale(stage, SETTLED + 1, 8)
      ]
    })
  },
  {
    name: 'to nothing and back',
    kinds: SCALED,
    play: stage => ({ events: [scale(stage, SETTLED, 0), scale(stage, SETTLED + 900, 3)] })
  },
  {
    name: 'a release of nothing',
    kinds: SCALED,
    play: stage => ({ events: [scale(stage, SETTLED, 0), stage.roll(SETTLED + 600, stage.next())] })
  },
  {
    name: 'a release of nothing, and back',
    kinds: SCALED,
    play: stage => ({
      events: [
        scale(stage, SETTLED, 0),
        stage.roll(SETTLED + 600, stage.next()),
        scale(stage, SETTLED + 600 + stage.random.int(0, 900), 3)
      ]
    })
  },
  {
    name: 'a crash after the end',
    play: stage => ({ events: [stage.roll(SETTLED, stage.next()), crashSome(stage, SETTLED + HOUR)] })
  },
  { name: 'a node lost', play: stage => ({ events: loseNode(stage, SETTLED) }) },
  {
    name: 'a node lost after a release',
    play: stage => ({ events: [stage.roll(SETTLED, stage.next()), ...loseNode(stage, SETTLED + HOUR)] })
  },
  {
    name: 'a pause of what is stable',
    kinds: D,
    play: stage => ({ events: [pause(stage, SETTLED, true), pause(stage, SETTLED + HOUR, false)] })
  },
  {
    name: 'a short pause in the middle',
    kinds: D,
    play: stage => ({
      events: [
        stage.roll(SETTLED, stage.next()),
        pause(stage, SETTLED + 10, true),
        pause(stage, SETTLED + 10 + stage.random.int(10, 500), false)
      ]
    })
  },
  {
    name: 'a release in a pause, resumed within our own deadline',
    kinds: D,
    play: stage => ({
      events: [
        pause(stage, SETTLED, true),
        stage.roll(SETTLED + 60, stage.next()),
        pause(stage, SETTLED + 60 + stage.random.int(10, OWN_DEADLINE_SECONDS - 20), false)
      ]
    })
  },
  {
    name: 'a release by Recreate',
    kinds: D,
    wish: { strategy: 'Recreate' },
    play: ({ roll, next }) => ({ events: [roll(SETTLED, next())] })
  },
  {
    name: 'a return by Recreate',
    kinds: D,
    wish: { strategy: 'Recreate' },
    play: ({ roll, next, workload }) => ({
      events: [roll(SETTLED, next()), roll(SETTLED + HOUR, workload.version)]
    })
  },
  {
    name: 'a bad release by Recreate, reverted soon',
    kinds: D,
    wish: { strategy: 'Recreate' },
    play: ({ roll, next, workload, random }) => ({
      events: [
        roll(SETTLED, next({ behaviour: random.pick(FAULTS) })),
        roll(SETTLED + random.int(5, 60), workload.version)
      ]
    })
  },
  {
    name: 'a bad release, reverted soon',
    kinds: D,
    play: ({ roll, next, workload, random }) => ({
      events: [
        roll(SETTLED, next({ behaviour: random.pick(FAULTS) })),
        roll(SETTLED + random.int(5, 60), workload.version)
      ]
    })
  },
  {
    name: 'a bad release, reverted soon',
    kinds: S,
    wish: { isOrdered: false },
    play: ({ roll, next, workload, random }) => ({
      events: [
        roll(SETTLED, next({ behaviour: random.pick(FAULTS) })),
        roll(SETTLED + random.int(5, 60), workload.version)
      ]
    })
  },
  {
    name: 'a bad release, reverted soon',
    kinds: DS,
    play: ({ roll, next, workload, random }) => ({
      events: [
        roll(SETTLED, next({ behaviour: random.pick(FAULTS) })),
        roll(SETTLED + random.int(5, 60), workload.version)
      ]
    })
  },
  {
    name: 'a bad release, reverted, and the broken pod deleted',
    kinds: S,
    wish: { isOrdered: true },
    play: ({ roll, next, workload, cluster, random }) => {
      const broken = next({ behaviour: random.pick(FAULTS) })
      const act = (): void => {
        for (const pod of cluster.pods) if (pod.version === broken) deletePod(cluster, pod)
      }
      return { events: [roll(SETTLED, broken), roll(SETTLED + 120, workload.version), { at: SETTLED + 200, act }] }
    }
  },
  {
    name: 'a partition for hours, then none',
    kinds: S,
    play: ({ roll, next, workload, change, random }) => {
      const set = (partition: number) => () => {
        Object.assign(workload, { partition })
      }
      return {
        events: [change(SETTLED, set(random.int(1, 4))), roll(SETTLED + 5, next()), change(SETTLED + 4000, set(0))],
        endsAt: SETTLED + 4000 + HOUR
      }
    }
  },
  {
    name: 'pods deleted by hand under OnDelete',
    kinds: ['StatefulSet', 'DaemonSet'],
    wish: { type: 'OnDelete' },
    play: ({ roll, next, cluster }) => {
      const act = (): void => {
        const [pod] = countsIn(cluster.pods)
        if (pod !== undefined) deletePod(cluster, pod)
      }
      return { events: [roll(SETTLED, next()), { at: SETTLED + 60, act }, { at: SETTLED + HOUR, act }] }
    }
  },
  {
    name: 'a new node',
    kinds: DS,
    play: ({ cluster }) => ({
      events: [{ at: SETTLED, act: () => void cluster.nodes.set('n9', { isLost: false, lostAt: 0 }) }]
    })
  },
  {
    name: 'a new node in the middle of a release',
    kinds: DS,
    play: ({ cluster, roll, next }) => ({
      events: [
        roll(SETTLED, next()),
        { at: SETTLED + 20, act: () => void cluster.nodes.set('n9', { isLost: false, lostAt: 0 }) }
      ]
    })
  },
  {
    name: 'a new node whose pod never gets ready',
    kinds: DS,
    play: ({ cluster }) => ({
      events: [
        { at: SETTLED + 700, act: () => void cluster.nodes.set('n9', { isLost: false, lostAt: 0, isSick: true }) }
      ]
    })
  },
  {
    name: 'a node lost in the middle of a release',
    kinds: DS,
    play: stage => ({
      events: [stage.roll(SETTLED, stage.next()), ...loseNode(stage, SETTLED + stage.random.int(1, 60))]
    })
  },
  {
    name: 'a taint, then a release',
    kinds: DS,
    play: ({ workload, roll, next }) => ({
      events: [
        {
          at: SETTLED,
          act: () => {
            if (workload.kind === 'DaemonSet') workload.tainted.add('n1')
          }
        },
        roll(SETTLED + 60, next())
      ]
    })
  }
]

const BAD: readonly Play[] = [
  {
    name: 'a release that never gets ready',
    play: ({ roll, next, random }) => ({
      events: [roll(SETTLED, next({ behaviour: random.pick(FAULTS) }))],
      bad: SETTLED
    })
  },
  {
    name: 'the very first release never gets ready',
    play: ({ workload, random }) => {
      Object.assign(workload.version, { behaviour: random.pick(FAULTS) })
      return { events: [], bad: 0, endsAt: HOUR }
    }
  },
  {
    name: 'a bad release with an autoscaler',
    kinds: D,
    play: stage => ({
      events: [
        stage.roll(SETTLED, stage.next({ behaviour: stage.random.pick(FAULTS) })),
        scale(stage, SETTLED + 30, 5),
        scale(stage, SETTLED + 60, 4)
      ],
      bad: SETTLED + 60
    })
  },
  {
    name: 'two bad releases in a row',
    play: ({ roll, next, random }) => ({
      events: [
        roll(SETTLED, next({ behaviour: 'crashing' })),
        roll(SETTLED + random.int(60, 2000), next({ behaviour: 'unpullable' }))
      ],
      bad: SETTLED + 2000
    })
  },
  {
    name: 'a release by Recreate that never gets ready',
    kinds: D,
    wish: { strategy: 'Recreate' },
    play: ({ roll, next, random }) => ({
      events: [roll(SETTLED, next({ behaviour: random.pick(FAULTS) }))],
      bad: SETTLED
    })
  },
  {
    name: 'a return by Recreate to what no longer gets ready',
    kinds: D,
    wish: { strategy: 'Recreate' },
    play: ({ roll, next, workload: { version }, random }) => ({
      events: [
        roll(SETTLED, next()),
        {
          at: SETTLED + HOUR - 1,
          act: () => {
            Object.assign(version, { behaviour: random.pick(FAULTS) })
          }
        },
        roll(SETTLED + HOUR, version)
      ],
      bad: SETTLED + HOUR,
      endsAt: SETTLED + 3 * HOUR
    })
  },
  {
    name: 'a quota in the middle of a release',
    kinds: D,
    wish: { maxSurge: 1, maxUnavailable: 0 },
    play: ({ cluster, roll, next }) => ({
      events: [
        {
          at: SETTLED - 1,
          act: () => {
            cluster.quota = countsIn(cluster.pods).length
          }
        },
        roll(SETTLED, next())
      ],
      bad: SETTLED
    })
  },
  {
    name: 'a quota in the middle of going back',
    kinds: D,
    wish: { maxSurge: 1, maxUnavailable: 0 },
    play: ({ cluster, roll, next, workload }) => ({
      events: [
        roll(SETTLED, next()),
        {
          at: SETTLED + HOUR - 1,
          act: () => {
            cluster.quota = countsIn(cluster.pods).length
          }
        },
        roll(SETTLED + HOUR, workload.version)
      ],
      bad: SETTLED + HOUR,
      endsAt: SETTLED + 3 * HOUR
    })
  },
  {
    name: 'paused and forgotten',
    kinds: D,
    wish: { replicas: 4, maxSurge: 1, maxUnavailable: 0 },
    play: stage => ({
      events: [stage.roll(SETTLED, stage.next()), pause(stage, SETTLED + 5, true)],
      deadline: OWN_DEADLINE_SECONDS,
      bad: SETTLED + 5 + stage.workload.version.startSeconds + stage.workload.minReadySeconds
    })
  },
  {
    name: 'paused, then a release, and forgotten',
    kinds: D,
    play: stage => ({
      events: [pause(stage, SETTLED, true), stage.roll(SETTLED + 60, stage.next())],
      deadline: OWN_DEADLINE_SECONDS,
      bad: SETTLED + 60
    })
  },
  {
    name: 'reverted, and the broken pod stays',
    kinds: S,
    wish: { isOrdered: true },
    play: ({ roll, next, workload, random }) => ({
      events: [roll(SETTLED, next({ behaviour: random.pick(FAULTS) })), roll(SETTLED + 120, workload.version)],
      bad: SETTLED + 120
    })
  },
  {
    name: 'a partition of which the first pod never gets ready',
    kinds: S,
    wish: { replicas: 3, partition: 1 },
    play: ({ roll, next, random }) => ({
      events: [roll(SETTLED, next({ behaviour: random.pick(FAULTS) }))],
      bad: SETTLED
    })
  }
]
