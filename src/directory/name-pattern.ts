/** Printable, no control characters: names end up in logs, URLs and headers. */
export const namePattern = /^[^\p{Cc}"\\/]{1,64}$/u
