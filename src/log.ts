import { destination, pino } from 'pino'

/** What stands beside a message. An error goes under `err`: of one under any other name pino prints neither message nor stack. */
export interface LogFields {
  readonly [name: string]: unknown
  readonly error?: never
}

/** The part of pino that the rooms use; tests hand in `silentLog`. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Log
}

/** Fields that can carry a credential; pino prints them as `***`. */
const secretPaths = [
  'key',
  'token',
  'password',
  'secret',
  'authorization',
  'auth',
  'api_hash',
  'api_password',
  'auth_password',
]
const redact = { paths: secretPaths.flatMap((path) => [path, `*.${path}`]), censor: '***' }

/** JSON lines on standard error: standard output is the program's own. */
export const createLog = (level: string): Log => pino({ level, redact, base: null }, destination(2))

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}
