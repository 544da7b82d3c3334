/** The first try, the answer to a challenge, and one more for a stale nonce or a proxy that challenges too. */
export const maximumInviteAttempts = 3

/**
 * The branch of an INVITE's nth attempt. It follows from the first one's, so that whoever wrote down the first branch before
 * sending can cancel every attempt after a crash; its CSeq number is the first one's plus `attempt`.
 */
export const attemptBranch = (branch: string, attempt: number): string =>
  attempt === 0 ? branch : `${branch}-${attempt}`
