import { detach } from '../message/detach.ts'
import { Headers } from '../message/headers.ts'
import { type SipMessage, SipRequest, type SipResponse } from '../message/message.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { parseUri, serializeUri } from '../message/uri.ts'
import type { Destination } from '../transport/destination.ts'
import { isSipUri, targetOf } from './contact.ts'
import type { DialogSnapshot, DialogState } from './dialog-snapshot.ts'

/** How a request within the dialog stands to those before it (RFC 3261 section 12.2.2). */
export type SequenceVerdict = 'in-order' | 'out-of-order'

/**
 * A restored dialog leaves room for requests that the dead process sent after its last snapshot; a peer must accept gaps
 * (RFC 3261 section 12.2.2: "not an error condition").
 */
const restoredSequenceGap = 1000

/** A peer-to-peer relationship between two user agents (RFC 3261 section 12). Holds state and makes requests; sends nothing. */
export class Dialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly localUri: string
  readonly remoteUri: string
  readonly secure: boolean
  readonly inviteSequence: number
  readonly localContact: string | undefined
  remoteTarget: string
  routeSet: readonly string[]
  localSequence: number
  remoteSequence: number | undefined
  state: DialogState
  /** Where requests go instead of the remote target's own address; see `choosePeer`. */
  peer: Destination | undefined
  /** Where the peer was reached, or its own packets come from, whatever it says of itself. */
  proven: Destination | undefined
  /** The URI that `peer` was reached as. */
  readonly peerTarget: string | undefined

  constructor(snapshot: DialogSnapshot) {
    this.callId = detach(snapshot.callId)
    this.localTag = detach(snapshot.localTag)
    this.remoteTag = detach(snapshot.remoteTag)
    this.localUri = detach(snapshot.localUri)
    this.remoteUri = detach(snapshot.remoteUri)
    this.secure = snapshot.secure
    this.inviteSequence = snapshot.inviteSequence
    this.localContact = snapshot.localContact
    this.remoteTarget = detach(snapshot.remoteTarget)
    this.routeSet = snapshot.routeSet.map(detach)
    this.localSequence = snapshot.localSequence
    this.remoteSequence = snapshot.remoteSequence
    this.state = snapshot.state
    this.peer = snapshot.peer
    this.peerTarget = snapshot.peerTarget
    this.proven = snapshot.proven ?? snapshot.peer
  }

  /** RFC 3261 section 12.1.2: the dialog that a 101–299 response with a To tag makes at the UAC. */
  static fromResponse(request: SipRequest, response: SipResponse, peer?: Destination): Dialog {
    const localContact = request.headers.get('Contact')
    return new Dialog({
      callId: request.callId,
      localTag: request.fromTag ?? '',
      remoteTag: response.toTag ?? '',
      localUri: request.from.uri,
      remoteUri: request.to.uri,
      remoteTarget: targetOf(response) ?? request.uri,
      routeSet: recordedRoutes(response).reverse(),
      localSequence: request.cseq.number,
      inviteSequence: response.cseq.number,
      secure: request.uri.startsWith('sips:'),
      state: response.status >= 200 ? 'confirmed' : 'early',
      ...(localContact !== undefined && { localContact }),
      ...(peer !== undefined && { peer }),
      peerTarget: request.uri,
    })
  }

  /** RFC 3261 section 12.1.1: the dialog that our response to an INVITE makes at the UAS; early until `confirm`. */
  static fromRequest(request: SipRequest, localTag: string, localContact: string, peer?: Destination): Dialog {
    return new Dialog({
      callId: request.callId,
      localTag,
      // RFC 3261 section 12.1.1: a From without a tag (RFC 2543) counts as an empty one.
      remoteTag: request.fromTag ?? '',
      localUri: request.to.uri,
      remoteUri: request.from.uri,
      remoteTarget: targetOf(request) ?? request.from.uri,
      routeSet: recordedRoutes(request),
      localSequence: 0,
      remoteSequence: request.cseq.number,
      inviteSequence: request.cseq.number,
      secure: request.uri.startsWith('sips:'),
      state: 'early',
      localContact,
      ...(peer !== undefined && { peer }),
    })
  }

  /**
   * The dialog of a 2xx whose INVITE nobody remembers: all that it takes to confirm and end it stands in the response itself, but
   * for the URI that was dialled, where the peer names no other.
   */
  static fromStrayAnswer(response: SipResponse, peer: Destination, dialled = response.to.uri): Dialog {
    return new Dialog({
      callId: response.callId,
      localTag: response.fromTag ?? '',
      remoteTag: response.toTag ?? '',
      localUri: response.from.uri,
      remoteUri: response.to.uri,
      remoteTarget: targetOf(response) ?? dialled,
      routeSet: recordedRoutes(response).reverse(),
      localSequence: response.cseq.number + restoredSequenceGap,
      inviteSequence: response.cseq.number,
      secure: false,
      state: 'confirmed',
      peer,
    })
  }

  /** The dialog of a dead process. Its next request carries a CSeq that is higher than any which that process sent. */
  static restore(snapshot: DialogSnapshot): Dialog {
    return new Dialog({ ...snapshot, localSequence: snapshot.localSequence + restoredSequenceGap })
  }

  /** Key of a dialog in a table. Call-IDs and tags hold no spaces (RFC 3261 section 25.1). */
  static id(callId: string, localTag: string, remoteTag: string): string {
    return `${callId} ${localTag} ${remoteTag}`
  }

  get id(): string {
    return Dialog.id(this.callId, this.localTag, this.remoteTag)
  }

  snapshot(): DialogSnapshot {
    return {
      callId: this.callId,
      localTag: this.localTag,
      remoteTag: this.remoteTag,
      localUri: this.localUri,
      remoteUri: this.remoteUri,
      remoteTarget: this.remoteTarget,
      routeSet: this.routeSet,
      localSequence: this.localSequence,
      inviteSequence: this.inviteSequence,
      secure: this.secure,
      state: this.state,
      ...(this.remoteSequence !== undefined && { remoteSequence: this.remoteSequence }),
      ...(this.localContact !== undefined && { localContact: this.localContact }),
      ...(this.peer !== undefined && { peer: this.peer }),
      ...(this.peerTarget !== undefined && { peerTarget: this.peerTarget }),
      ...(this.peer === undefined && this.proven !== undefined && { proven: this.proven }),
    }
  }

  /** The UAC's 2xx: RFC 3261 section 13.2.2.4 computes the route set of an early dialog anew from it. */
  confirm(response?: SipResponse): void {
    if (this.state !== 'early') return
    this.state = 'confirmed'
    if (response === undefined) return
    this.routeSet = recordedRoutes(response).reverse().map(detach)
    this.refreshTarget(response)
  }

  terminate(): void {
    this.state = 'terminated'
  }

  /** Checks the CSeq of a request of the peer and takes note of it (RFC 3261 section 12.2.2). */
  receive(request: SipRequest): SequenceVerdict {
    const { number } = request.cseq
    if (this.remoteSequence !== undefined && number < this.remoteSequence) return 'out-of-order'
    this.remoteSequence = number
    return 'in-order'
  }

  /** RFC 3261 sections 12.2.1.2 and 12.2.2: a target refresh changes the remote target, never the route set. */
  refreshTarget(message: SipRequest | SipResponse): void {
    this.remoteTarget = detach(targetOf(message) ?? this.remoteTarget)
  }

  /** RFC 3261 section 12.2.1.1. ACK repeats the CSeq number of its INVITE (section 13.2.2.4); all else counts up. */
  createRequest(method: string, inviteSequence = this.inviteSequence): SipRequest {
    const sequence = method === 'ACK' ? inviteSequence : ++this.localSequence
    const headers = new Headers()
    const firstRoute = this.routeSet[0]
    let uri = this.remoteTarget
    if (firstRoute !== undefined) {
      if (isLooseRoute(firstRoute)) {
        for (const route of this.routeSet) headers.append('Route', route)
      } else {
        // A strict router takes the request by its Request-URI; the target travels as the last Route.
        uri = routeUri(firstRoute)
        for (const route of this.routeSet.slice(1)) headers.append('Route', route)
        headers.append('Route', `<${this.remoteTarget}>`)
      }
    }
    headers.append('Max-Forwards', '70')
    headers.append('From', nameAddr(this.localUri, this.localTag))
    headers.append('To', nameAddr(this.remoteUri, this.remoteTag))
    headers.append('Call-ID', this.callId)
    headers.append('CSeq', `${sequence} ${method}`)
    return new SipRequest(method, uri, headers)
  }

  /** The URI whose host the next request is sent to (RFC 3261 section 8.1.2). */
  nextHopUri(): string {
    const firstRoute = this.routeSet[0]
    return firstRoute === undefined ? this.remoteTarget : routeUri(firstRoute)
  }
}

const nameAddr = (uri: string, tag: string): string => (tag === '' ? `<${uri}>` : `<${uri}>;tag=${tag}`)

/** The Record-Route values that can be read; one that cannot would fail every request to come. */
const recordedRoutes = (message: SipMessage): string[] => {
  if (!message.headers.has('Record-Route')) return []
  return message.headers.getAll('Record-Route').filter((route) => {
    try {
      return isSipUri(parseNameAddr(route).uri)
    } catch {
      return false
    }
  })
}

/** The parts of a Route that may stand in a Request-URI: not its headers, nor `method` (RFC 3261 section 12.2.1.1). */
const routeUri = (route: string): string => {
  const { headers: _headers, ...uri } = parseUri(parseNameAddr(route).uri)
  const params = new Map(uri.params)
  params.delete('method')
  return serializeUri({ ...uri, params })
}

const isLooseRoute = (route: string): boolean => parseUri(parseNameAddr(route).uri).params.has('lr')
