import type { ByteString } from './byte-string.ts'
import { PhpArray } from './php-array.ts'
import { type PhpInput, phpInputLimits } from './php-input.ts'

/**
 * A query string or form body as PHP 8.2 reads it into `$_GET` and `$_POST` (main/php_variables.c): `a[b][]=1` nests, dots and
 * spaces of the outermost name become underscores, the last of a name wins. `separators` is PHP's arg_separator.input.
 */
export const parseQuery = (bytes: ByteString, separators: '&' | '&;' = '&'): PhpInput =>
  parsePairs(parseForm(bytes, separators))

/** The same of names and values that are no longer encoded, such as the fields of a multipart form. */
export function parsePairs(pairs: Iterable<readonly [name: ByteString, value: ByteString]>): PhpInput {
  const values = new PhpArray()
  let count = 0
  for (const [name, value] of pairs) {
    if (++count > phpInputLimits.parameters) return { fault: 'too-many-parameters' }
    if (!register(values, name, value)) return { fault: 'too-deeply-nested' }
  }
  return { values }
}

/** Names and values in the order in which they were sent, decoded. */
export function* parseForm(
  bytes: ByteString,
  separators: '&' | '&;',
): Generator<[name: ByteString, value: ByteString]> {
  for (const pair of bytes.split(separators === '&' ? '&' : /[&;]/)) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (equals === -1) yield [decodeUrl(pair), '']
    else yield [decodeUrl(pair.slice(0, equals)), decodeUrl(pair.slice(equals + 1))]
  }
}

/** A percent sign without two hexadecimal digits stands for itself. */
const decodeUrl = (encoded: ByteString): ByteString =>
  encoded
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** php_register_variable_ex(); false if the name nests too deeply. A name that PHP cannot keep is dropped with its value. */
function register(root: PhpArray, sent: ByteString, value: ByteString): boolean {
  const name = withoutLeadingSpaces(untilNul(sent))
  const bracket = name.indexOf('[')
  const head = underscored(bracket === -1 ? name : name.slice(0, bracket))
  if (head === '') return true
  if (bracket === -1) {
    setUnlessForged(root, head, name, value)
    return true
  }
  return registerNested(root, name, bracket, head, value)
}

function registerNested(
  root: PhpArray,
  name: ByteString,
  bracket: number,
  head: ByteString,
  value: ByteString,
): boolean {
  let table = root
  let key: ByteString | undefined = head
  let open = bracket
  for (let level = 1; name[open] === '['; level++) {
    if (level > phpInputLimits.nesting) return false
    const index = readIndex(name, open)
    if (index === undefined) {
      // A bracket that is never closed is part of the outermost name; further in it ends the name.
      if (level > 1) break
      setUnlessForged(root, `${head}_${name.slice(open + 1).replace(/[ .[]/g, '_')}`, name, value)
      return true
    }
    const inner = isForged(key, name) ? undefined : enter(table, key)
    if (inner === undefined) return true
    table = inner
    key = index.key
    open = index.end
  }
  if (key === undefined) table.append(value)
  else setUnlessForged(table, key, name, value)
  return true
}

/** What stands between `[` at `open` and the next `]`; no key if that is nothing, or one white space. */
function readIndex(name: ByteString, open: number): { key: ByteString | undefined; end: number } | undefined {
  const start = open + 1
  const afterSpace = isSpace(name.charCodeAt(start)) ? start + 1 : start
  if (name[afterSpace] === ']') return { key: undefined, end: afterSpace + 1 }
  const close = name.indexOf(']', afterSpace)
  return close === -1 ? undefined : { key: name.slice(start, close), end: close + 1 }
}

/** The array under `key`, or under the next integer; a scalar there gives way to a new array. */
function enter(table: PhpArray, key: ByteString | undefined): PhpArray | undefined {
  const present = key === undefined ? undefined : table.get(key)
  if (present instanceof PhpArray) return present
  const inner = new PhpArray()
  if (key === undefined) return table.append(inner) ? inner : undefined
  table.set(key, inner)
  return inner
}

function setUnlessForged(table: PhpArray, key: ByteString, sent: ByteString, value: ByteString): void {
  if (!isForged(key, sent)) table.set(key, value)
}

/**
 * php_is_forbidden_variable_name(): `..Host-x` must not turn into the protected `__Host-x`. PHP asks it of every key on the way, so
 * that `a[__Host-x]` is dropped as well.
 */
const isForged = (key: ByteString | undefined, sent: ByteString): boolean =>
  ['__Host-', '__Secure-'].some((prefix) => key?.startsWith(prefix) && !sent.startsWith(prefix))

const underscored = (name: ByteString): ByteString => name.replace(/[ .]/g, '_')

function untilNul(name: ByteString): ByteString {
  const nul = name.indexOf('\0')
  return nul === -1 ? name : name.slice(0, nul)
}

const withoutLeadingSpaces = (name: ByteString): ByteString => name.replace(/^ +/, '')

/** C's isspace(). */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d)
