import { type HeaderName, headerName } from './header-name.ts'
import { splitList } from './split-list.ts'
import { isToken } from './token.ts'

/** What would end a header line, or the message, if it reached the wire. */
const lineBreaking = /[\r\n\0]+/g
const needsSanitizing = /[\r\n\0]/

/** A value that can stand on one header line: CR, LF and NUL become a space. */
const sanitizeHeaderValue = (value: string): string =>
  needsSanitizing.test(value) ? value.replace(lineBreaking, ' ').trim() : value

/**
 * The header fields of a message: ordered, names compared without case and with their compact forms (RFC 3261 section 7.3).
 * What is set here can never break out of its line.
 */
export class Headers {
  readonly #names: HeaderName[] = []
  readonly #values: string[] = []
  /** Counts changes, so that a message knows when what it parsed from a header is out of date. */
  #version = 0

  constructor(fields: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#names.length
  }

  /** The first value of that name, as it stands on the line. */
  get(name: string): string | undefined {
    const index = this.#indexOf(headerName(name), 0)
    return index === -1 ? undefined : this.#values[index]
  }

  /** Every value of that name in order; the elements of a list header one by one. */
  getAll(name: string): string[] {
    const wanted = headerName(name)
    const values: string[] = []
    for (let index = this.#indexOf(wanted, 0); index !== -1; index = this.#indexOf(wanted, index + 1)) {
      const value = this.#values[index] as string
      if (wanted.isList) for (const element of splitList(value)) values.push(element)
      else values.push(value)
    }
    return values
  }

  has(name: string): boolean {
    return this.#indexOf(headerName(name), 0) !== -1
  }

  /** Replaces every value of that name; the header keeps the place of the first. */
  set(name: string, value: string): void {
    const wanted = headerName(name)
    const index = this.#indexOf(wanted, 0)
    if (index === -1) return this.append(name, value)
    this.#version++
    this.#values[index] = sanitizeHeaderValue(value)
    this.#removeFrom(wanted, index + 1)
  }

  append(name: string, value: string): void {
    this.#version++
    this.#names.push(checkedName(name))
    this.#values.push(sanitizeHeaderValue(value))
  }

  /** Puts the header before all others. */
  prepend(name: string, value: string): void {
    this.#version++
    this.#names.unshift(checkedName(name))
    this.#values.unshift(sanitizeHeaderValue(value))
  }

  /** Replaces the first element of the first header of that name, leaving what else stands on its line: the top Via, say. */
  replaceFirst(name: string, element: string): void {
    const wanted = headerName(name)
    const index = this.#indexOf(wanted, 0)
    if (index === -1) return this.prepend(name, element)
    this.#version++
    const rest = wanted.isList ? splitList(this.#values[index] as string).slice(1) : []
    this.#values[index] = sanitizeHeaderValue([element, ...rest].join(', '))
  }

  delete(name: string): void {
    this.#version++
    this.#removeFrom(headerName(name), 0)
  }

  *entries(): IterableIterator<[string, string]> {
    for (let index = 0; index < this.#names.length; index++) {
      yield [(this.#names[index] as HeaderName).spelling, this.#values[index] as string]
    }
  }

  clone(): Headers {
    const copy = new Headers()
    for (let index = 0; index < this.#names.length; index++) copy.#push(this, index)
    return copy
  }

  /** Appends every field of that name as it stands in `other`, to the letter. */
  copy(name: string, other: Headers): void {
    this.#version++
    const wanted = headerName(name)
    for (let index = other.#indexOf(wanted, 0); index !== -1; index = other.#indexOf(wanted, index + 1)) {
      this.#push(other, index)
    }
  }

  /** For the parser alone, which has made sure that the name is a token and that the value stands on one line. */
  appendParsed(name: HeaderName, value: string): void {
    this.#names.push(name)
    this.#values.push(value)
  }

  /** The header lines as they go on the wire, each with its CRLF. */
  serialize(): string {
    let text = ''
    for (let index = 0; index < this.#names.length; index++) {
      text += `${(this.#names[index] as HeaderName).spelling}: ${this.#values[index]}\r\n`
    }
    return text
  }

  #indexOf(wanted: HeaderName, start: number): number {
    const names = this.#names
    if (wanted.isKnown) return names.indexOf(wanted, start)
    for (let index = start; index < names.length; index++) if (names[index]?.key === wanted.key) return index
    return -1
  }

  #removeFrom(wanted: HeaderName, start: number): void {
    for (let index = this.#indexOf(wanted, start); index !== -1; index = this.#indexOf(wanted, index)) {
      this.#names.splice(index, 1)
      this.#values.splice(index, 1)
    }
  }

  #push(other: Headers, index: number): void {
    this.#names.push(other.#names[index] as HeaderName)
    this.#values.push(other.#values[index] as string)
  }
}

/** A name of our own making that is no token is a mistake of ours, not a peer's. */
const checkedName = (name: string): HeaderName => {
  const known = headerName(name)
  if (!known.isKnown && !isToken(name)) {
    throw new TypeError('A header name may hold only token characters (RFC 3261 section 25.1)')
  }
  return known
}
