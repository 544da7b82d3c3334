import { styleText } from 'node:util'
import type { ShownAttempt, ShownEvent } from './native-client.ts'
import { printable } from './terminal.ts'

type Style = 'green' | 'red' | 'yellow' | 'dim'

/** What an event means, in a few words: `first leg: ringing`. */
export function describeEvent(event: Omit<ShownEvent, 'sequence' | 'at'>): string {
  const legName = `${event.leg} leg`
  switch (event.type) {
    case 'call.accepted':
      return `accepted: ${event.destinations?.first} → ${event.destinations?.second}`
    case 'call.scheduled':
      return `waits until ${event.dueAt}`
    case 'leg.dialled':
      return `${legName}: dialled${overTrunk(event.trunk)}`
    case 'leg.ringing':
      return `${legName}: ringing`
    case 'leg.forwarded':
      return `${legName}: forwarded to ${event.destination}`
    case 'leg.attempt-ended':
      return `${legName}: ${event.attempt === undefined ? 'an attempt ended' : describeAttempt(event.attempt)}`
    case 'leg.answered':
      return `${legName}: answered${overTrunk(event.attempt?.trunk)}`
    case 'call.bridged':
      return 'connected: the two hear each other'
    case 'leg.held':
      return `${legName}: on hold${byLeg(event.by)}`
    case 'leg.resumed':
      return `${legName}: on hold no more`
    case 'leg.muted':
      return `${legName}: muted`
    case 'leg.unmuted':
      return `${legName}: heard again`
    case 'call.redirected':
      return `${legName}: redirected to ${event.destination}`
    case 'call.ending':
      return `ending: ${event.cause}`
    case 'leg.ended':
      return `${legName}: ended, ${event.cause}`
    case 'call.ended':
      return `ended: ${event.cause}${byLeg(event.endedBy)}. ${event.advice ?? ''}`.trimEnd()
    default:
      return event.type
  }
}

const overTrunk = (trunk: string | undefined): string => (trunk === undefined ? '' : ` over trunk ${trunk}`)

const byLeg = (leg: string | undefined): string => (leg === undefined ? '' : `, by the ${leg} leg`)

/** `trunk alpha: 403 Forbidden (Caller Origination Number is Invalid); carrier-refused` */
function describeAttempt({ trunk, to, sipStatus, reason, cause }: ShownAttempt): string {
  const who = trunk === undefined ? `phone ${to}` : `trunk ${trunk}`
  const said = [sipStatus, reason].filter((part) => part !== undefined && part !== '').join(' ')
  return `${who}: ${[said, cause].filter((part) => part !== undefined && part !== '').join('; ')}`
}

/** One line of a followed call, with the seconds since it was accepted. */
export function renderEvent(event: ShownEvent, acceptedAt: string, colour: boolean): string {
  const seconds = ((Date.parse(event.at) - Date.parse(acceptedAt)) / 1000).toFixed(1).padStart(6)
  const text = printable(describeEvent(event))
  const style = styleOf(event)
  if (!colour) return `${seconds} s  ${text}`
  return `${paint('dim', `${seconds} s`)}  ${style === undefined ? text : paint(style, text)}`
}

// The terminal has been asked already; styleText is not to ask again.
const paint = (style: Style, text: string): string => styleText(style, text, { validateStream: false })

function styleOf(event: ShownEvent): Style | undefined {
  if (event.type === 'call.bridged') return 'green'
  if (event.type === 'call.ended') return event.cause === 'completed' ? 'green' : 'red'
  return event.type === 'leg.ringing' ? 'yellow' : undefined
}
