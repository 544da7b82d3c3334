/** Which way media go on a stream, as the side says that describes it (RFC 3264 section 5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

const directionLine = /^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*$/
/** RFC 2543 appendix B.5 and RFC 3264 section 8.4: the hold of old. Its IPv6 form is `::`. */
const nowhereLine = /^c=IN[ \t]+(IP4[ \t]+0\.0\.0\.0|IP6[ \t]+::)[ \t]*$/

/** What lines outside of any stream, or those of one stream, say. */
interface Said {
  direction: MediaDirection | undefined
  isNowhere: boolean | undefined
}

/** The direction of the first audio stream that is in use; `inactive` where all are refused, `sendrecv` where there is no stream. */
export const directionOf = (description: string): MediaDirection => {
  const session: Said = { direction: undefined, isNowhere: undefined }
  let stream: Said | undefined
  let hasStreams = false
  for (const line of description.split(/\r?\n/)) {
    if (line.startsWith('m=')) {
      if (stream !== undefined) break
      hasStreams = true
      if (isAudioInUse(line)) stream = { direction: undefined, isNowhere: undefined }
      continue
    }
    if (stream === undefined && hasStreams) continue
    const said = stream ?? session
    if (line.startsWith('c=')) said.isNowhere = nowhereLine.test(line)
    said.direction = (directionLine.exec(line)?.[1] as MediaDirection | undefined) ?? said.direction
  }
  if (stream === undefined && hasStreams) return 'inactive'
  if (stream?.isNowhere ?? session.isNowhere ?? false) return 'inactive'
  return stream?.direction ?? session.direction ?? 'sendrecv'
}

/** Whether the side that says so does not want to hear: it holds the other (RFC 3264 section 8.4). */
export const isHold = (direction: MediaDirection): direction is 'sendonly' | 'inactive' =>
  direction === 'sendonly' || direction === 'inactive'

/**
 * The same description of somebody who holds: each stream without its receiving half (RFC 3264 section 8.4). As an answer, it is
 * right by section 6.1 if it was right before.
 */
export const describeHold = (description: string): string => {
  const lines = description.split(/\r?\n/).filter((line) => line !== '')
  const first = lines.findIndex((line) => line.startsWith('m='))
  if (first < 0) return description
  const session = lines.slice(0, first)
  const common = directionAmong(session) ?? 'sendrecv'
  const described = session.filter((line) => !directionLine.test(line))
  for (let start = first; start < lines.length; ) {
    const next = lines.findIndex((line, index) => index > start && line.startsWith('m='))
    const stream = lines.slice(start, next < 0 ? lines.length : next)
    const direction = withoutReceiving[directionAmong(stream) ?? common]
    described.push(...stream.filter((line) => !directionLine.test(line)), `a=${direction}`)
    start += stream.length
  }
  return `${described.join('\r\n')}\r\n`
}

const withoutReceiving: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendonly',
  sendonly: 'sendonly',
  recvonly: 'inactive',
  inactive: 'inactive',
}

const directionAmong = (lines: readonly string[]): MediaDirection | undefined => {
  const line = lines.find((candidate) => directionLine.test(candidate))
  return line?.slice(2).trim() as MediaDirection | undefined
}

/** `m=audio PORT …`; port 0 is a stream that was refused (RFC 3264 section 6). */
const isAudioInUse = (line: string): boolean => /^m=audio[ \t]+0*[1-9]/.test(line)
