import type { CallerId, LegTarget } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { LegDestination, LineAddress, TrunkAddress } from '../telephony/driver.ts'

/** A telephone number as the directory understood it. */
export interface PhoneNumber {
  /** E.164 with the plus sign where the number has such a form, the bare digits otherwise (short codes). */
  readonly canonical: string
  readonly emergency: boolean
}

/** The part of the directory that a dial plan needs. */
export interface DialPlanDirectory {
  /** A line of the account by its extension or its full number. */
  findLine(account: string, number: string): (LineAddress & { readonly name?: string }) | undefined
  /** What the characters mean as a telephone number of the account's country; undefined if they cannot be one. */
  parseNumber(account: string, digits: string): PhoneNumber | undefined
  /** Trunks that carry the number for the account, in the order in which to try them, each with the number in its own format. */
  trunksFor(account: string, number: PhoneNumber): readonly TrunkAddress[]
}

export interface ResolvedLeg {
  readonly destination: LegDestination
  /** For people and history: `line 101`, `+61412345678`. */
  readonly label: string
  /** Who this party is to the other one. */
  readonly identity: CallerId
  /** Present where the leg leaves the house: what policy decides about. */
  readonly outside?: PhoneNumber
}

export type Resolution = { readonly resolved: ResolvedLeg } | { readonly refusal: Refusal }

/** The dial plan: what a target means for the account, whether a client says it or a phone dials it. */
export function resolveTarget(
  directory: DialPlanDirectory,
  account: string,
  target: LegTarget,
  pointer: string,
): Resolution {
  switch (target.kind) {
    case 'line':
      return resolveLine(directory, account, target.value) ?? noSuchLine(pointer)
    case 'dial':
      return resolveLine(directory, account, target.value) ?? resolveNumber(directory, account, target.value, pointer)
    case 'number':
      return resolveNumber(directory, account, target.value, pointer)
    case 'queue':
    case 'context':
    case 'user':
      return refuse(
        'not-configured',
        `This server has no ${target.kind} that can be called; use a line, a number or what a phone would dial.`,
        pointer,
      )
  }
}

function resolveLine(directory: DialPlanDirectory, account: string, number: string): Resolution | undefined {
  const line = directory.findLine(account, number)
  if (line === undefined) return undefined
  return {
    resolved: {
      destination: { kind: 'line', line: { account: line.account, number: line.number } },
      label: `line ${line.number}`,
      identity: { number: line.number, ...(line.name === undefined ? {} : { name: line.name }) },
    },
  }
}

function resolveNumber(directory: DialPlanDirectory, account: string, digits: string, pointer: string): Resolution {
  const number = directory.parseNumber(account, digits)
  if (number === undefined) {
    return refuse(
      'invalid-number',
      'This is neither a line of the account nor a telephone number; check it, with its country and area code.',
      pointer,
    )
  }
  const trunks = directory.trunksFor(account, number)
  if (trunks.length === 0) {
    return refuse(
      'not-configured',
      'No trunk carries this number for the account; add one to the configuration.',
      pointer,
    )
  }
  return {
    resolved: {
      destination: { kind: 'trunk', number: number.canonical, trunks },
      label: number.canonical,
      identity: { number: number.canonical },
      outside: number,
    },
  }
}

const noSuchLine = (pointer: string): Resolution =>
  refuse('line-not-found', 'The account has no such line; check the extension.', pointer)

const refuse = (code: Refusal['code'], message: string, pointer: string): Resolution => ({
  refusal: { code, message, pointer },
})
