import { CliError, exitCodes, readEvents, request, type ServerAddress } from './api-client.ts'

export interface CallCommandOptions extends ServerAddress {
  readonly autoAnswer?: boolean
  readonly follow?: boolean
  readonly json?: boolean
  readonly delay?: string
  readonly externalId?: string
}

/** Places a call: the line rings first, then what it would dial. */
export async function call(first: string, second: string, options: CallCommandOptions): Promise<void> {
  const response = await request(options, 'POST', '/v1/calls', {
    first: { line: first, ...(options.autoAnswer === true ? { autoAnswer: true } : {}) },
    second: { dial: second },
    ...(options.delay === undefined ? {} : { delaySeconds: Number(options.delay) }),
    ...(options.externalId === undefined ? {} : { externalId: options.externalId }),
  })
  const placed = (await response.json()) as { readonly id: string }
  if (options.follow !== true) {
    process.stdout.write(options.json === true ? `${JSON.stringify(placed)}\n` : `${placed.id}\n`)
    return
  }
  await follow(placed.id, options)
}

async function follow(id: string, options: CallCommandOptions): Promise<void> {
  const response = await fetch(new URL(`/v1/calls/${id}/events`, options.server), {
    headers: { authorization: `Bearer ${options.key}`, accept: 'text/event-stream' },
  })
  const startedAt = Date.now()
  for await (const event of readEvents(response)) {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)
    const cause = event['cause'] === undefined ? '' : `: ${event['cause']}`
    const leg = event['leg'] === undefined ? '' : ` (${event['leg']})`
    process.stdout.write(
      options.json === true ? `${JSON.stringify(event)}\n` : `${seconds} s  ${event['type']}${leg}${cause}\n`,
    )
    if (event['type'] !== 'call.ended') continue
    if (event['cause'] !== 'completed') throw new CliError(String(event['advice']), exitCodes.callFailed)
    return
  }
  throw new CliError('The server closed the stream before the call had ended.', exitCodes.unreachable)
}
