import type { z } from 'zod'
import { closestName } from './closest-name.ts'

/** What kinds of value are called, in the words of one who writes YAML, with an example. */
const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list: [ … ], or lines that begin with "-"',
  object: 'a group of keys: { key: value }, or indented lines "key: value"',
  record: 'a group of keys: { key: value }, or indented lines "key: value"',
}

/** What is wrong with a value and what would be right, as the rest of a sentence that begins with its key. Shows no value. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue.expected, issue.input, issue.message)
    case 'too_big':
      return `must ${sizeOf(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`
    case 'too_small':
      return isOwnMessage(issue.message)
        ? issue.message
        : `must ${sizeOf(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`
    case 'invalid_value':
      return describeChoice(issue.values.map(String), issue.input)
    default:
      return issue.message
  }
}

function describeType(expected: string, input: unknown, message: string): string {
  const kind = kinds[expected]
  if (kind === undefined) return message
  if (input === undefined) return `is missing; it must be ${kind}`
  if (expected === 'string' && typeof input === 'number') return 'must be text; put it in quotes'
  if (typeof input === 'number' && expected === 'int') return 'must be a whole number'
  return `must be ${kind}`
}

function describeChoice(choices: readonly string[], input: unknown): string {
  const known = choices.map((choice) => `"${choice}"`).join(', ')
  const meant = typeof input === 'string' ? closestName(input, choices) : undefined
  const must = choices.length === 1 ? `must be ${known}` : `must be one of ${known}`
  return meant === undefined ? must : `${must}; did you mean "${meant}"?`
}

const isOwnMessage = (message: string): boolean => message.startsWith('must ')
const sizeOf = (origin: string): string => (origin === 'string' || origin === 'array' ? 'have' : 'be')
const unitOf = (origin: string, count: number | bigint): string => {
  const [one, many] = origin === 'string' ? [' character', ' characters'] : [' entry', ' entries']
  return origin === 'string' || origin === 'array' ? (Number(count) === 1 ? one : many) : ''
}
