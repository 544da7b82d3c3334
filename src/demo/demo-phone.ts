import type { Clock } from '../clock.ts'
import { defaultCodecs } from '../media/codec.ts'
import type { MediaPlane } from '../media/media-plane.ts'
import { answerOffer } from '../media/sdp.ts'
import type { ToneCadence } from '../media/tones.ts'
import type { IncomingInvite } from '../sip/user-agent/incoming-invite.ts'
import { sessionDescription } from '../sip/user-agent/session-description.ts'

/** What demo phones call themselves when they register. */
export const demoPhoneUserAgent = 'Cordboard demo phone'

export type DemoBehaviour =
  | { readonly kind: 'answer'; readonly afterMilliseconds: number }
  | { readonly kind: 'reject'; readonly status: number }
  | { readonly kind: 'silent' }

/** Does to an INVITE what `behaviour` says; an answered call plays a tone until it is hung up. */
export function behave(
  invite: IncomingInvite,
  behaviour: DemoBehaviour,
  context: { readonly media: Pick<MediaPlane, 'allocate'>; readonly clock: Clock; readonly frequency: number },
): void {
  if (behaviour.kind === 'reject') return invite.reject(behaviour.status)
  invite.ring()
  if (behaviour.kind === 'silent') return
  const pickUp = () => answer(invite, context).catch(() => invite.reject(503))
  const timer = context.clock.setTimeout(pickUp, behaviour.afterMilliseconds)
  invite.onCancelled = () => context.clock.clearTimeout(timer)
}

async function answer(
  invite: IncomingInvite,
  { media, frequency }: { readonly media: Pick<MediaPlane, 'allocate'>; readonly frequency: number },
): Promise<void> {
  const endpoint = await media.allocate()
  const answered = answerOffer(endpoint, sessionDescription(invite.request) ?? '', { codecs: defaultCodecs })
  if (!answered.ok) {
    await endpoint.release()
    return invite.reject(488)
  }
  const tone: ToneCadence = [{ frequencies: [frequency], milliseconds: 1000 }]
  const session = invite.accept({ type: 'application/sdp', content: answered.sdp }, [], {
    onEnded: () => void endpoint.release(),
  })
  if (session === undefined) return void endpoint.release()
  endpoint.setRemote(answered.negotiated)
  endpoint.hear({ kind: 'tone', tone })
}
