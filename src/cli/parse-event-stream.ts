/** One event of a stream; its `id` resumes the stream after it. */
export interface StreamedEvent {
  readonly id: string
  readonly data: string
}

/**
 * Server-Sent Events out of chunks cut anywhere (WHATWG HTML section 9.2.6). Only LF ends a line: the server sends no other.
 */
export async function* parseEventStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder()
  let pending = ''
  let id = ''
  let data: string[] = []
  for await (const chunk of chunks) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') }
        data = []
      } else if (line.startsWith('id:')) id = fieldValue(line)
      else if (line.startsWith('data:')) data.push(fieldValue(line))
    }
  }
}

const fieldValue = (line: string): string => line.slice(line.indexOf(':') + 1).replace(/^ /, '')
