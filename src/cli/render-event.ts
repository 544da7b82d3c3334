import { styleText } from 'node:util'
import type { ShownEvent } from './native-client.ts'
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
      return `${legName}: dialled`
    case 'leg.ringing':
      return `${legName}: ringing`
    case 'leg.forwarded':
      return `${legName}: forwarded to ${event.destination}`
    case 'leg.answered':
      return `${legName}: answered`
    case 'call.bridged':
      return 'connected: the two hear each other'
    case 'call.redirected':
      return `${legName}: redirected to ${event.destination}`
    case 'call.ending':
      return `ending: ${event.cause}`
    case 'leg.ended':
      return `${legName}: ended, ${event.cause}`
    case 'call.ended':
      return `ended: ${event.cause}. ${event.advice ?? ''}`.trimEnd()
    default:
      return event.type
  }
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
