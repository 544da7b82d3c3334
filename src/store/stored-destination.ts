import type { Destination, Group, GroupDestination } from '../call/destination.ts'

/**
 * A destination as rows hold it: shorter than the type that the program works with, because every call has two. `{"line":"102",
 * "queue":"support"}` is line 102, who answered for the queue support; without a line or a number it is the queue itself.
 */
export interface StoredDestination {
  readonly line?: string
  readonly number?: string
  readonly queue?: string
  readonly context?: string
  readonly featureCode?: string
}

export function toStoredDestination(destination: Destination): StoredDestination {
  switch (destination.kind) {
    case 'line':
      return { line: destination.number, ...destination.via }
    case 'number':
      return { number: destination.number, ...destination.via }
    case 'queue':
      return { queue: destination.name }
    case 'context':
      return { context: destination.name }
    case 'feature-code':
      return { featureCode: destination.code }
  }
}

/** Also of rows that hold the text for people, as older releases wrote it. */
export function fromStoredDestination(stored: StoredDestination | string): Destination {
  if (typeof stored === 'string') return parseLabel(stored)
  const { line, number, ...group } = stored
  if (line !== undefined) return { kind: 'line', number: line, ...viaOf(group) }
  if (number !== undefined) return { kind: 'number', number, ...viaOf(group) }
  return groupDestination(group)
}

/** A column of text: JSON, or the text for people. No name of anything began with a brace. */
export const fromDestinationColumn = (text: string): Destination =>
  fromStoredDestination(text.startsWith('{') ? (JSON.parse(text) as StoredDestination) : text)

type StoredGroup = Pick<StoredDestination, 'queue' | 'context' | 'featureCode'>

const viaOf = (group: StoredGroup): { readonly via?: Group } =>
  Object.keys(group).length === 0 ? {} : { via: group as Group }

function groupDestination({ queue, context, featureCode = '' }: StoredGroup): GroupDestination {
  if (queue !== undefined) return { kind: 'queue', name: queue }
  return context === undefined ? { kind: 'feature-code', code: featureCode } : { kind: 'context', name: context }
}

const groupLabel = /^(queue|context|feature code) (.*)$/s
const memberLabel = /^(?:line )?(\S+)(?: \((.+)\))?$/s

/** `line 101`, `+61412345678`, `queue support`, `line 102 (queue support)`. Whatever else there is was a number outside. */
function parseLabel(label: string): Destination {
  const group = parseGroupLabel(label)
  if (group !== undefined) return groupDestination(group)
  const [, number = label, within = ''] = memberLabel.exec(label) ?? []
  return { kind: label.startsWith('line ') ? 'line' : 'number', number, ...viaOf(parseGroupLabel(within) ?? {}) }
}

function parseGroupLabel(label: string): StoredGroup | undefined {
  const [, kind, name = ''] = groupLabel.exec(label) ?? []
  if (kind === undefined) return undefined
  return kind === 'feature code' ? { featureCode: name } : { [kind]: name }
}
