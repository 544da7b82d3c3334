import { parameterLimits } from '../parameters.ts'
import { parseMultipart } from '../parse-multipart.ts'
import { type ByteString, bytesOf, bytesOfText, octetsOf } from '../php/byte-string.ts'
import { formScalar } from '../php/form-scalar.ts'
import { parseJson } from '../php/parse-json.ts'
import { parsePairs, parseQuery } from '../php/parse-query.ts'
import { PhpArray, type PhpValue } from '../php/php-array.ts'
import type { PhpInput, PhpInputFault } from '../php/php-input.ts'
import { decodeText, encodeBarePlus, queryOf, trimEndOf } from '../sent-text.ts'

/** In the place of a value that is no text: an array (`snumber[]=1`). */
export const notText = Symbol('not text')

/** Each parameter as it was sent, by name; the names are octets, of which all that mean something are ASCII. */
export type SentParameters = ReadonlyMap<ByteString, string | typeof notText>

export type ReadParameters = { readonly parameters: SentParameters } | { readonly fault: string }

/**
 * The parameters of the query and of the body, a form or JSON; the body wins, and of a name that comes twice the last. `;` separates as well
 * as `&`; a `;` that is percent-encoded is part of its value.
 */
export function readParameters(url: ByteString, body: unknown, contentType: string | undefined): ReadParameters {
  const query = readForm(queryOf(url))
  if ('fault' in query) return { fault: faults[query.fault] }
  const sent = Buffer.isBuffer(body) && body.length > 0 ? readBody(bytesOf(body), contentType) : noParameters
  if ('fault' in sent) return { fault: faults[sent.fault] }
  const parameters = new Map([...query.values.entries(), ...sent.values.entries()].map(readPair))
  return parameters.size > parameterLimits.count ? { fault: faults['too-many-parameters'] } : { parameters }
}

const noParameters: PhpInput = { values: new PhpArray() }

const faults: Readonly<Record<PhpInputFault, string>> = {
  'too-many-parameters': 'There are too many parameters',
  'too-deeply-nested': 'The parameters are nested too deeply',
  malformed: 'The body must be a form or a JSON object',
}

const readForm = (form: ByteString): PhpInput => parseQuery(encodeBarePlus(form), '&;')

function readBody(sent: ByteString, contentType: string | undefined): PhpInput {
  // An editor may have put its byte order mark before it.
  const body = sent.replace(/^\xef\xbb\xbf/, '')
  // What begins as JSON does is JSON: PHP's curl calls everything a form.
  if ((contentType !== undefined && /\bjson\b/i.test(contentType)) || /^\s*[[{]/.test(body)) return readJson(body)
  if (contentType === undefined || !/^multipart\/form-data\b/i.test(contentType)) {
    // A file posted by a careless client ends with its newline.
    return readForm(trimEndOf(body, '\r\n'))
  }
  const fields = parseMultipart(body, contentType)
  return fields === undefined ? { fault: 'malformed' } : parsePairs(fields)
}

/** An object, or an array that holds one. */
function readJson(body: ByteString): PhpInput {
  const read = parseJson(bytesOfText(decodeText(octetsOf(body))))
  if ('fault' in read) return read
  const [only, ...others] = [...read.values.entries()]
  const isList = body.trimStart().startsWith('[')
  if (!isList) return read
  return only?.[1] instanceof PhpArray && others.length === 0 ? { values: only[1] } : { fault: 'malformed' }
}

const readPair = ([name, value]: [ByteString, PhpValue]): [ByteString, string | typeof notText] => [
  name,
  value instanceof PhpArray ? notText : value === null ? '' : decodeText(octetsOf(formScalar(value))),
]
