import { parseReplaces, type Replaces } from '../dialog/replaces.ts'
import type { SipRequest } from '../message/message.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import type { DialogTable } from './dialog-table.ts'
import { Session } from './session.ts'

/**
 * The session that a Replaces names, by the three parts of its dialog; nobody but its two sides knows them all. The tags are looked
 * for both ways round: RFC 3891 section 3 names them as the receiver knows them, and a phone that means a call of its own with us
 * may name them as it does itself.
 */
export const findReplaced = (dialogs: DialogTable, { callId, toTag, fromTag }: Replaces): Session | undefined => {
  const usage = dialogs.find(callId, toTag, fromTag) ?? dialogs.find(callId, fromTag, toTag)
  return usage instanceof Session ? usage : undefined
}

/**
 * The session whose place an INVITE is to take (RFC 3891 section 3); undefined where it names none. Throws a {@link SipParseError}
 * with what the caller is to hear where it cannot be.
 */
export const replacedBy = (invite: SipRequest, dialogs: DialogTable): Session | undefined => {
  if (!invite.headers.has('Replaces')) return undefined
  const [value = '', ...others] = invite.headers.getAll('Replaces')
  const replaces = others.length > 0 ? undefined : parseReplaces(value)
  if (replaces === undefined) throw new SipParseError('One Readable Replaces Expected')
  const session = findReplaced(dialogs, replaces)
  if (session === undefined) throw new SipParseError('Call/Transaction Does Not Exist', 481)
  if (session.ended) throw new SipParseError('Decline', 603)
  // An early dialog is replaced only where we sent its INVITE: the one that rings here is not ours to give away.
  if (session.isEarly && !session.isOurs) throw new SipParseError('Call/Transaction Does Not Exist', 481)
  if (replaces.earlyOnly && !session.isEarly) throw new SipParseError('Busy Here', 486)
  return session
}
