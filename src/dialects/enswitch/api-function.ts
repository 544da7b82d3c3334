import type { FastifyReply } from 'fastify'
import type { ApiSession } from '../../access/api-session.ts'
import type { Asking } from '../../access/caller.ts'
import type { DialectContext } from '../dialect.ts'
import type { ParameterReader } from './parameter-reader.ts'
import type { Answer } from './render-answer.ts'

/** A request whose user is known, and may do what it asks for. */
export interface AskedRequest {
  readonly reader: ParameterReader
  readonly session: ApiSession
  readonly context: DialectContext
  /** For a function that makes its client wait. */
  readonly reply: FastifyReply
}

/** One function of the API, such as `calls/make`. */
export interface ApiFunction {
  /** The vendor's privileges `actions` and `panel` are names for these, of which one will do; without any it is for every user. */
  readonly permissions?: Asking['permissions']
  readonly run: (asked: AskedRequest) => Promise<Answer> | Answer
}
