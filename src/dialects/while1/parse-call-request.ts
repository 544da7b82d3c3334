import type { ApiSession, WantedCall } from '../../access/api-session.ts'
import type { LegTargetKind } from '../../call/call-request.ts'
import type { PhpArray } from '../php/php-array.ts'
import { webLink } from '../web-link.ts'
import { DataReader } from './data-reader.ts'

/** The vendor's word for what rings first, and what it is here. A user's e-mail address is the user's name. */
const targetKinds = {
  user: 'user',
  queue: 'queue',
  context: 'context',
  user_email: 'user',
  extension: 'line',
} as const satisfies Readonly<Record<string, LegTargetKind>>

export type DestinationType = keyof typeof targetKinds

export interface ParsedCallRequest {
  readonly request: WantedCall
  readonly type: DestinationType
  /** Answer as soon as the call is accepted, without waiting for its first leg. */
  readonly isAsync: boolean
}

const name = { longest: 64 }
const variableLimits = { count: 100, name: 64, value: 2048 }

const isDestinationType = (type: string): type is DestinationType => Object.hasOwn(targetKinds, type)

export const invalidProject = 'Invalid Project. Check if pbx project exists'

/** `data[…]` into the canonical request; one message for each fault, in the order of the vendor's page. */
export function parseCallRequest(
  data: PhpArray,
  session: Pick<ApiSession, 'findAccount'>,
): ParsedCallRequest | { readonly faults: readonly string[] } {
  const reader = new DataReader(data)
  const projectId = reader.required('project_id', name)
  const project = projectId === '' ? undefined : session.findAccount(projectId)
  if (projectId !== '' && project === undefined) reader.faults.push(invalidProject)
  const callerId = reader.number('caller_id', 'required')
  const callerIdName = reader.required('caller_id_name', { longest: 128, shownOnly: true })
  const type = reader.required('type', name)
  if (type !== '' && !isDestinationType(type))
    reader.faults.push('Invalid Type. Check if type is user, queue or context')
  const destination = reader.required('destination', name)
  const externalId = reader.required('external_id', { longest: 128 })
  const isAsync = reader.optional('async', { ...name, pattern: /^[01]$/, meaning: '0 or 1' }) !== '0'
  const outboundNumber = reader.number('outbound_number', 'optional')
  const trunk = reader.optional('outbound_trunk', name)
  const variables = reader.variables('vars', variableLimits)
  const link = webLink(variables['BACKEND_LINK'] ?? '')
  if (reader.faults.length > 0 || project === undefined || !isDestinationType(type)) return { faults: reader.faults }
  return {
    request: {
      account: project.name,
      // The name alone: with it goes the customer's number where the agent is in the house, and a number that the project may show
      // where a context's step rings the agent outside.
      first: {
        target: { kind: targetKinds[type], value: destination },
        callerId: { name: callerIdName },
        ...(link === undefined ? {} : { link }),
      },
      second: {
        // Who names a trunk wants the number dialled through it, never read as an extension of the house.
        target: { kind: trunk === undefined ? 'dial' : 'number', value: callerId ?? '' },
        ...(outboundNumber === undefined ? {} : { callerId: { number: outboundNumber } }),
        ...(trunk === undefined ? {} : { trunk }),
      },
      delaySeconds: 0,
      externalId,
      variables,
    },
    type,
    isAsync,
  }
}
