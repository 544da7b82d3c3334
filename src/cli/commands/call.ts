import { Command } from 'commander'
import { type CallState, callStates } from '../../call/call.ts'
import { withExamples } from '../examples.ts'
import { exitCodeOf, exitCodes } from '../exit-code.ts'
import type { ShownCall } from '../native-client.ts'
import { printable, type Terminal } from '../terminal.ts'
import { followCall } from './follow-call.ts'
import { parseWait, someText, type Wait, waitConditions, wholeNumber } from './parse-option.ts'
import { parseFirst, parseSecond } from './parse-party.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

interface CallOptions extends ServerCommandOptions {
  readonly autoAnswer?: boolean
  readonly follow?: boolean
  readonly wait?: Wait
  readonly externalId?: string
  readonly delay?: number
  readonly ring?: number
  readonly idempotencyKey?: string
}

/** The server answers a waiting request when the wait runs out; this is for the way there and back. */
const marginSeconds = 10

export const callCommand = (terminal: Terminal, exit: (code: number) => void): Command =>
  withExamples(
    withServerOptions(new Command('call')),
    'cordboard call 101 0412345678 --follow',
    'cordboard call 101 102 --auto-answer --wait bridged:60',
    'cordboard call queue:support +61412345678 --external-id crm-7',
  )
    .description('ring FIRST and, when it has answered, SECOND; connect the two')
    .argument('<first>', 'a line (101), or KIND:VALUE with line, dial, number, queue, context or user', someText)
    .argument('<second>', 'whatever a phone of the account can dial (102, 0412345678), or KIND:VALUE', someText)
    .option('--auto-answer', 'ask the first phone to answer by itself')
    .option('--follow', 'show what happens until the call has ended; Ctrl+C leaves the call alone')
    .option('--wait <condition>', `wait for ${waitConditions.join(', ')}; with :SECONDS for so long (30)`, parseWait)
    .option('--external-id <id>', 'your own id of the call; two live calls cannot share one')
    .option('--delay <seconds>', 'ring so much later', wholeNumber(0, 31_536_000))
    .option('--ring <seconds>', 'how long either party may ring', wholeNumber(1, 300))
    .option('--idempotency-key <key>', 'repeating the command with the same key places no second call')
    .action(async (first: string, second: string, options: CallOptions) => {
      const client = connect(options, terminal, 'calls:place')
      const call = await client.request<ShownCall>('/v1/calls', {
        method: 'POST',
        body: { type: 'application/json', content: JSON.stringify(renderRequest(first, second, options)) },
        ...(options.idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': options.idempotencyKey } }),
        names: {
          first: `"${first}"`,
          second: `"${second}"`,
          delaySeconds: '--delay',
          externalId: '--external-id',
          wait: '--wait',
        },
        seconds: (options.wait?.seconds ?? 0) + marginSeconds,
      })
      if (options.follow === true) return exit(await followCall(client, terminal, call, options.json === true))
      const code = options.wait === undefined ? exitCodes.ok : exitCodeOfWait(call, options.wait)
      // Else the bare state reads like what was waited for.
      const missing = code === exitCodes.stillLive ? `, not yet ${options.wait?.for}` : ''
      terminal.print(options.json === true ? JSON.stringify(call) : `${describeCall(call)}${missing}`)
      if (options.wait !== undefined) exit(code)
    })

function renderRequest(first: string, second: string, options: CallOptions): object {
  const ring = options.ring === undefined ? {} : { ringSeconds: options.ring }
  return {
    first: { ...parseFirst(first), ...ring, ...(options.autoAnswer === true ? { autoAnswer: true } : {}) },
    second: { ...parseSecond(second), ...ring },
    ...(options.delay === undefined ? {} : { delaySeconds: options.delay }),
    ...(options.externalId === undefined ? {} : { externalId: options.externalId }),
    ...(options.wait === undefined ? {} : { wait: options.wait }),
  }
}

const describeCall = (call: ShownCall): string =>
  printable(
    call.end === undefined ? `${call.id}  ${call.state}` : `${call.id}  ended: ${call.end.cause}. ${call.end.advice}`,
  )

/** Whoever waits for a state is content with any later one. */
const awaitedStates: Readonly<Record<Wait['for'], CallState>> = {
  accepted: 'accepted',
  ringing: 'first-ringing',
  answered: 'first-answered',
  bridged: 'bridged',
  ended: 'ended',
}

function exitCodeOfWait(call: ShownCall, wait: Wait): number {
  if (call.end !== undefined && call.state === 'ended') return exitCodeOf(call.end.cause)
  // `first-ringing` begins when the leg is dialled; only the leg itself tells whether its phone rings.
  const isOnlyDialled = wait.for === 'ringing' && call.first.state === 'dialling'
  const isShort = callStates.indexOf(call.state) < callStates.indexOf(awaitedStates[wait.for]) || isOnlyDialled
  return isShort ? exitCodes.stillLive : exitCodes.ok
}
