/**
 * Ids of calls begin with the time of their acceptance, 12 hexadecimal digits of milliseconds since the epoch, and so sort by
 * age. This is the lowest that a call accepted at that time can have.
 */
export const lowestCallId = (at: number): string => Math.max(0, Math.floor(at)).toString(16).padStart(12, '0')
