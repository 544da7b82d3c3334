import fc from 'fast-check'
import { type ByteString, bytesOfText } from '../../src/dialects/php/byte-string.ts'

const oneOf = (...pieces: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...pieces)
const several = (piece: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(piece, { maxLength }).map((pieces) => pieces.join(''))
const inOrder = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((pieces) => pieces.join(''))

/** Pieces that PHP's name rules turn on, and any octet between them. */
const queryPiece = fc.oneof(
  { weight: 3, arbitrary: oneOf('a', 'b', '[', ']', '=', '&', '.', ' ', '+', '0', '-1', '05', '7') },
  { weight: 3, arbitrary: oneOf('[a]', '[]', '[0]', '[-5]', '[7]', '=1&', '&a', '&a[]', '%5Ba%5D', '[ ]') },
  { weight: 1, arbitrary: oneOf('%', '%5B', '%5D', '%00', '%zz', '%20', '\t', '__proto__', ';') },
  { weight: 1, arbitrary: oneOf('..Host-', '__Host-', '__Secure-', '[9223372036854775807]', '[-9223372036854775808]') },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) },
)

/** A query or form body, hardly ever one that a library would build. */
export const phpQuery: fc.Arbitrary<ByteString> = several(queryPiece, 24)

const whiteSpace = oneOf('', '', '', ' ', '\n', '\t\r')

const digits = oneOf('0', '1', '7', '10', '204', '9007199254740993', '12345678901234567890', '99999999999999999999')
// On either side of the widest integers of 64 bits.
const wideDigits = oneOf('9223372036854775807', '9223372036854775808', '9223372036854775809', '18446744073709551615')
const fraction = oneOf('', '', '.0', '.5', '.10', '.00001', '.30000000000000004', '.999999999999999')
const exponent = oneOf('', '', '', 'e0', 'E5', 'e+14', 'e15', 'E-7', 'e25', 'e-324', 'e308', 'e309', 'e007')
const number = inOrder(oneOf('', '-'), fc.oneof(digits, wideDigits), fraction, exponent)

const character = oneOf(
  ...['a', 'b', ' ', '+', '&', '=', '%', '[', ']', '.', '~', "'", '*', '/', '\u007f', 'é', '€', '😀', '0'],
  ...['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0000', '\\u00e9', '\\u20AC', '\\ud83d\\ude00'],
)
const string = several(character, 6).map((text) => `"${text}"`)
const name = fc.oneof(
  string,
  oneOf('"0"', '"2"', '"-1"', '"-0"', '"01"', '""', '"a.b"', '"__proto__"', '"constructor"'),
)

const container = (open: string, close: string, member: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(whiteSpace, fc.array(member, { maxLength: 4 }))
    .map(([space, members]) => `${open}${space}${members.join(`,${space}`)}${close}`)

const json = fc.letrec<{ value: string; document: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oneOf('true', 'false', 'null', '[]', '{}'),
    number,
    string,
    tie('document'),
  ),
  document: fc.oneof(
    container('[', ']', inOrder(tie('value'), whiteSpace)),
    container('{', '}', inOrder(name, whiteSpace, fc.constant(':'), whiteSpace, tie('value'))),
  ),
}))

/** JSON that is an array or an object, spelled as any writer may: JSON.stringify() knows one spelling of each number and character. */
export const phpJson: fc.Arbitrary<ByteString> = inOrder(whiteSpace, json.document, whiteSpace).map(bytesOfText)
