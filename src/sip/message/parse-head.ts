import { isUtf8 } from 'node:buffer'
import { headerNameAt } from './header-name.ts'
import { Headers } from './headers.ts'
import { maximumHeaderCount, maximumLineLength } from './message-limits.ts'
import { SipParseError } from './sip-parse-error.ts'
import { isToken } from './token.ts'

/** What stands before the empty line, its headers cut apart but not looked into. */
export interface MessageHead {
  readonly startLine: string
  readonly headers: Headers
}

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const endMark = Buffer.from('\r\n\r\n')

/** RFC 3261 section 7.5: empty lines before the start line are ignored. */
export const skipEmptyLines = (octets: Buffer, start: number): number => {
  let index = start
  while (octets[index] === carriageReturn && octets[index + 1] === lineFeed) index += 2
  return index
}

/** Where the empty line begins that ends the head, -1 if it is still to come. The body begins four octets behind. */
export const findHeadEnd = (octets: Buffer, start: number): number => octets.indexOf(endMark, start)

/**
 * Cuts a head into lines and names. Lines end in CRLF and in nothing else: with a second kind of line end, two readers of a
 * message could each see another one. Throws {@link SipParseError}.
 */
export const parseHead = (octets: Buffer, start: number, end: number): MessageHead => {
  const text = decode(octets, start, end)
  const startLineEnd = endOfLine(text, 0)
  if (startLineEnd > maximumLineLength) throw new SipParseError('Start Line Too Long', 414)
  const headers = new Headers()
  let seen = 0
  for (let position = startLineEnd + 2; position < text.length; ) {
    const lineStart = position
    let lineEnd = endOfLine(text, lineStart)
    position = lineEnd + 2
    let isFolded = false
    while (isBlank(text.charCodeAt(position))) {
      // RFC 3261 section 7.3.1: a line that begins with white space goes on with the one before.
      isFolded = true
      lineEnd = endOfLine(text, position)
      position = lineEnd + 2
    }
    if (lineEnd - lineStart > maximumLineLength) throw new SipParseError('Header Too Long')
    if (headers.size === maximumHeaderCount) throw new SipParseError('Too Many Headers')
    const colon = text.indexOf(':', lineStart)
    if (colon < 0 || colon >= lineEnd) throw new SipParseError('Bad Header')
    const nameEnd = trimEnd(text, lineStart, colon)
    const name = headerNameAt(text, lineStart, nameEnd)
    if (!name.isKnown && !isToken(name.spelling)) throw new SipParseError('Bad Header')
    if ((seen & name.singleBit) !== 0) throw new SipParseError(`Repeated ${name.spelling}`)
    seen |= name.singleBit
    const valueStart = trimStart(text, colon + 1, lineEnd)
    const value = text.slice(valueStart, trimEnd(text, valueStart, lineEnd))
    headers.appendParsed(name, isFolded ? unfold(value) : value)
  }
  return { startLine: text.slice(0, startLineEnd), headers }
}

/** RFC 3261 section 7.1: UTF-8. What is not is taken for Latin-1, which some phones speak, so that nothing of it is lost. */
const decode = (octets: Buffer, start: number, end: number): string => {
  const text = octets.toString('utf8', start, end)
  const isSound = !text.includes('\ufffd') || isUtf8(octets.subarray(start, end))
  const decoded = isSound ? text : octets.toString('latin1', start, end)
  // RFC 3261 section 25.1: NUL may stand in a quoted pair, and nowhere else.
  if (decoded.includes('\0') && /(?:^|[^\\])\0/.test(decoded)) throw new SipParseError('Bad Character')
  return decoded
}

/** The index of the CRLF that ends the line; that of the last line has been left out. */
const endOfLine = (text: string, start: number): number => {
  const lf = text.indexOf('\n', start)
  const cr = text.indexOf('\r', start)
  if (lf < 0 && cr < 0) return text.length
  if (cr < 0 || lf !== cr + 1) throw new SipParseError('Bad Line End')
  return cr
}

const isBlank = (code: number): boolean => code === space || code === tab

const trimStart = (text: string, start: number, end: number): number => {
  let index = start
  while (index < end && isBlankOrBreak(text.charCodeAt(index))) index++
  return index
}

const trimEnd = (text: string, start: number, end: number): number => {
  let index = end
  while (index > start && isBlankOrBreak(text.charCodeAt(index - 1))) index--
  return index
}

const isBlankOrBreak = (code: number): boolean => isBlank(code) || code === carriageReturn || code === lineFeed

/** RFC 3261 section 7.3.1: a line break with the white space around it is the same as one space. */
const unfold = (value: string): string =>
  value
    .split('\r\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
