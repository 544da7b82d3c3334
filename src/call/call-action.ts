import type { LegName } from './call.ts'

/** What can be asked of a call whose parties talk. */
export type CallAction =
  /** The party hears music, and is not heard. */
  | { readonly action: 'hold' | 'resume'; readonly leg: LegName }
  /** The party is not heard, and hears. */
  | { readonly action: 'mute' | 'unmute'; readonly leg: LegName }
  /** Key presses (`0`–`9`, `*`, `#`, `A`–`D`) that the party is sent; `w` waits half a second. */
  | { readonly action: 'send-digits'; readonly leg: LegName; readonly digits: string }
  /** The party hears a clip instead of the other, once. */
  | { readonly action: 'play'; readonly leg: LegName | 'both'; readonly clip: string }
  | { readonly action: 'stop-playing'; readonly leg: LegName | 'both' }
