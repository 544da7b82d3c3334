import { CliError, exitCodes } from './exit-code.ts'
import type { ServerAddress } from './find-server.ts'

/** How the command line speaks of what it asked for. */
export interface ProblemWords {
  /** What the person wrote for each member of the body: faults are told by that. */
  readonly names?: Readonly<Record<string, string>>
  /** What to say of a problem, by its code, where the command knows better than the server what mends it. */
  readonly problems?: Readonly<Record<string, string>>
}

/** Problem details (RFC 9457) in the words of the command line; of an answer that has none, its status. */
export async function describeProblem(
  response: Response,
  words: ProblemWords,
  address: ServerAddress,
): Promise<CliError> {
  const problem = parseProblem(await response.text().catch(() => ''))
  const code = problem.type?.split('/').at(-1)
  const isOfKey = response.status === 401 || code === 'permission-missing'
  const own = response.status === 401 ? describeWrongKey(address) : words.problems?.[code ?? '']
  return new CliError(
    own ?? describeFaults(problem, code, words.names) ?? `The server answered HTTP ${response.status}.`,
    isOfKey ? exitCodes.notAuthorised : exitCodes.refused,
    { ...(code === undefined ? {} : { code }), ...(problem.errors === undefined ? {} : { faults: problem.errors }) },
  )
}

const describeWrongKey = ({ server, keySource }: ServerAddress): string =>
  /^--key$|^CORDBOARD_KEY$/.test(keySource)
    ? `The server at ${server} does not know the key that ${keySource} gives; check how it was copied, and whether it was revoked.`
    : `The server at ${server} does not know the key of ${keySource}: it runs with another configuration, or with this one as it was before. Restart it, or give a key that it knows with --key.`

/** What the problem says, and of each part of the request that is at fault what is wrong with it. */
function describeFaults(
  { title, detail, errors = [] }: Problem,
  code: string | undefined,
  names: ProblemWords['names'],
): string | undefined {
  const faults = errors.map(({ pointer, detail: fault }) => {
    const name = names?.[pointer.split('/')[1] ?? '']
    return name === undefined ? `${pointer} ${fault}` : `${name}: ${fault}`
  })
  // That there are faults goes without saying; and the first of several refusals is the problem itself.
  const isSaid = code === 'validation-failed' || errors.some((fault) => fault.detail === detail)
  if (isSaid && faults.length > 0) return faults.join('\n')
  return [detail ?? title, ...faults].filter((line) => line !== undefined).join('\n') || undefined
}

interface Problem {
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

function parseProblem(text: string): Problem {
  try {
    return (JSON.parse(text) as Problem | null) ?? {}
  } catch {
    return {}
  }
}
