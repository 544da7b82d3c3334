import type { ApiFunction } from './api-function.ts'
import { callIdOf } from './call-fields.ts'
import { answerOfRefusals } from './map-refusal.ts'
import { destinationTypes, readTarget } from './parse-call-request.ts'
import { type Answer, refuse, requested } from './render-answer.ts'

/** The same for a call that does not exist and for one of a customer that the user may not see. */
const noSuchCall = (key: string): Answer =>
  refuse('404', 'The call does not exist, or you do not have permission to view it.', key)

const ended = (key: string): Answer => refuse('404', 'The call has ended.', key)

/** `calls/hangup`: of one leg or of the call, which is the same here. */
export const hangUpCall: ApiFunction = {
  permissions: ['calls:control'],
  async run({ reader, session }) {
    const callId = reader.text('callid')
    const uniqueId = reader.text('uniqueid')
    if (callId !== undefined && uniqueId !== undefined)
      reader.fail('uniqueid', 'must be left out where callid is given')
    if (reader.faults.length > 0) return { responses: reader.faults }
    if (callId === undefined && uniqueId === undefined) return refuse('400', 'callid or uniqueid is required', 'callid')
    const key = callId === undefined ? 'uniqueid' : 'callid'
    const id = callId ?? callIdOf(uniqueId ?? '')
    const { outcome } = await session.hangup(id)
    if (outcome === 'not-found') return noSuchCall(key)
    return outcome === 'already-ended' ? ended(key) : requested
  },
}

const partyOf = (channel: string) => (channel === '1' ? 'first' : 'second')

/** `calls/hold` and `calls/resume`: of the calling (1) or the called party (2). Ours: the called one where neither is named. */
const holdOrResume = (action: 'hold' | 'resume'): ApiFunction => ({
  permissions: ['calls:control'],
  async run({ reader, session }) {
    const uniqueId = reader.required('uniqueid')
    const channel = reader.choice('channel', ['1', '2']) ?? '2'
    if (uniqueId === undefined || reader.faults.length > 0) return { responses: reader.faults }
    const acted = await session.act(callIdOf(uniqueId), { action, leg: partyOf(channel) })
    if (acted.outcome === 'done') return requested
    if (acted.outcome !== 'not-in-this-state') return noSuchCall('uniqueid')
    return acted.state === 'ended' ? ended('uniqueid') : refuse('400', 'The call is not connected yet.', 'uniqueid')
  },
})

export const holdCall = holdOrResume('hold')
export const resumeCall = holdOrResume('resume')

/** `calls/redirect`: sends the calling (1) or the called party (2) elsewhere, and lets the other go. */
export const redirectCall: ApiFunction = {
  permissions: ['calls:control'],
  async run({ reader, session }) {
    const uniqueId = reader.required('uniqueid')
    const target = readTarget(reader, reader.choice('ctype', destinationTypes), 'cnumber')
    const channel = reader.choice('channel', ['1', '2']) ?? '1'
    if (uniqueId === undefined || target === undefined || reader.faults.length > 0) return { responses: reader.faults }
    const redirected = await session.redirect(callIdOf(uniqueId), partyOf(channel), target)
    switch (redirected.outcome) {
      case 'redirected':
        return requested
      case 'not-found':
        return noSuchCall('uniqueid')
      case 'already-ended':
        return ended('uniqueid')
      case 'not-connected':
        return refuse('400', 'The call is not connected yet.', 'uniqueid')
      case 'refused':
        return answerOfRefusals([redirected.refusal], (pointer) => (pointer === '' ? '' : 'cnumber'))
    }
  },
}
