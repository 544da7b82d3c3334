import { once } from 'node:events'
import { connect } from 'node:net'

/** What a local server answers to these octets, until it closes; without the two header fields that HTTP adds by itself. */
export async function exchangeOctets(port: number, request: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(request)
  await once(socket, 'close')
  return Buffer.concat(chunks)
    .toString()
    .replace(/^(Date|Connection): .*\r\n/gim, '')
}
