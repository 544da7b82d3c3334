/** What a transport has seen and done since its start. */
export interface TransportCounters {
  messagesReceived: number
  messagesSent: number
  /** Messages that could not be read; of these, requests that got an answer. */
  malformed: number
  malformedAnswered: number
  keepAlives: number
  /** Messages that did not leave, or may have been lost with their connection. */
  sendErrors: number
  /** Addresses that a peer said and that nothing was sent to; see `decideTarget`. */
  targetsRefused: number
  connectionsAccepted: number
  connectionsOpened: number
  /** Over a bound. */
  connectionsRefused: number
  /** Closed by us: idle, too slow with a message, too slow to read, or out of step. */
  connectionsDropped: number
}

export const createTransportCounters = (): TransportCounters => ({
  messagesReceived: 0,
  messagesSent: 0,
  malformed: 0,
  malformedAnswered: 0,
  keepAlives: 0,
  sendErrors: 0,
  targetsRefused: 0,
  connectionsAccepted: 0,
  connectionsOpened: 0,
  connectionsRefused: 0,
  connectionsDropped: 0,
})
