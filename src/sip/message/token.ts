const notToken = /[^A-Za-z0-9\-.!%*_+`'~]/

/** RFC 3261 section 25.1, `token`. */
export const isToken = (text: string): boolean => text !== '' && !notToken.test(text)

/**
 * What may serve as a tag or branch. Tokens by RFC 3261, but peers are less strict; without spaces and separators, so that tables may
 * join several of them into one key, and nobody can make one key out of two.
 */
export const isIdentifier = (text: string | undefined): boolean =>
  text !== undefined && /^[^\s"<>;,\0-\x20\x7f]+$/.test(text)
