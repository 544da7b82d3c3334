import type { FastifyReply } from 'fastify'
import type { Caller, CallPermission, DialectContext } from '../dialect.ts'
import type { ParameterReader } from './parameter-reader.ts'
import type { Answer } from './render-answer.ts'

/** A request whose user is known, and may do what it asks for. */
export interface AskedRequest {
  readonly reader: ParameterReader
  readonly caller: Caller
  readonly context: DialectContext
  /** For a function that makes its client wait. */
  readonly reply: FastifyReply
}

/** One function of the API, such as `calls/make`. */
export interface ApiFunction {
  /** The vendor's privileges `actions` and `panel` are names for these, of which one will do; without any it is for every user. */
  readonly permissions?: readonly CallPermission[]
  readonly run: (asked: AskedRequest) => Promise<Answer> | Answer
}
