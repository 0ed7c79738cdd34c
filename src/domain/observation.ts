/** A fact that was looked for: seen with its value, or not seen with the reason. Never `undefined`. */
export type Observed<Value, Reason extends string = string> = Seen<Value> | Unseen<Reason>

export interface Seen<Value> {
  readonly seen: true
  readonly value: Value
}

export interface Unseen<Reason extends string = string> {
  readonly seen: false
  /** From a closed list: safe as a label value. */
  readonly reason: Reason
  /** For a person: what was wrong, where, and how to fix it. */
  readonly message: string
}

export function seen<Value>(value: Value): Seen<Value> {
  return { seen: true, value }
}

export function unseen<Reason extends string>(reason: Reason, message: string): Unseen<Reason> {
  return { seen: false, reason, message }
}
