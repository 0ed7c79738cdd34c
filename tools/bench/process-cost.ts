import { readFileSync } from 'node:fs'

/** Such as a `ChildProcess`, or `process`. */
interface Running {
  readonly pid?: number | undefined
}

// USER_HZ: what Linux shows to programs, whatever the kernel's own tick is: proc(5).
const TICK_MS = 10

/** CPU time of a process so far, user and system, of all its threads, in milliseconds; it grows in steps of ten. */
export function cpuMs({ pid }: Running): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The program's name, in front, may contain blanks; utime and stime are fields 14 and 15: proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** The most memory that a process ever had resident, in MB of a million bytes. */
export function peakMb(running: Running): number {
  return memoryMb(running, 'VmHWM')
}

/** The memory that a process has resident now, in MB of a million bytes. */
export function residentMb(running: Running): number {
  return memoryMb(running, 'VmRSS')
}

function memoryMb({ pid }: Running, field: 'VmHWM' | 'VmRSS'): number {
  const [, kilobytes] =
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1024) / 1e6
}
