import type { CallerId } from '../../call/call-request.ts'
import { readDialled } from '../../call/read-dialled.ts'

const withName = /^(.*)<([^<>]*)>$/
const number = /^\+?[0-9*#]{1,32}$/

/** `Name <number>`, the name in quotes or not, or a number alone; undefined if it is neither. */
export function parseCallerId(text: string): CallerId | undefined {
  const [, before = '', inner = text] = withName.exec(text) ?? []
  const read = readDialled(inner)
  const digits = 'text' in read ? read.text.replace(/[ ()./-]/g, '') : ''
  if (!number.test(digits)) return undefined
  const name = withoutQuotes(before.trim())
  return { ...(name === '' ? {} : { name }), number: digits }
}

const withoutQuotes = (name: string): string =>
  /^".*"$/.test(name) && name.length > 1 ? name.slice(1, -1).replace(/\\(.)/g, '$1').trim() : name
