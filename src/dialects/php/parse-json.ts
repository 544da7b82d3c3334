import { isUtf8 } from 'node:buffer'
import { type ByteString, bytesOfText, octetsOf } from './byte-string.ts'
import { PhpArray, type PhpValue } from './php-array.ts'
import { type PhpInput, type PhpInputFault, phpInputLimits } from './php-input.ts'

/**
 * JSON as PHP's json_decode($json, true) reads it: members in the order received, integers of 64 bits lossless and larger ones
 * floats, of a name that comes twice the last value in the first place. `malformed` where json_decode() gives an error, and
 * where the outermost value is neither object nor array.
 */
export function parseJson(bytes: ByteString): PhpInput {
  if (!isUtf8(octetsOf(bytes))) return { fault: 'malformed' }
  try {
    const values = new JsonReader(bytes).readDocument()
    return values instanceof PhpArray ? { values } : { fault: 'malformed' }
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error.fault }
    throw error
  }
}

/** Leaves the reader's recursion; never leaves this file. */
class JsonFault extends Error {
  readonly fault: PhpInputFault

  constructor(fault: PhpInputFault) {
    super(fault)
    this.fault = fault
  }
}

const malformed = (): JsonFault => new JsonFault('malformed')

const whiteSpace = /[ \t\n\r]*/y
const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const plainCharacters = /[^"\\\x00-\x1f]*/y
const literalPattern = /true|false|null/y

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class JsonReader {
  readonly #bytes: ByteString
  #position = 0
  #depth = 0
  #count = 0

  constructor(bytes: ByteString) {
    this.#bytes = bytes
  }

  readDocument(): PhpValue {
    const value = this.#readValue()
    this.#skipWhiteSpace()
    if (this.#position !== this.#bytes.length) throw malformed()
    return value
  }

  #readValue(): PhpValue {
    this.#skipWhiteSpace()
    switch (this.#bytes[this.#position]) {
      case '{':
        return this.#readObject()
      case '[':
        return this.#readArray()
      case '"':
        return this.#readString()
      default:
        return this.#readScalar()
    }
  }

  #readObject(): PhpArray {
    return this.#readContainer('}', (values) => {
      this.#skipWhiteSpace()
      if (this.#bytes[this.#position] !== '"') throw malformed()
      const name = this.#readString()
      this.#expect(':')
      values.set(name, this.#readValue())
    })
  }

  #readArray(): PhpArray {
    return this.#readContainer(']', (values) => values.append(this.#readValue()))
  }

  #readContainer(close: string, readElement: (values: PhpArray) => void): PhpArray {
    if (++this.#depth > phpInputLimits.nesting) throw new JsonFault('too-deeply-nested')
    const values = new PhpArray()
    this.#position++
    if (!this.#take(close)) {
      do {
        if (++this.#count > phpInputLimits.parameters) throw new JsonFault('too-many-parameters')
        readElement(values)
      } while (this.#take(','))
      this.#expect(close)
    }
    this.#depth--
    return values
  }

  #readString(): ByteString {
    let value = ''
    this.#position++
    for (;;) {
      value += this.#match(plainCharacters)?.[0] ?? ''
      const character = this.#bytes[this.#position++]
      if (character === '"') return value
      if (character !== '\\') throw malformed()
      value += this.#readEscape()
    }
  }

  #readEscape(): ByteString {
    const letter = this.#bytes[this.#position++] ?? ''
    if (letter !== 'u') {
      const character = escapes[letter]
      if (character === undefined) throw malformed()
      return character
    }
    const unit = this.#readUnit()
    if (unit >= 0xdc00 && unit <= 0xdfff) throw malformed()
    if (unit < 0xd800 || unit > 0xdbff) return bytesOfText(String.fromCharCode(unit))
    // RFC 8259 section 7: beyond the basic plane, a pair of surrogates; half of one is no character.
    if (!this.#bytes.startsWith('\\u', this.#position)) throw malformed()
    this.#position += 2
    const low = this.#readUnit()
    if (low < 0xdc00 || low > 0xdfff) throw malformed()
    return bytesOfText(String.fromCharCode(unit, low))
  }

  #readUnit(): number {
    const digits = this.#bytes.slice(this.#position, this.#position + 4)
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw malformed()
    this.#position += 4
    return Number.parseInt(digits, 16)
  }

  #readScalar(): PhpValue {
    const literal = this.#match(literalPattern)?.[0]
    if (literal !== undefined) return literal === 'null' ? null : literal === 'true'
    const number = this.#match(numberPattern)
    if (number === undefined) throw malformed()
    const [written, fraction, exponent] = number
    if (fraction !== undefined || exponent !== undefined) return Number(written)
    const integer = BigInt(written)
    return BigInt.asIntN(64, integer) === integer ? integer : Number(written)
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#bytes)
    if (found === null) return undefined
    this.#position = pattern.lastIndex
    return found
  }

  #skipWhiteSpace(): void {
    this.#match(whiteSpace)
  }

  #take(character: string): boolean {
    this.#skipWhiteSpace()
    if (this.#bytes[this.#position] !== character) return false
    this.#position++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw malformed()
  }
}
