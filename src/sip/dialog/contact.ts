import type { SipMessage } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'

/** The contacts of a message; none where they cannot be read, for a peer's mistake must not break what else it said. */
export const readableContacts = (message: SipMessage): readonly NameAddr[] => {
  try {
    return message.contacts === '*' ? [] : message.contacts
  } catch {
    return []
  }
}

/** The URI of the first contact, if a request could be sent there. */
export const targetOf = (message: SipMessage): string | undefined => {
  const uri = readableContacts(message)[0]?.uri
  return uri !== undefined && isSipUri(uri) ? uri : undefined
}

export const isSipUri = (text: string): boolean => {
  try {
    return /^sips?$/.test(parseUri(text).scheme)
  } catch {
    return false
  }
}
