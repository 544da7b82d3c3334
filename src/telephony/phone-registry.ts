import type { LineAddress } from './driver.ts'

/** One phone that has registered to a line. */
export interface PhoneContact {
  readonly uri: string
  readonly userAgent?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Whether it answered when it was last asked. */
  readonly reachable: boolean
}

export interface Presence {
  readonly reachable: boolean
  /** How many phones are registered to the line now. */
  readonly contacts: number
}

/** Which phones are registered, and whether they are there: asked by whoever wants to ring a line or to show it. */
export interface PhoneRegistry {
  contacts(line: LineAddress): readonly PhoneContact[]
  presence(line: LineAddress): Presence
}
