import { type DigitRoute, type PayloadRoute, routeDigits, routePayloads } from './codec-route.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import { createConversion, type PayloadConversion } from './payload-conversion.ts'

/** What becomes of one payload type, with the conversion of this one stream. */
export interface ListenerRoute {
  readonly from: number
  readonly to: number
  readonly conversion: PayloadConversion | undefined
}

/** Of no payload type. */
const nowhere: ListenerRoute = { from: -1, to: -1, conversion: undefined }

/** How the payload types of one leg are sent to the one that hears it directly. */
export class ListenerRoutes {
  /** The likeliest, which nearly every packet takes. */
  first: ListenerRoute = nowhere
  /** How a key pressed at this leg gets to who hears it. */
  digits: DigitRoute = 'anew'
  #all: readonly ListenerRoute[] = []

  /** What the two have agreed on; `there` is undefined where nobody hears the leg directly. */
  update(here: NegotiatedMedia | undefined, there: NegotiatedMedia | undefined): void {
    const routes = here && there ? routePayloads(here, there) : []
    this.#all = routes.map(({ from, to, conversion }) => ({ from, to, conversion: this.#conversionFor(conversion) }))
    this.first = this.#all[0] ?? nowhere
    this.digits = here && there ? routeDigits(here, there) : 'anew'
  }

  find(payloadType: number): ListenerRoute | undefined {
    return this.#all.find(({ from }) => from === payloadType)
  }

  /** The one that is in use if it fits: it remembers the sound of the stream, which a hold or an offer does not break off. */
  #conversionFor(wanted: PayloadRoute['conversion']): PayloadConversion | undefined {
    if (wanted === undefined) return undefined
    const used = this.#all.find(({ conversion }) => conversion?.from === wanted.from && conversion.to === wanted.to)
    return used?.conversion ?? createConversion(wanted.from, wanted.to)
  }
}
