import { destination, pino } from 'pino'

/** The part of pino that the rooms use; tests hand in `silentLog`. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
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
