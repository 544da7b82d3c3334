/** Exit codes that scripts can rely on; documented in `cordboard --help`. */
export const exitCodes = { ok: 0, refused: 1, unreachable: 2, notAuthorised: 3, callFailed: 10 } as const

/** A failure in one sentence for the screen, with the exit code that goes with it. */
export class CliError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
  }
}

export interface ServerAddress {
  readonly server: string
  readonly key: string
}

/** One request of the native API; throws a {@link CliError} that says what to do. */
export async function request(address: ServerAddress, method: string, path: string, body?: unknown): Promise<Response> {
  let response: Response
  try {
    response = await fetch(new URL(path, address.server), {
      method,
      headers: {
        authorization: `Bearer ${address.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new CliError(
      `No server answers at ${address.server}; start it, or name another with --server.`,
      exitCodes.unreachable,
    )
  }
  if (!response.ok) throw await describeProblem(response)
  return response
}

async function describeProblem(response: Response): Promise<CliError> {
  const text = await response.text()
  let detail = `HTTP ${response.status}`
  try {
    const problem = JSON.parse(text) as { detail?: string; errors?: readonly { pointer: string; detail: string }[] }
    const faults = (problem.errors ?? []).map((fault) => `\n  ${fault.pointer} ${fault.detail}`)
    detail = `${problem.detail ?? detail}${faults.join('')}`
  } catch {
    // Not our server, or something in front of it; its status says all there is.
  }
  return new CliError(
    detail,
    response.status === 401 || response.status === 403 ? exitCodes.notAuthorised : exitCodes.refused,
  )
}

/** Reads a Server-Sent Events body; yields each event's data. */
export async function* readEvents(response: Response): AsyncGenerator<Record<string, unknown>> {
  let pending = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    pending += chunk
    const blocks = pending.split('\n\n')
    pending = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as Record<string, unknown>
    }
  }
}
