import type { SipMessage } from './message.ts'

/** The message as it goes on the wire; Content-Length is made to fit the body. */
export function serializeMessage(message: SipMessage): Buffer {
  message.headers.set('Content-Length', String(message.body.length))
  const startLine =
    message.kind === 'request'
      ? `${message.method} ${clean(message.uri)} SIP/2.0`
      : `SIP/2.0 ${message.status} ${clean(message.reason)}`
  const head = Buffer.from(`${startLine}\r\n${message.headers.serialize()}\r\n`)
  return message.body.length === 0 ? head : Buffer.concat([head, message.body])
}

const lineBreaking = /[\r\n\0]/

const clean = (text: string): string => (lineBreaking.test(text) ? text.replace(/[\r\n\0]+/g, ' ') : text)
