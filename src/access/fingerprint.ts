import { hash } from 'node:crypto'

/** The same request, whatever its spacing or the order of its members, has the same fingerprint. */
export const fingerprintOf = (request: object): string =>
  hash('sha256', JSON.stringify(request, withSortedMembers), 'hex')

const withSortedMembers = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort()) : value
