import { parseMultipart } from './parse-multipart.ts'
import { type ByteString, bytesOf, octetsOf } from './php/byte-string.ts'
import { parseForm } from './php/parse-query.ts'
import { decodeText, encodeBarePlus, queryOf, trimEndOf, trimSpaces } from './sent-text.ts'

/** The limits that every vendor's contract shares; what exceeds them is the vendor's own "bad request". */
export const parameterLimits = { count: 1000, depth: 64 } as const

/** Parameters as a client sent them, by name; values are text, or whatever JSON they came as. */
export type SentParameters = ReadonlyMap<string, unknown>

export type ReadParameters = { readonly parameters: SentParameters } | { readonly fault: string }

/**
 * Flat parameters from the query and the body, be that a form or JSON (an object, or an array that holds one object); the body
 * wins, and of a name that comes twice the last. What looks like JSON is read as JSON, whatever its Content-Type says. What is no UTF-8
 * is read as Latin-1, each name and value by itself.
 */
export function readParameters(url: string, body: unknown, contentType: string | undefined): ReadParameters {
  const query = readPairs(readForm(queryOf(url)))
  if ('fault' in query) return query
  const parameters = new Map<string, unknown>(query.parameters)
  if (Buffer.isBuffer(body) && body.length > 0) {
    const read = readBody(body, contentType)
    if ('fault' in read) return read
    for (const [name, value] of read.parameters) parameters.set(name, value)
  }
  return parameters.size > parameterLimits.count ? tooMany : { parameters }
}

const tooMany: ReadParameters = { fault: 'Too many parameters' }

function readBody(body: Buffer, contentType = ''): ReadParameters {
  // An editor may have put its byte order mark before it.
  const bytes = bytesOf(body).replace(/^\xef\xbb\xbf/, '')
  if (/^multipart\/form-data\b/i.test(contentType)) {
    const fields = parseMultipart(bytes, contentType)
    return fields === undefined ? { fault: 'The form has no end' } : readPairs(fields)
  }
  // PHP's curl calls everything a form that it is not told better about: what begins as JSON does is JSON.
  if (/\bjson\b/i.test(contentType) || /^\s*[[{]/.test(bytes)) return readJson(decodeText(octetsOf(bytes)))
  // A file posted by a careless client ends with its newline.
  return readPairs(readForm(trimEndOf(bytes, '\r\n')))
}

const readForm = (form: ByteString): Pair[] => [...parseForm(encodeBarePlus(form), '&')]

type Pair = readonly [name: ByteString, value: ByteString]

const tooDeep: ReadParameters = { fault: 'The parameters are nested too deeply' }

function readPairs(pairs: readonly Pair[]): ReadParameters {
  if (pairs.length > parameterLimits.count) return tooMany
  // PHP's way to nest: `a[b][c]`.
  if (pairs.some(([name]) => name.split('[').length - 1 > parameterLimits.depth)) return tooDeep
  return { parameters: new Map(pairs.map(([name, value]) => [decode(name), decode(value)])) }
}

const decode = (bytes: ByteString): string => decodeText(octetsOf(bytes))

function readJson(text: string): ReadParameters {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: 'The body is not valid JSON' }
  }
  if (Array.isArray(value) && value.length === 1) value = value[0]
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: 'The body must be a JSON object' }
  if (depthOf(value) > parameterLimits.depth) return tooDeep
  return { parameters: new Map(Object.entries(value)) }
}

/** Counts level by level, so that no input can exhaust the stack. */
function depthOf(root: object): number {
  let depth = 0
  let level: object[] = [root]
  while (level.length > 0 && depth <= parameterLimits.depth) {
    depth++
    level = level.flatMap((node) => Object.values(node).filter((child) => typeof child === 'object' && child !== null))
  }
  return depth
}

/** A list, or an object, where text belongs: passing over `source[]=…` would ring somebody else. */
export const hasLists = (parameters: SentParameters, names: readonly string[]): boolean =>
  names.some((name) => typeof parameters.get(name) === 'object' && parameters.get(name) !== null) ||
  [...parameters.keys()].some((sent) => names.some((name) => sent.startsWith(`${name}[`)))

/** Trimmed text; JSON numbers and booleans as they would stand in a form; undefined where there is none. */
export function text(value: unknown): string | undefined {
  if (value === true) return '1'
  if (value === false) return '0'
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const trimmed = trimSpaces(String(value))
  return trimmed === '' ? undefined : trimmed
}
