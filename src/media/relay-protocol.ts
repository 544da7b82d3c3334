import type { EndpointStatistics } from './endpoint-statistics.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { PlaybackOutcome, Source } from './source.ts'

/** What the relay worker is started with. */
export interface RelayOptions {
  /** Address that the sockets are bound to. */
  readonly host: string
  /** The even ports that this worker may use. */
  readonly ports: readonly number[]
  /** So many bound pairs are kept for the next calls, at most. */
  readonly idlePairs: number
  /** A released port rests so long at least before its next call, so that its last caller's late packets are not taken for the new one's. */
  readonly quarantineMilliseconds: number
  /** So long nobody may have sent to it, where there are other ports. */
  readonly restMilliseconds: number
}

/** To the worker; endpoints are named by number, requests that want an answer carry their own. */
export type RelayCommand =
  | { readonly op: 'prepare'; readonly pairs: number }
  /** Calls wait for a pair that rests. */
  | { readonly op: 'hurry' }
  | { readonly op: 'open'; readonly id: number; readonly port: number }
  | {
      readonly op: 'remote'
      readonly id: number
      readonly media: NegotiatedMedia
      readonly signallingHost?: string | undefined
    }
  /** From now on `silent` is told when the leg is. */
  | { readonly op: 'watch'; readonly id: number; readonly milliseconds: number }
  /** What the leg hears from now on. `playback` names it in the event that tells its end. */
  | { readonly op: 'hear'; readonly id: number; readonly source: Source<number>; readonly playback: number }
  | { readonly op: 'press'; readonly id: number; readonly digit: string; readonly milliseconds: number }
  | { readonly op: 'statistics'; readonly id: number; readonly request: number }
  | { readonly op: 'release'; readonly id: number; readonly request: number }

/** From the worker. */
export type RelayEvent =
  /** Pairs, by even port, that came out of their rest. */
  | { readonly event: 'ready'; readonly ports: readonly number[] }
  /** An offered pair hears somebody already, and should not be used. */
  | { readonly event: 'withdrawn'; readonly port: number }
  /** The answer to `prepare`: pairs to use. `problem`: why they are fewer than asked for. */
  | { readonly event: 'prepared'; readonly ports: readonly number[]; readonly problem?: string }
  /** How many bound pairs rest now. */
  | { readonly event: 'resting'; readonly pairs: number }
  | { readonly event: 'media'; readonly id: number }
  | { readonly event: 'dtmf'; readonly id: number; readonly digit: string; readonly milliseconds: number }
  | { readonly event: 'silent'; readonly id: number; readonly suppressesSilence: boolean }
  /** A source has come to its end by itself. */
  | {
      readonly event: 'played'
      readonly id: number
      readonly playback: number
      readonly outcome: Exclude<PlaybackOutcome, 'stopped'>
    }
  /** The endpoint could not be opened, or a command of it not be carried out: it is gone, its port with it. */
  | { readonly event: 'failed'; readonly id: number; readonly reason: string }
  | { readonly event: 'answer'; readonly request: number; readonly statistics: EndpointStatistics }
