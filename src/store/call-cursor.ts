import { StoreError } from './store-error.ts'

/** The place of a call in the pages: newest first by acceptance, then by id. */
export interface CallPosition {
  readonly acceptedAt: number
  readonly id: string
}

export const renderCallCursor = ({ acceptedAt, id }: CallPosition): string =>
  Buffer.from(`${acceptedAt}.${id}`).toString('base64url')

/** Throws `invalid-cursor` for what no page ever gave out. */
export function parseCallCursor(cursor: string): CallPosition {
  const match = /^(\d{1,15})\.(.{1,200})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (match === null) {
    throw new StoreError('invalid-cursor', 'This cursor is not one that a page of calls gave; begin again without it.')
  }
  const [, acceptedAt, id] = match
  return { acceptedAt: Number(acceptedAt), id: id ?? '' }
}
