import { headerKey, headerSpelling, isListHeader } from './header-name.ts'
import { splitList } from './split-list.ts'

/** What would end a header line, or the message, if it reached the wire. */
const lineBreaking = /[\r\n\0]+/g
const needsSanitizing = /[\r\n\0]/

/** A value that can stand on one header line: CR, LF and NUL become a space. */
export const sanitizeHeaderValue = (value: string): string =>
  needsSanitizing.test(value) ? value.replace(lineBreaking, ' ').trim() : value

/**
 * The header fields of a message: ordered, names compared without case and with their compact forms (RFC 3261 section 7.3).
 * What is set here can never break out of its line.
 */
export class Headers {
  readonly #keys: string[] = []
  readonly #names: string[] = []
  readonly #values: string[] = []
  /** Counts changes, so that a message knows when what it parsed from a header is out of date. */
  version = 0

  constructor(fields: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  /** The first value of that name, as it stands on the line. */
  get(name: string): string | undefined {
    const index = this.#keys.indexOf(headerKey(name))
    return index === -1 ? undefined : this.#values[index]
  }

  /** Every value of that name in order; the elements of a list header one by one. */
  getAll(name: string): string[] {
    const key = headerKey(name)
    const list = isListHeader(key)
    const values: string[] = []
    for (let index = this.#keys.indexOf(key); index !== -1; index = this.#keys.indexOf(key, index + 1)) {
      const value = this.#values[index] as string
      if (list) values.push(...splitList(value))
      else values.push(value)
    }
    return values
  }

  has(name: string): boolean {
    return this.#keys.includes(headerKey(name))
  }

  /** Replaces every value of that name; the header keeps the place of the first. */
  set(name: string, value: string): void {
    const key = headerKey(name)
    const index = this.#keys.indexOf(key)
    if (index === -1) {
      this.append(name, value)
      return
    }
    this.version++
    this.#values[index] = sanitizeHeaderValue(value)
    for (let later = this.#keys.lastIndexOf(key); later > index; later = this.#keys.lastIndexOf(key))
      this.#remove(later)
  }

  append(name: string, value: string): void {
    this.version++
    const key = headerKey(name)
    this.#keys.push(key)
    this.#names.push(sanitizeHeaderName(headerSpelling(key, name)))
    this.#values.push(sanitizeHeaderValue(value))
  }

  /** Puts the header before all others. */
  prepend(name: string, value: string): void {
    this.version++
    const key = headerKey(name)
    this.#keys.unshift(key)
    this.#names.unshift(sanitizeHeaderName(headerSpelling(key, name)))
    this.#values.unshift(sanitizeHeaderValue(value))
  }

  /** Replaces the first element of the first header of that name, leaving what else stands on its line: the top Via, say. */
  replaceFirst(name: string, element: string): void {
    const key = headerKey(name)
    const index = this.#keys.indexOf(key)
    if (index === -1) {
      this.prepend(name, element)
      return
    }
    this.version++
    const rest = isListHeader(key) ? splitList(this.#values[index] as string).slice(1) : []
    this.#values[index] = sanitizeHeaderValue([element, ...rest].join(', '))
  }

  delete(name: string): void {
    const key = headerKey(name)
    for (let index = this.#keys.indexOf(key); index !== -1; index = this.#keys.indexOf(key, index)) {
      this.version++
      this.#remove(index)
    }
  }

  *entries(): IterableIterator<[string, string]> {
    for (let index = 0; index < this.#names.length; index++) {
      yield [this.#names[index] as string, this.#values[index] as string]
    }
  }

  get size(): number {
    return this.#keys.length
  }

  clone(): Headers {
    const copy = new Headers()
    copy.#keys.push(...this.#keys)
    copy.#names.push(...this.#names)
    copy.#values.push(...this.#values)
    return copy
  }

  /** The header lines as they go on the wire, each with its CRLF. */
  serialize(): string {
    let text = ''
    for (let index = 0; index < this.#names.length; index++) text += `${this.#names[index]}: ${this.#values[index]}\r\n`
    return text
  }

  #remove(index: number): void {
    this.#keys.splice(index, 1)
    this.#names.splice(index, 1)
    this.#values.splice(index, 1)
  }
}

const notToken = /[^A-Za-z0-9\-.!%*_+`'~]/

function sanitizeHeaderName(name: string): string {
  // Names are ours, or were read by the parser, which lets no other character through.
  if (notToken.test(name)) throw new TypeError('A header name may hold only token characters (RFC 3261 section 25.1)')
  return name
}
