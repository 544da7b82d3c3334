import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallMachine, type Intent, newCallMachine, partiesOf } from './call-machine.ts'
import { desiredMedia } from './desired-media.ts'
import { idleLeg, type LegMachine, type LegPhase } from './leg-machine.ts'
import type { Source } from './source.ts'

const connect: Intent = { kind: 'connect', ...partiesOf('first') }
/** After the first party was sent elsewhere, the second is the one who waits. */
const connectBack: Intent = { kind: 'connect', ...partiesOf('second') }
const redirect: Intent = { kind: 'redirect', ...partiesOf('first') }
const end: Intent = { kind: 'end', cause: 'completed' }

/** What an answered leg is in, by the name that the table gives it. */
const answeredLegs: Readonly<Record<string, Partial<LegMachine>>> = {
  joining: { activity: 'joining' },
  conversation: { activity: 'conversation' },
  'answered, its phone holding': { isHolding: true },
  'joining, its phone holding': { activity: 'joining', isHolding: true },
  'on hold': { activity: 'conversation', isHeld: true },
  muted: { activity: 'conversation', isMuted: true },
  'muted and on hold': { activity: 'conversation', isMuted: true, isHeld: true },
  'with a clip': { activity: 'conversation', clip: 'goodbye' },
  'on hold with a clip': { activity: 'conversation', isHeld: true, clip: 'goodbye' },
  'its phone holding': { activity: 'conversation', isHolding: true },
}
const legOf = (leg: string): LegMachine => {
  const answered = answeredLegs[leg]
  return answered === undefined
    ? { ...idleLeg, phase: leg as LegPhase }
    : { ...idleLeg, phase: 'answered', ...answered }
}

const describe = (source: Source<string> | undefined): string => {
  if (source === undefined) return 'nothing'
  if (source.kind === 'silence') return 'silence'
  if (source.kind === 'tone') return `${source.tone} ${source.country}`
  if (source.kind === 'clip') return `clip ${source.clips} of ${source.account}`.replace(' of acme', '')
  if (source.kind !== 'legs') return source.kind
  return `${source.legs}${source.meanwhile === undefined ? '' : ` or ${source.meanwhile.tone}`}`
}

const table: readonly [Intent, string, string, string, string][] = [
  [connect, 'idle', 'idle', 'nothing', 'nothing'],
  [connect, 'ringing', 'idle', 'nothing', 'nothing'],
  [connect, 'ringing', 'ahead', 'nothing', 'nothing'],
  [connect, 'early', 'idle', 'nothing', 'nothing'],
  [connect, 'answered', 'dialled', 'ringback AU', 'nothing'],
  [connect, 'answered', 'ringing', 'ringback AU', 'nothing'],
  [connect, 'answered', 'early', 'second or ringback', 'nothing'],
  [connect, 'joining', 'joining', 'second', 'first'],
  [connect, 'conversation', 'conversation', 'second', 'first'],
  [connect, 'answered, its phone holding', 'ringing', 'ringback AU', 'nothing'],
  [connect, 'joining, its phone holding', 'joining', 'silence', 'music'],
  [connect, 'its phone holding', 'conversation', 'silence', 'music'],
  [connect, 'conversation', 'its phone holding', 'music', 'silence'],
  [connect, 'its phone holding', 'its phone holding', 'music', 'music'],
  [connect, 'on hold', 'conversation', 'music', 'silence'],
  [connect, 'conversation', 'on hold', 'silence', 'music'],
  [connect, 'on hold', 'on hold', 'music', 'music'],
  [connect, 'on hold', 'its phone holding', 'music', 'silence'],
  [connect, 'muted', 'conversation', 'second', 'silence'],
  [connect, 'muted', 'muted', 'silence', 'silence'],
  [connect, 'muted and on hold', 'conversation', 'music', 'silence'],
  [connect, 'muted', 'on hold', 'silence', 'music'],
  [connect, 'with a clip', 'conversation', 'clip goodbye', 'first'],
  [connect, 'with a clip', 'with a clip', 'clip goodbye', 'clip goodbye'],
  [connect, 'with a clip', 'muted', 'clip goodbye', 'first'],
  [connect, 'on hold with a clip', 'conversation', 'clip goodbye', 'silence'],
  [connect, 'with a clip', 'on hold', 'clip goodbye', 'music'],
  [connectBack, 'on hold', 'conversation', 'music', 'silence'],
  [redirect, 'answered', 'leaving', 'ringback AU', 'nothing'],
  [connectBack, 'dialled', 'answered', 'nothing', 'ringback AU'],
  [connectBack, 'early', 'answered', 'nothing', 'first or ringback'],
  [connectBack, 'joining', 'conversation', 'second', 'first'],
  [redirect, 'answered, its phone holding', 'leaving', 'ringback AU', 'nothing'],
  [end, 'leaving', 'leaving', 'nothing', 'nothing'],
  [end, 'leaving', 'ended', 'nothing', 'nothing'],
]
for (const [intent, first, second, hearsFirst, hearsSecond] of table) {
  test(`${intent.kind}, ${first} and ${second}: the first hears ${hearsFirst}, the second ${hearsSecond}`, () => {
    const call: CallMachine = {
      ...newCallMachine({ country: 'AU', account: 'acme' }),
      intent,
      legs: { first: legOf(first), second: legOf(second) },
    }
    const heard = desiredMedia(call)
    assert.deepEqual([describe(heard.first), describe(heard.second)], [hearsFirst, hearsSecond])
  })
}
