export interface InfoDigit {
  readonly digit: string
  readonly milliseconds: number
}

/** Phones that name no duration mean a key press of usual length. */
const usualMilliseconds = 250
/** Event codes of RFC 4733 section 3.2: some phones write the `*` key as 10. */
const eventDigits = '0123456789*#ABCD'

/**
 * The digit that an INFO carries, or undefined where there is none: `application/dtmf-relay` has lines `Signal=5` and
 * `Duration=160`, `application/dtmf` the digit alone. Neither has an RFC; both are as Cisco's gateways made them.
 */
export function parseInfoDigit(contentType: string, body: string): InfoDigit | undefined {
  if (contentType === 'application/dtmf') return digitOf(body, usualMilliseconds)
  const signal = /^\s*Signal\s*=([^\r\n]*)/im.exec(body)?.[1]
  const duration = Number(/^\s*Duration\s*=\s*(\d{1,5})\s*$/im.exec(body)?.[1] ?? usualMilliseconds)
  return signal === undefined ? undefined : digitOf(signal, duration)
}

function digitOf(text: string, milliseconds: number): InfoDigit | undefined {
  const symbol = text.trim().toUpperCase()
  const digit = /^\d\d$/.test(symbol) ? eventDigits[Number(symbol)] : symbol
  return digit !== undefined && /^[0-9*#A-D]$/.test(digit) ? { digit, milliseconds } : undefined
}
