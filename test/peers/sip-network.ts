import type { Carry, Direction } from './datagram-relay.ts'

/** Networks that lose, hold up or repeat SIP messages of certain kinds: `INVITE`, `200 INVITE`, `487 INVITE`, `BYE from peer`. */
export type Kind = string

/** Loses the first `times` messages of a kind. */
export function losing(kind: Kind, times = 1): Carry {
  let left = times
  return (packet, direction, deliver) => {
    if (kindOf(packet, direction) === kind && left-- > 0) return
    deliver(packet)
  }
}

/** Holds messages of a kind up until one of another kind has passed: the two cross. */
export function crossing(kind: Kind, until: Kind): Carry {
  let hasPassed = false
  const held: (() => void)[] = []
  return (packet, direction, deliver) => {
    const current = kindOf(packet, direction)
    if (current === kind && !hasPassed) {
      held.push(() => deliver(packet))
      return
    }
    deliver(packet)
    if (current !== until) return
    hasPassed = true
    // A moment later: the two shall not be in the same turn of the receiver.
    setTimeout(() => {
      for (const release of held.splice(0)) release()
    }, 50)
  }
}

/** Everything comes twice. */
export const repeating: Carry = (packet, _direction, deliver) => {
  deliver(packet)
  deliver(packet)
}

/** Everything takes this long, each way. */
export const slow =
  (milliseconds: number): Carry =>
  (packet, _direction, deliver) => {
    setTimeout(deliver, milliseconds, packet)
  }

/** Of a kind the peer gets one message, and no repetition. */
export function deliveringOnce(kind: Kind, carry: Carry): Carry {
  let isDelivered = false
  return (packet, direction, deliver) =>
    carry(packet, direction, (carried) => {
      if (kindOf(carried, direction) === kind) {
        if (isDelivered) return
        isDelivered = true
      }
      deliver(carried)
    })
}

export const faultless: Carry = (packet, _direction, deliver) => deliver(packet)

/** Notes the kind of each message that arrives at the network, in order. */
export const noting =
  (carry: Carry, noted: Kind[]): Carry =>
  (packet, direction, deliver) => {
    noted.push(kindOf(packet, direction))
    carry(packet, direction, deliver)
  }

export function kindOf(packet: Buffer, direction: Direction): Kind {
  const text = packet.toString('latin1')
  const [, status] = /^SIP\/2\.0 (\d{3})/.exec(text) ?? []
  const [, method = ''] = /^CSeq:\s*\d+\s+(\w+)/im.exec(text) ?? []
  if (status !== undefined) return `${status} ${method}`
  return direction === 'to-peer' ? method : `${method} from peer`
}
