import type { ApiSession, WantedCall } from '../../access/api-session.ts'
import type { LineReference } from '../../access/references.ts'
import type { LegRequest } from '../../call/call-request.ts'
import { readDialled } from '../../call/read-dialled.ts'
import { hasLists, type SentParameters, text } from '../parameters.ts'
import { describeNumberFault, type Parties, partiesOf } from './parties.ts'
import type { FaultLine } from './render-answer.ts'

const names = ['auth', 'extension', 'destination', 'cidname', 'reverse', 'source', 'wait'] as const

const longestName = 80

type Lines = Pick<ApiSession, 'account' | 'onlyLine' | 'findExtension' | 'findLine'>

export type ParsedRequest =
  | {
      readonly request: WantedCall
      /** In whose name the call is placed, whoever rings. */
      readonly extension: LineReference
      readonly parties: Parties
      /** Whether the client waits for the first party. */
      readonly wait: boolean
    }
  | { readonly fault: FaultLine }

/** The vendor's words into the canonical request; the first fault in the vendor's order. */
export function parseCallRequest(parameters: SentParameters, session: Lines): ParsedRequest {
  if (hasLists(parameters, names)) return { fault: 'ERR:Invalid request' }
  const line = findExtension(text(parameters.get('extension')), session)
  if ('fault' in line) return line
  const destination = text(parameters.get('destination'))
  if (destination === undefined) return { fault: 'ERR:Destination is required' }
  const dialled = readDialled(destination)
  if ('fault' in dialled) return { fault: describeNumberFault('destination', dialled.fault.kind) }
  const source = text(parameters.get('source'))
  const dialledFirst = source === undefined ? undefined : readDialled(source)
  if (dialledFirst !== undefined && 'fault' in dialledFirst) {
    return { fault: describeNumberFault('source', dialledFirst.fault.kind) }
  }
  const reverse = readFlag(parameters.get('reverse'))
  const wait = readFlag(parameters.get('wait'))
  if (reverse === undefined || wait === undefined) return { fault: 'ERR:Invalid request' }

  const parties = partiesOf(source !== undefined, reverse)
  const name = readName(parameters.get('cidname'))
  const legs = {
    extension: { target: { kind: 'line', value: line.number }, ...(name === undefined ? {} : { callerId: { name } }) },
    source: { target: { kind: 'dial', value: dialledFirst?.text ?? '' } },
    destination: { target: { kind: 'dial', value: dialled.text } },
  } as const satisfies Record<Parties['first'], LegRequest>
  return {
    request: {
      account: line.account,
      first: legs[parties.first],
      // `cidname` is for the extension that rings first.
      second: { target: legs[parties.second].target },
      delaySeconds: 0,
      variables: {},
    },
    extension: line,
    parties,
    wait,
  }
}

/**
 * The extension in whose name the call is placed: the token's only one, or the one that the client names, by its full number
 * or, as providers without such numbers have it, by its short one in the token's own account.
 */
function findExtension(sent: string | undefined, session: Lines): LineReference | { readonly fault: FaultLine } {
  const { onlyLine } = session
  if (onlyLine === undefined && sent === undefined) return { fault: 'ERR:Extension is required' }
  const found = onlyLine === undefined ? session.findExtension(sent ?? '') : session.findLine(session.account, onlyLine)
  return found ?? { fault: 'ERR:Invalid extension' }
}

function readFlag(value: unknown): boolean | undefined {
  const flag = text(value) ?? '0'
  return flag === '0' || flag === '1' ? flag === '1' : undefined
}

/** What a display can show: a name out of a customer database must not keep the call from being placed. */
function readName(value: unknown): string | undefined {
  const name =
    text(value)
      ?.replace(/\p{Cc}+/gu, ' ')
      .trim() ?? ''
  return name === '' ? undefined : [...name].slice(0, longestName).join('')
}
