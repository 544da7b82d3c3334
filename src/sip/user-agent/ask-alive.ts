import { Headers } from '../message/headers.ts'
import { SipRequest } from '../message/message.ts'
import type { Destination } from '../transport/destination.ts'
import { sessionDescriptionType } from './capabilities.ts'
import type { UserAgentCore } from './core.ts'

export interface AliveQuestion {
  /** Request-URI. */
  readonly uri: string
  readonly destination: Destination
  /** URI of our identity. */
  readonly from: string
}

/** Four copies of a request have left by then (timer E): who has answered none of them is not there. */
const patienceMilliseconds = 4000

/** Sends an OPTIONS outside of a dialog (RFC 3261 section 11). True if anything comes back: also a refusal is a sign of life. */
export const askAlive = (core: UserAgentCore, { uri, destination, from }: AliveQuestion): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = new Headers()
    headers.append('Max-Forwards', '70')
    headers.append('From', `<${from}>;tag=${core.createTag()}`)
    headers.append('To', `<${uri}>`)
    headers.append('Call-ID', core.createCallId())
    headers.append('CSeq', '1 OPTIONS')
    headers.append('Contact', core.contact(destination, ''))
    headers.append('Accept', sessionDescriptionType)
    headers.append('User-Agent', core.userAgentHeader)
    const settle = (isAlive: boolean): void => {
      core.stopTimer(patience)
      const asked = transaction.destination
      if (!isAlive && asked !== undefined) core.transport.avoid?.(destination, asked)
      resolve(isAlive)
    }
    const transaction = core.transactions.sendRequest(new SipRequest('OPTIONS', uri, headers), destination, {
      onResponse: () => settle(true),
      onTimeout: () => settle(false),
      onTransportError: () => settle(false),
    })
    const patience = core.startTimer(() => {
      transaction.terminate()
      settle(false)
    }, patienceMilliseconds)
  })
