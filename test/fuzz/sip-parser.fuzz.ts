import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { answerChallenge } from '../../src/sip/digest/digest-client.ts'
import { DigestServer } from '../../src/sip/digest/digest-server.ts'
import { createResponse } from '../../src/sip/message/create-response.ts'
import type { SipMessage } from '../../src/sip/message/message.ts'
import { maximumMessageOctets } from '../../src/sip/message/message-limits.ts'
import { parseNameAddr, serializeNameAddr } from '../../src/sip/message/name-addr.ts'
import { parseMessage } from '../../src/sip/message/parse-message.ts'
import { serializeMessage } from '../../src/sip/message/serialize-message.ts'
import { SipParseError } from '../../src/sip/message/sip-parse-error.ts'
import { StreamParser } from '../../src/sip/message/stream-parser.ts'
import { parseUri, serializeUri, uriEquals } from '../../src/sip/message/uri.ts'
import { cpuMilliseconds } from '../support/cpu-milliseconds.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { mutate } from './mutate.ts'
import { sipCorpus } from './sip-corpus.ts'

export interface FuzzFigures {
  readonly runs: number
  readonly seed: number
  /** Datagrams that were read, and that were refused. */
  readonly read: number
  readonly refused: number
  /** Messages that came out of streams, readable or not, and streams that lost their framing. */
  readonly streamed: number
  readonly lostStreams: number
  /** The longest that one input took. */
  readonly slowestMilliseconds: number
  /** Of the heap, from after the warm-up to the end, garbage collected where the collector can be called. */
  readonly heapGrowthOctets: number
  readonly seconds: number
}

/** A stream of its own is cut off after so many octets, as a connection would be. */
const streamOctets = 200_000
const warmUpShare = 0.1

/**
 * Gives `runs` mutated messages to the parser, whole and in pieces, and uses all that comes out. Throws for anything that is not a
 * SipParseError, for what does not survive being written and read again, and for a message that writes more lines than it has.
 */
export const fuzzSipParser = (runs: number, seed: number): FuzzFigures => {
  const random = createSeededRandom(seed)
  const digest = new DigestServer({ clock: new VirtualClock(), random })
  const stream = new FuzzedStream(random.fraction)
  const started = performance.now()
  let read = 0
  let slowest = 0
  let heapBefore = heapUsed()
  for (let run = 0; run < runs; run++) {
    if (run === Math.floor(runs * warmUpShare)) heapBefore = heapUsed()
    const octets = mutate(sipCorpus, random.fraction)
    const begun = cpuMilliseconds()
    try {
      const message = tolerate(() => parseMessage(octets))
      if (message !== undefined) {
        read++
        exercise(message, digest)
      }
      stream.push(octets)
    } catch (error) {
      throw new Error(`seed ${seed}, run ${run}: ${JSON.stringify(octets.toString('latin1').slice(0, 3000))}`, {
        cause: error,
      })
    }
    slowest = Math.max(slowest, cpuMilliseconds() - begun)
  }
  return {
    runs,
    seed,
    read,
    refused: runs - read,
    streamed: stream.messages,
    lostStreams: stream.lost,
    slowestMilliseconds: slowest,
    heapGrowthOctets: heapUsed() - heapBefore,
    seconds: (performance.now() - started) / 1000,
  }
}

/** The result, or undefined if the parser refused; whatever else is thrown goes on. */
const tolerate = <Result>(task: () => Result): Result | undefined => {
  try {
    return task()
  } catch (error) {
    if (error instanceof SipParseError) {
      assert.ok(error.status >= 400 && error.status < 700)
      return undefined
    }
    throw error
  }
}

/** All that the layers above do with a message that came off the wire. */
const exercise = (message: SipMessage, digest: DigestServer): void => {
  // These are promised to be sound.
  const { via, from, to, callId, cseq, fromTag, toTag } = message
  assert.ok(via.host !== '' && from.uri !== '' && to.uri !== '' && callId !== '' && cseq.number >= 0)
  for (const [name] of message.headers.entries()) void message.headers.getAll(name)
  const contacts = tolerate(() => message.contacts)
  for (const { uri } of contacts === undefined || contacts === '*' ? [] : contacts) exerciseUri(uri)
  for (const route of message.headers.getAll('Route')) tolerate(() => exerciseUri(parseNameAddr(route).uri))
  exerciseUri(from.uri)
  if (message.kind === 'request') {
    exerciseUri(message.uri)
    assert.equal(digest.verify(message, () => undefined).ok, false)
    const response = createResponse(message, 400, undefined, { toTag: 'fuzz' })
    const answered = parseMessage(serializeMessage(response))
    assert.equal(answered.toTag ?? '', toTag ?? 'fuzz')
  }
  const challenges = message.headers.getAll('WWW-Authenticate')
  const answer = answerChallenge({
    method: 'INVITE',
    uri: to.uri,
    challenges,
    username: 'u',
    password: 'p',
    cnonce: 'c',
    nonceCount: 1,
  })
  assert.ok(answer === undefined || !/[\r\n]/.test(answer))
  const again = parseMessage(serializeMessage(message))
  assert.deepEqual([again.callId, again.cseq, again.fromTag, again.toTag], [callId, cseq, fromTag, toTag])
  assert.equal(again.headers.size, message.headers.size)
  exerciseInjection(message)
}

const exerciseUri = (text: string): void => {
  const uri = tolerate(() => parseUri(text))
  if (uri !== undefined) assert.ok(uriEquals(parseUri(serializeUri(uri)), uri))
}

/** What a peer sent, put into a message of ours, stays within its line. */
const exerciseInjection = (message: SipMessage): void => {
  const { displayName = '', params } = message.from
  const written = serializeNameAddr({ displayName, uri: message.from.uri, params })
  const before = message.headers.size
  message.headers.append('From-Copy', `${written}\r\nInjected: yes\0`)
  message.headers.set('Subject', message.body.toString('latin1').slice(0, 200))
  const added = message.headers.size - before
  const again = parseMessage(serializeMessage(message))
  assert.equal(again.headers.size, before + added)
  assert.equal(again.headers.has('Injected'), false)
  assert.equal(parseNameAddr(written).uri, message.from.uri)
}

/** One StreamParser after another, each fed in pieces of any size until its framing is lost or it has had enough. */
class FuzzedStream {
  messages = 0
  lost = 0
  readonly #chance: () => number
  #parser: StreamParser
  #octets = 0

  constructor(chance: () => number) {
    this.#chance = chance
    this.#parser = this.#open()
  }

  push(octets: Buffer): void {
    const largest = this.#chance() < 0.2 ? 8 : 3000
    for (let at = 0; at < octets.length; ) {
      const size = 1 + Math.floor(this.#chance() * (octets.length > 5000 ? 20_000 : largest))
      const chunk = octets.subarray(at, at + size)
      at += size
      this.#octets += chunk.length
      if (tolerate(() => this.#pushChunk(chunk)) === undefined) {
        this.lost++
        this.#parser = this.#open()
        return
      }
      assert.ok(this.#parser.buffered <= maximumMessageOctets)
    }
    if (this.#octets > streamOctets) this.#parser = this.#open()
  }

  #pushChunk(chunk: Buffer): true {
    this.#parser.push(chunk)
    return true
  }

  #open(): StreamParser {
    this.#octets = 0
    return new StreamParser({
      onMessage: (message) => {
        this.messages++
        assert.ok(message.via.host !== '' && message.body.length <= maximumMessageOctets)
      },
      onMalformed: () => {
        this.messages++
      },
      onLineEnd: () => {},
      onPing: () => {},
    })
  }
}

const heapUsed = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  })
  // Without --expose-gc the growth is what the collector happens to have left over.
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  globalThis.gc = runInNewContext('gc') as NodeJS.GCFunction
  console.log(JSON.stringify(fuzzSipParser(Number(values.runs), Number(values.seed)), undefined, 2))
}
