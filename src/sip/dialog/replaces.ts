import { noParameters, type Parameters, parseParameters } from '../message/parameters.ts'
import { isIdentifier } from '../message/token.ts'

/** The dialog that an INVITE is to take the place of (RFC 3891 section 6.1), as its receiver knows it. */
export interface Replaces {
  readonly callId: string
  /** The receiver's tag. */
  readonly toTag: string
  /** The tag of the receiver's peer; empty for one of RFC 2543, written `0`. */
  readonly fromTag: string
  /** Only if the dialog is early still. */
  readonly earlyOnly: boolean
}

/** Reads the value of a Replaces header; undefined for one that cannot be read. */
export const parseReplaces = (text: string): Replaces | undefined => {
  const semicolon = text.indexOf(';')
  if (semicolon < 0) return undefined
  const callId = text.slice(0, semicolon).trim()
  const parameters = readParameters(text, semicolon + 1)
  const toTag = parameters.get('to-tag') ?? ''
  const fromTag = parameters.get('from-tag') ?? ''
  if (!/^\S+$/.test(callId) || !isIdentifier(toTag) || !isIdentifier(fromTag)) return undefined
  return { callId, toTag: tagOf(toTag), fromTag: tagOf(fromTag), earlyOnly: parameters.has('early-only') }
}

export const serializeReplaces = ({ callId, toTag, fromTag, earlyOnly }: Replaces): string =>
  `${callId};to-tag=${toTag || '0'};from-tag=${fromTag || '0'}${earlyOnly ? ';early-only' : ''}`

/** RFC 3891 section 3: a tag of zero means that there is none. */
const tagOf = (tag: string): string => (tag === '0' ? '' : tag)

const readParameters = (text: string, start: number): Parameters => {
  try {
    return parseParameters(text, start)
  } catch {
    return noParameters
  }
}
