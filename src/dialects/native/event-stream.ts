import type { FastifyReply } from 'fastify'
import type { CallWatch } from '../../access/api-session.ts'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import { renderEvent } from './render-call.ts'

/** Keeps proxies from closing a stream on which nothing happens for a while. */
const keepAliveMilliseconds = 15_000

/** A client that does not read what is sent to it loses its stream; it can come back with Last-Event-ID. */
const unreadOctets = 256 * 1024

/**
 * A call's events as Server-Sent Events: those after `after` (a sequence, 0 for all), then each as it happens, until `call.ended`, or
 * until the watch is over. The event's id is its sequence number, so that a client which reconnects with Last-Event-ID misses nothing
 * and sees nothing twice.
 */
export async function streamEvents(reply: FastifyReply, watch: CallWatch, after: number): Promise<void> {
  reply.hijack()
  const { raw } = reply
  const { signal } = watch
  // Who has gone while the call was looked for is not told of again.
  if (raw.destroyed || signal.aborted) {
    watch.release()
    return void raw.destroy()
  }
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  raw.flushHeaders()

  let sent = after
  let held: LoggedCallEvent[] | undefined = []
  const send = (event: LoggedCallEvent) => {
    if (event.sequence <= sent || raw.writableEnded) return
    sent = event.sequence
    raw.write(`id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(renderEvent(event))}\n\n`)
    if (event.type === 'call.ended') end()
    else if (raw.writableLength > unreadOctets) raw.destroy()
  }
  // Following begins before the past is read; what happens in between is held back until the past is out.
  const stopFollowing = watch.follow((event) => {
    if (held === undefined) send(event)
    else held.push(event)
  })
  const keepAlive = setInterval(() => raw.write(':\n\n'), keepAliveMilliseconds)
  const stop = () => {
    signal.removeEventListener('abort', end)
    clearInterval(keepAlive)
    stopFollowing()
    watch.release()
  }
  /** It closes only when the client has read it all: until then nothing more may be written. */
  const end = () => {
    stop()
    raw.end()
  }
  signal.addEventListener('abort', end, { once: true })
  raw.once('close', stop)
  try {
    for (const event of await watch.events()) send(event)
    for (const event of held) send(event)
    held = undefined
    // The past may end with `call.ended` at or before the client's last event: there is nothing more to come.
    if (!raw.writableEnded && (await watch.hasEnded())) end()
  } catch {
    raw.destroy()
  }
}
