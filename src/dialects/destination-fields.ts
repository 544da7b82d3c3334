import type { Leg } from '../call/call.ts'

const answeredLine = /^line (\S+)/
const ringsSeveral = /^(queue|context|feature code) (.+)$/

/**
 * Where a leg went in the end: whom a redirection named, and who answered where several could (`line 102 (queue support)`). What
 * is no name of anything here is an outside number.
 */
export function destinationFields({ destination }: Pick<Leg, 'destination'>) {
  const line = answeredLine.exec(destination)?.[1]
  if (line !== undefined) return { dtype: 'phone', dnumber: line }
  const [, kind, name] = ringsSeveral.exec(destination) ?? []
  if (name !== undefined) return { dtype: kind === 'queue' ? 'queue' : '', dnumber: name }
  return { dtype: 'external', dnumber: destination.split(' ', 1)[0] ?? '' }
}
