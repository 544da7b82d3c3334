const notToken = /[^A-Za-z0-9\-.!%*_+`'~]/

/** RFC 3261 section 25.1, `token`. */
export const isToken = (text: string): boolean => text !== '' && !notToken.test(text)
