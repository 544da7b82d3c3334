import { trimSpaces } from '../sent-text.ts'
import { notText, type SentParameters } from './read-parameters.ts'
import type { Verdict } from './render-answer.ts'

const integer = /^(?:0|[1-9][0-9]{0,9})$/
const printable = /^[^\p{Cc}]*$/u
const longestText = 128

/**
 * Takes parameters one by one, and notes a fault for each that is wrong: a client hears of all its faults at once. An empty value
 * is none, as forms send it.
 */
export class ParameterReader {
  readonly #parameters: SentParameters
  readonly #faults: Verdict[] = []

  constructor(parameters: SentParameters) {
    this.#parameters = parameters
  }

  get faults(): readonly Verdict[] {
    return this.#faults
  }

  get names(): readonly string[] {
    return [...this.#parameters.keys()]
  }

  /** As it was sent, for what is compared and never shown; undefined if it is no text. */
  secret(name: string): string | undefined {
    const sent = this.#parameters.get(name)
    return sent === notText ? undefined : sent
  }

  /** Printable text without the spaces around it. */
  text(name: string): string | undefined {
    const sent = this.#parameters.get(name)
    if (sent === undefined) return undefined
    if (sent === notText) return this.fail(name, 'must be one text')
    const text = trimSpaces(sent)
    if (text.length > longestText) return this.fail(name, `must not be longer than ${longestText} characters`)
    if (!printable.test(text)) return this.fail(name, 'must not hold control characters')
    return text === '' ? undefined : text
  }

  required(name: string): string | undefined {
    const before = this.#faults.length
    const text = this.text(name)
    return text === undefined && this.#faults.length === before ? this.fail(name, 'is required') : text
  }

  /** `lowest` is 0, or -1 where that means "no limit". */
  integer(name: string, highest: number, lowest: 0 | -1 = 0): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = integer.test(text) || text === String(lowest) ? Number(text) : Number.POSITIVE_INFINITY
    return value <= highest ? value : this.fail(name, `must be an integer from ${lowest} to ${highest}`)
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name)
    if (text === undefined || text === '0') return text === undefined ? undefined : false
    return text === '1' ? true : this.fail(name, 'must be 0 or 1')
  }

  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name)
    const value = values.find((candidate) => candidate === text)
    if (text === undefined || value !== undefined) return value
    return this.fail(name, `must be empty or one of: ${values.join(', ')}`)
  }

  fail(name: string, what: string): undefined {
    this.note({ code: '400', key: name, message: `${name} ${what}` })
  }

  note(fault: Verdict): void {
    this.#faults.push(fault)
  }
}
