export interface InfoDigit {
  readonly digit: string
  readonly milliseconds: number
}

/** Phones that name no duration mean a key press of usual length. */
const usualMilliseconds = 250
/** Event codes of RFC 4733 section 3.2: some phones write the `*` key as 10. */
const eventDigits = '0123456789*#ABCD'

/** What carries a digit has two short lines; some phones add two or three of their own. */
const longestBody = 1024

/**
 * The digit that an INFO carries, or undefined where there is none: lines `Signal=5` and `Duration=160`, or the digit alone. Neither
 * has an RFC; both are as Cisco's gateways made them, who call the first `application/dtmf-relay` and the second `application/dtmf`.
 * Some phones send the one under the name of the other.
 */
export function parseInfoDigit(body: string): InfoDigit | undefined {
  if (body.length > longestBody) return undefined
  const signal = /^[ \t]*Signal[ \t]*=([^\r\n]*)/im.exec(body)?.[1]
  const duration = Number(/^[ \t]*Duration[ \t]*=[ \t]*(\d{1,5})[ \t]*$/im.exec(body)?.[1] ?? usualMilliseconds)
  return digitOf(signal ?? body, duration)
}

function digitOf(text: string, milliseconds: number): InfoDigit | undefined {
  const symbol = text.trim().toUpperCase()
  const digit = /^\d\d$/.test(symbol) ? eventDigits[Number(symbol)] : symbol
  return digit !== undefined && /^[0-9*#A-D]$/.test(digit) ? { digit, milliseconds } : undefined
}
