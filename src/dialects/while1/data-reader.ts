import { readDialled } from '../../call/read-dialled.ts'
import { textOfBytes } from '../php/byte-string.ts'
import { formScalar } from '../php/form-scalar.ts'
import { PhpArray, type PhpValue } from '../php/php-array.ts'

/** What is read here may come near a header, a log line or a screen. */
const controlCharacter = /\p{Cc}/u

/** What cannot be told from another once it has been read: octets that are no UTF-8. */
const unreadable = '\ufffd'

export interface TextRules {
  readonly longest: number
  /** The whole text has to look so; `meaning` says in words how. */
  readonly pattern?: RegExp
  readonly meaning?: string
  /** For people only: octets that are no UTF-8 show as a replacement character. */
  readonly shownOnly?: boolean
}

export interface VariableLimits {
  readonly count: number
  readonly name: number
  readonly value: number
}

/** The members of `data[…]` as text, whether they came as a form or as JSON; gathers one fault for each that is wrong. */
export class DataReader {
  readonly faults: string[] = []
  readonly #data: PhpArray

  constructor(data: PhpArray) {
    this.#data = data
  }

  required(name: string, rules: TextRules): string {
    const before = this.faults.length
    const text = this.optional(name, rules)
    if (text === undefined && this.faults.length === before)
      this.faults.push(`Missing ${name}. Check if ${name} is sent`)
    return text ?? ''
  }

  /** Trimmed; what is empty counts as not sent, as it does where a form has an empty field. */
  optional(name: string, { longest, pattern, meaning = 'text', shownOnly = false }: TextRules): string | undefined {
    const value = this.#data.get(name)
    if (value === undefined || value === null) return undefined
    if (value instanceof PhpArray) return this.#invalid(name, `${name} is not an array`)
    const text = textOfBytes(formScalar(value)).trim()
    if (text === '') return undefined
    const wrong = checkOf(name, text, longest)
    if (wrong !== undefined) return this.#invalid(name, wrong)
    if (!shownOnly && text.includes(unreadable)) return this.#invalid(name, `${name} is UTF-8`)
    if (pattern !== undefined && !pattern.test(text)) return this.#invalid(name, `${name} is ${meaning}`)
    return text
  }

  /** What can be dialled, in plain characters. */
  number(name: string, need: 'required' | 'optional'): string | undefined {
    const text = need === 'required' ? this.required(name, { longest: 128 }) : this.optional(name, { longest: 128 })
    if (text === undefined || text === '') return undefined
    const read = readDialled(text)
    if ('text' in read) return read.text
    const { kind, message } = read.fault
    if (kind === 'not-a-number') return this.#invalid(name, `${name} is a phone number`)
    this.faults.push(`Invalid ${name}. ${message}`)
    return undefined
  }

  /**
   * Values by their names, those of inner arrays by PHP's bracketed ones: `address[city]`. A JSON null is left out, as
   * http_build_query() leaves it out of a form.
   */
  variables(name: string, limits: VariableLimits): Readonly<Record<string, string>> {
    const value = this.#data.get(name)
    if (value === undefined || value === null || value === '') return {}
    if (!(value instanceof PhpArray)) return this.#invalid(name, `${name} is an array`) ?? {}
    const leaves = [...leavesOf(value)]
    if (leaves.length > limits.count) return this.#invalid(name, `there are no more than ${limits.count}`) ?? {}
    return Object.fromEntries(leaves.map(([key, inner]) => this.#variable(name, key, inner, limits)))
  }

  #variable(name: string, variable: string, value: PhpValue, limits: VariableLimits): [string, string] {
    const text = value === null || value instanceof PhpArray ? '' : textOfBytes(formScalar(value))
    const wrong =
      checkOf('every name', variable, limits.name) ??
      (variable.includes(unreadable) ? 'every name is UTF-8' : undefined) ??
      // Line breaks are kept: an address, or a note, has some.
      checkOf(variable, text.replace(/[\r\n\t]/g, ' '), limits.value)
    if (wrong !== undefined) this.#invalid(name, wrong)
    return [variable, text]
  }

  #invalid(name: string, check: string): undefined {
    this.faults.push(`Invalid ${name}. Check if ${check}`)
  }
}

/** What the client has to look at in this text, if anything. */
function checkOf(what: string, text: string, longest: number): string | undefined {
  if (controlCharacter.test(text)) return `${what} holds no control characters`
  return text.length > longest ? `${what} is no longer than ${longest} characters` : undefined
}

function* leavesOf(values: PhpArray, within = ''): Generator<[name: string, value: PhpValue]> {
  for (const [key, value] of values.entries()) {
    const name = within === '' ? textOfBytes(key) : `${within}[${textOfBytes(key)}]`
    if (value instanceof PhpArray) yield* leavesOf(value, name)
    else if (value !== null) yield [name, value]
  }
}
