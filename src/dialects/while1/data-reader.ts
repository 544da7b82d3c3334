import { textOfBytes } from '../php/byte-string.ts'
import { formScalar } from '../php/form-scalar.ts'
import { PhpArray } from '../php/php-array.ts'

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
    if (controlCharacter.test(text)) return this.#invalid(name, `${name} holds no control characters`)
    if (!shownOnly && text.includes(unreadable)) return this.#invalid(name, `${name} is UTF-8`)
    if (text.length > longest) return this.#invalid(name, `${name} is no longer than ${longest} characters`)
    if (pattern !== undefined && !pattern.test(text)) return this.#invalid(name, `${name} is ${meaning}`)
    return text
  }

  /** An array of scalars by their names; a JSON null is left out, as http_build_query() leaves it out of a form. */
  variables(name: string, limits: { count: number; name: number; value: number }): Readonly<Record<string, string>> {
    const value = this.#data.get(name)
    if (value === undefined || value === null || value === '') return {}
    if (!(value instanceof PhpArray)) return this.#invalid(name, `${name} is an array`) ?? {}
    if (value.size > limits.count) return this.#invalid(name, `there are no more than ${limits.count}`) ?? {}
    const variables: [string, string][] = []
    for (const [key, inner] of value.entries()) {
      const variable = textOfBytes(key)
      if (variable === '' || variable.length > limits.name || controlCharacter.test(variable)) {
        this.#invalid(name, `every name has 1 to ${limits.name} characters and no control characters`)
      } else if (inner instanceof PhpArray) {
        this.#invalid(name, `${variable} is not an array`)
      } else if (inner !== null) {
        const text = textOfBytes(formScalar(inner))
        if (text.length > limits.value) this.#invalid(name, `${variable} is no longer than ${limits.value} characters`)
        else if (controlCharacter.test(text)) this.#invalid(name, `${variable} holds no control characters`)
        else variables.push([variable, text])
      }
    }
    return Object.fromEntries(variables)
  }

  #invalid(name: string, check: string): undefined {
    this.faults.push(`Invalid ${name}. Check if ${check}`)
  }
}
