import { once } from 'node:events'
import { connect } from 'node:net'

/** What a local server answers to these octets, until it closes. */
export async function receiveOctets(port: number, request: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')))
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(request)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** The same without the two header fields that HTTP adds by itself. */
export const exchangeOctets = async (port: number, request: string | Buffer): Promise<string> =>
  (await receiveOctets(port, request)).replace(/^(Date|Connection): .*\r\n/gim, '')
