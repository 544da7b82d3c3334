import type { CallerId } from '../call/call-request.ts'
import type { Program } from './program.ts'

/** Nobody spells out more than this to somebody who is waiting for a call. */
const mostCharacters = 20

/** The clips that say who is calling: the number, a character at a time. */
export function spellCaller({ number = '' }: CallerId): readonly string[] {
  const characters = [...number.toLowerCase()].flatMap((character) => clipOf(character) ?? []).slice(0, mostCharacters)
  return ['call-from', ...(characters.length === 0 ? ['number-withheld'] : characters)]
}

function clipOf(character: string): string | undefined {
  if (/^[0-9]$/.test(character)) return `digit-${character}`
  if (/^[a-z]$/.test(character)) return `letter-${character}`
  return { '+': 'plus', '*': 'star', '#': 'hash' }[character]
}

/**
 * The party hears who is calling and accepts by 1; 2, or nothing for so long after the question, refuses. `prompt` is a clip of the
 * account in the place of the spelled number.
 */
export function screening(
  caller: CallerId,
  { prompt, seconds = 20 }: { prompt?: string; seconds?: number } = {},
): Program {
  const who = prompt === undefined ? spellCaller(caller) : [prompt]
  return {
    begin: 'ask',
    steps: {
      ask: { kind: 'play', clips: [...who, 'press-1-to-accept'], next: 'decide' },
      decide: {
        kind: 'choose',
        choices: { 1: 'accept', 2: 'refuse' },
        milliseconds: seconds * 1000,
        otherwise: 'refuse',
      },
      accept: { kind: 'connect' },
      refuse: { kind: 'hang-up', cause: 'screened-out' },
    },
  }
}
