/**
 * The text without these characters at its end. A loop, because a regular expression (`/ +$/`) takes seconds on a long run of them
 * that does not end the text, which is all an attacker needs to send.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The text without the spaces around it; other white space is part of it. */
export function trimSpaces(text: string): string {
  let start = 0
  while (text.charAt(start) === ' ') start++
  return trimEndOf(text.slice(start), ' ')
}
