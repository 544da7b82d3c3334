import type { Random } from '../random.ts'

/**
 * A call's id: 12 hexadecimal digits of time (milliseconds), then 20 of randomness. It sorts by age, cannot be guessed, and is
 * safe in URLs, SIP headers and file names.
 */
export const newCallId = (now: number, random: Random): string => now.toString(16).padStart(12, '0') + random.token(20)
