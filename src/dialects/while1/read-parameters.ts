import { parseMultipart } from '../parse-multipart.ts'
import { type ByteString, bytesOf } from '../php/byte-string.ts'
import { mergeArrays } from '../php/merge-arrays.ts'
import { parseJson } from '../php/parse-json.ts'
import { parsePairs, parseQuery } from '../php/parse-query.ts'
import { PhpArray } from '../php/php-array.ts'
import { type PhpInput, type PhpInputFault, phpInputLimits } from '../php/php-input.ts'
import { queryOf } from '../sent-text.ts'

const faultMessages: Readonly<Record<PhpInputFault, string>> = {
  malformed: 'Invalid body. Check if body is a form or a JSON object',
  'too-many-parameters': `Too many parameters. Check if there are no more than ${phpInputLimits.parameters}`,
  'too-deeply-nested': `Parameters nested too deeply. Check if there are no more than ${phpInputLimits.nesting} levels`,
}

/**
 * What the client sent, in the order received, as the vendor's PHP holds it: `$_REQUEST`, with a JSON body in the place of `$_POST`.
 * The hash covers all of it, so that nothing can be added to a signed request in the other place.
 */
export function readParameters(
  url: ByteString,
  body: unknown,
  contentType: string | undefined,
): { readonly values: PhpArray } | { readonly fault: string } {
  const query = parseQuery(queryOf(url))
  if ('fault' in query) return { fault: faultMessages[query.fault] }
  const posted = readBody(Buffer.isBuffer(body) ? bytesOf(body) : '', contentType)
  if ('fault' in posted) return { fault: faultMessages[posted.fault] }
  const values = mergeArrays(query.values, posted.values)
  if (values.countScalars() > phpInputLimits.parameters) return { fault: faultMessages['too-many-parameters'] }
  return { values }
}

/** PHP's curl calls everything a form that it is not told better about: what begins as a JSON object is one. */
function readBody(body: ByteString, contentType = ''): PhpInput {
  if (body === '') return { values: new PhpArray() }
  if (/^multipart\/form-data\b/i.test(contentType)) {
    const fields = parseMultipart(body, contentType)
    return fields === undefined ? { fault: 'malformed' } : parsePairs(fields)
  }
  return /\bjson\b/i.test(contentType) || /^\s*\{/.test(body) ? parseJson(body) : parseQuery(body)
}
