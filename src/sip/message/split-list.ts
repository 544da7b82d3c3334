/**
 * Splits a comma-separated header value into its elements, trimmed; commas inside quoted strings and angle brackets belong to
 * the element (RFC 3261 section 7.3.1 and 25.1).
 */
export function splitList(value: string): string[] {
  if (value.indexOf(',') === -1) {
    const only = value.trim()
    return only === '' ? [] : [only]
  }
  const elements: string[] = []
  let start = 0
  let quoted = false
  let bracketed = false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (quoted) {
      if (code === backslash) index++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    else if (code === lessThan) bracketed = true
    else if (code === greaterThan) bracketed = false
    else if (code === comma && !bracketed) {
      push(elements, value.slice(start, index))
      start = index + 1
    }
  }
  push(elements, value.slice(start))
  return elements
}

const quote = 0x22
const comma = 0x2c
const lessThan = 0x3c
const greaterThan = 0x3e
const backslash = 0x5c

function push(elements: string[], element: string): void {
  const trimmed = element.trim()
  if (trimmed !== '') elements.push(trimmed)
}
