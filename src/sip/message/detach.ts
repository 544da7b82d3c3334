/**
 * The same text with memory of its own. A part that was cut out of a message keeps the whole message in memory as long as it lives
 * itself; what outlives the message is detached from it.
 */
export const detach = (part: string): string =>
  part.length < shortestCut ? part : Buffer.from(part, 'utf16le').toString('utf16le')

/** V8 copies what is shorter. */
const shortestCut = 13
