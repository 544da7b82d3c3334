import type { WantedCall } from '../../access/api-session.ts'
import { type DialledFault, readDialled } from '../../call/read-dialled.ts'
import { hasLists, type SentParameters, text } from '../parameters.ts'
import { readFlag } from './read-flag.ts'

const names = ['origin', 'destination', 'autoAnswer'] as const

export type ParsedRequest = { readonly request: WantedCall } | { readonly reason: string }

/** The vendor's words into a request of the account; the first fault in the vendor's order. */
export function parseCallRequest(parameters: SentParameters, account: string): ParsedRequest {
  if (hasLists(parameters, names)) return { reason: 'A parameter must not be a list' }
  const origin = text(parameters.get('origin'))
  const destination = text(parameters.get('destination'))
  const autoAnswer = readFlag(parameters.get('autoAnswer'))
  if (origin === undefined) return { reason: 'Origin is required' }
  const rings = readDialled(origin)
  if ('fault' in rings) return { reason: reasonOf(rings.fault, 'Origin') }
  if (destination === undefined) return { reason: 'Destination is required' }
  const dialled = readDialled(destination)
  if ('fault' in dialled) return { reason: reasonOf(dialled.fault, 'Destination') }
  if (autoAnswer === undefined) return { reason: 'autoAnswer must be 0 or 1' }
  return {
    request: {
      account,
      first: { target: { kind: 'line', value: rings.text }, autoAnswer },
      second: { target: { kind: 'dial', value: dialled.text } },
      delaySeconds: 0,
      variables: {},
    },
  }
}

const reasonOf = ({ kind, message }: DialledFault, name: string): string =>
  kind === 'not-a-number' ? `${name} is invalid` : `${name} is invalid: ${message}`
