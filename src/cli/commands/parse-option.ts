import { InvalidArgumentError } from 'commander'

/** A whole number from `minimum` to `maximum`, for commander's options. */
export const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d{1,9}$/.test(text) && value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`)
  }

/** An argument that a script left empty is a mistake: it names nothing. */
export function someText(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('It is empty.')
}

export const waitConditions = ['accepted', 'ringing', 'answered', 'bridged', 'ended'] as const

export interface Wait {
  readonly for: (typeof waitConditions)[number]
  readonly seconds: number
}

const defaultWaitSeconds = 30

/** `bridged`, or with the patience in seconds `bridged:60`. */
export function parseWait(text: string): Wait {
  const [, name, seconds] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(text) ?? []
  const condition = waitConditions.find((candidate) => candidate === name)
  const patience = Number(seconds ?? defaultWaitSeconds)
  if (condition !== undefined && patience >= 1 && patience <= 120) return { for: condition, seconds: patience }
  throw new InvalidArgumentError(`Give one of ${waitConditions.join(', ')}, and if need be :SECONDS (1 to 120).`)
}
