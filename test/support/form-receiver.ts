import { once } from 'node:events'
import { createServer } from 'node:http'

/** An address that forms are posted to, as vendors' customers have one for their events; each is accepted. */
export async function startFormReceiver(
  onForm: (form: URLSearchParams, path: string) => void,
): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      onForm(new URLSearchParams(Buffer.concat(chunks).toString()), request.url ?? '')
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
