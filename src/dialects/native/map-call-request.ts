import type { WantedCall } from '../../access/api-session.ts'
import type { LegRequest, LegTarget } from '../../call/call-request.ts'
import { webLink } from '../web-link.ts'
import { type CallBody, type TargetMembers, targetKinds } from './request-schemas.ts'

/** The body into a request of the account. */
export function mapCallRequest(body: CallBody, account: string): WantedCall {
  const { first, second, delaySeconds, externalId, card, recordGroup, noForwards, variables } = body
  return {
    account,
    first: mapLeg(first),
    second: mapLeg(second),
    delaySeconds,
    ...(externalId === undefined ? {} : { externalId }),
    ...(card === undefined ? {} : { card }),
    ...(recordGroup === undefined ? {} : { recordGroup }),
    ...(noForwards === true ? { noForwards } : {}),
    variables,
  }
}

export function mapTarget(parsed: TargetMembers): LegTarget {
  const kind = targetKinds.find((candidate) => parsed[candidate] !== undefined) ?? 'dial'
  return { kind, value: parsed[kind] ?? '' } as LegTarget
}

function mapLeg(parsed: CallBody['first']): LegRequest {
  const { autoAnswer, ringSeconds, trunk, screen, warnBeforeCutOff } = parsed
  const link = parsed.link === undefined ? undefined : webLink(parsed.link)
  return {
    target: mapTarget(parsed),
    ...(autoAnswer === undefined ? {} : { autoAnswer }),
    ...(parsed.callerId === undefined ? {} : { callerId: withoutUndefined(parsed.callerId) }),
    ...(ringSeconds === undefined ? {} : { ringSeconds }),
    ...(link === undefined ? {} : { link }),
    ...(trunk === undefined ? {} : { trunk }),
    ...(screen === true ? { screen: 'required' } : {}),
    ...(warnBeforeCutOff === true ? { warnBeforeCutOff: 'required' } : {}),
  }
}

const withoutUndefined = ({ name, number }: NonNullable<CallBody['first']['callerId']>) => ({
  ...(name === undefined ? {} : { name }),
  ...(number === undefined ? {} : { number }),
})
