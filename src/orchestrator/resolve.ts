import type { CallerId, LegRequest } from '../call/call-request.ts'
import type { Destination, GroupDestination } from '../call/destination.ts'
import { renderDestination } from '../call/destination.ts'
import { readDialled } from '../call/read-dialled.ts'
import type { Refusal, RefusalCode } from '../call/refusal.ts'
import type { Directory, PhoneNumber } from '../directory/directory.ts'
import { phoneNumberOf, withoutSeparators } from '../directory/parse-dialled-number.ts'
import type { ContextRecord, FeatureRecord, QueueRecord } from '../directory/records.ts'
import type { LegDestination } from '../telephony/driver.ts'
import type { Hunt, HuntStage } from './hunt.ts'

/** The part of the directory that a dial plan needs. */
export type DialPlanDirectory = Pick<
  Directory,
  'findLine' | 'findQueue' | 'findContext' | 'findUser' | 'featureCode' | 'parseNumber' | 'trunksFor' | 'mayUseTrunk'
>

export interface ResolvedLeg {
  /** Whom the driver dials, or a hunt among several. */
  readonly destination: LegDestination | Hunt
  /** Whom the leg is for, as history and every API name it. */
  readonly party: Destination
  /** Who this party is to the other one. */
  readonly identity: CallerId
  /** The numbers with which the leg may leave the house: what policy decides about. */
  readonly outside: readonly PhoneNumber[]
}

export type Resolution = { readonly resolved: ResolvedLeg } | { readonly refusal: Refusal }

/** Where a leg is resolved: whose dial plan, which part of the request, and what a context's steps may depend on. */
export interface ResolveScope {
  readonly directory: DialPlanDirectory
  readonly account: string
  readonly pointer: string
  readonly variables: Readonly<Record<string, string>>
}

/** The dial plan: what a target means for the account, whether a client says it or a phone dials it. */
export function resolveLeg({ target, trunk }: LegRequest, scope: ResolveScope): Resolution {
  switch (target.kind) {
    case 'line':
      return resolveLine(target.value, scope) ?? noSuch('line', scope)
    case 'dial':
      return resolveDialled(target.value, trunk, scope)
    case 'number':
      return resolveNumber(target.value, trunk, scope)
    case 'queue':
      return resolveQueue(target.value, scope) ?? noSuch('queue', scope)
    case 'context':
      return resolveContext(target.value, scope) ?? noSuch('context', scope)
    case 'user':
      return resolveUser(target.value, scope)
  }
}

/** What was typed or pasted, as a phone would dial it: inside the house as it stands, then without what is written between digits. */
function resolveDialled(characters: string, trunk: string | undefined, scope: ResolveScope): Resolution {
  const read = readDialled(characters)
  const bare = 'text' in read ? withoutSeparators(read.text) : characters
  return (
    resolveInside(characters, scope) ??
    (bare === characters ? undefined : resolveInside(bare, scope)) ??
    resolveNumber(characters, trunk, scope)
  )
}

/** What dialled characters reach without leaving the house: a line, a queue by its number, a feature code. */
function resolveInside(dialled: string, scope: ResolveScope): Resolution | undefined {
  const feature = scope.directory.featureCode(scope.account, dialled)
  return (
    resolveLine(dialled, scope) ??
    resolveQueue(dialled, scope) ??
    (feature === undefined ? undefined : resolveFeature(feature, { kind: 'feature-code', code: dialled }, scope))
  )
}

function resolveLine(number: string, { directory, account }: ResolveScope): Resolution | undefined {
  const line = directory.findLine(account, number)
  if (line === undefined) return undefined
  return {
    resolved: {
      destination: { kind: 'line', line: { account: line.account, number: line.number } },
      party: { kind: 'line', number: line.number },
      identity: { number: line.number, ...(line.name === undefined ? {} : { name: line.name }) },
      outside: [],
    },
  }
}

function resolveUser(name: string, scope: ResolveScope): Resolution {
  const user = scope.directory.findUser(scope.account, name)
  if (user === undefined) return noSuch('user', scope)
  if (user.line === undefined) return refuse('user-not-found', `The user has no line; give it one.`, scope)
  return resolveLine(user.line, scope) ?? noSuch('line', scope)
}

function resolveQueue(reference: string, scope: ResolveScope): Resolution | undefined {
  const queue = scope.directory.findQueue(scope.account, reference)
  if (queue === undefined) return undefined
  return resolveHunt([stageOf(queue, scope.account)], { kind: 'queue', name: queue.name }, identityOf(queue), scope)
}

/** Who several are rung for: each outside number among them is policy's business. */
function resolveHunt(
  stages: readonly HuntStage[],
  party: GroupDestination,
  identity: CallerId,
  scope: ResolveScope,
): Resolution {
  const { directory, account } = scope
  const outside = stages
    .flatMap(({ members }) => members)
    .flatMap((member) =>
      member.kind === 'trunk' ? (phoneNumberOf(directory.parseNumber(account, member.number)) ?? []) : [],
    )
  return { resolved: { destination: { kind: 'hunt', stages }, party, identity, outside } }
}

const identityOf = ({ name, number }: QueueRecord): CallerId => ({ name, ...(number === undefined ? {} : { number }) })

const stageOf = (queue: QueueRecord, account: string): HuntStage => ({
  strategy: queue.strategy,
  wrapUpSeconds: queue.wrapUpSeconds,
  members: queue.members.map((number) => ({ kind: 'line', line: { account, number } })),
})

function resolveContext(name: string, scope: ResolveScope): Resolution | undefined {
  const context = scope.directory.findContext(scope.account, name)
  if (context === undefined) return undefined
  const stages = stagesOf(context, scope, new Set([name]))
  if (stages.length === 0) {
    return refuse('not-configured', 'Nothing rings in this context with these variables; check its steps.', scope)
  }
  return resolveHunt(stages, { kind: 'context', name }, { name }, scope)
}

/** The steps of a context that ring somebody, in their order. */
function stagesOf(context: ContextRecord, scope: ResolveScope, within: ReadonlySet<string>): readonly HuntStage[] {
  return context.steps
    .filter(
      ({ unless, queue }) => unless === undefined || !isSet(scope.variables[unless]) || isAnnounced(unless, queue),
    )
    .flatMap((step) => stagesOfFeature(step, scope, within))
}

/** What clients send to skip the announcement before a queue: the queue itself is rung all the same. */
const skipsQueueAnnouncement = 'SKIP_ENTER_QUEUE'

const isAnnounced = (unless: string, queue: string | undefined): boolean =>
  queue !== undefined && unless === skipsQueueAnnouncement

/** A variable skips its step as vendors mean it: `0` and the empty text are no. */
const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0'

function stagesOfFeature(
  { queue, line, dial, context }: FeatureRecord,
  scope: ResolveScope,
  within: ReadonlySet<string>,
): readonly HuntStage[] {
  if (queue !== undefined) {
    const found = scope.directory.findQueue(scope.account, queue)
    return found === undefined ? [] : [stageOf(found, scope.account)]
  }
  if (context !== undefined) {
    const found = scope.directory.findContext(scope.account, context)
    return found === undefined || within.has(context) ? [] : stagesOf(found, scope, new Set([...within, context]))
  }
  if (line !== undefined) return singleStage(resolveLine(line, scope))
  return dial === undefined ? [] : singleStage(resolveDialled(dial, undefined, scope))
}

function singleStage(resolution: Resolution | undefined): readonly HuntStage[] {
  if (resolution === undefined || 'refusal' in resolution) return []
  const { destination } = resolution.resolved
  if (destination.kind === 'hunt') return destination.stages
  return [{ strategy: 'in-order', wrapUpSeconds: 0, members: [destination] }]
}

function resolveFeature(feature: FeatureRecord, party: GroupDestination, scope: ResolveScope): Resolution {
  const stages = stagesOfFeature(feature, scope, new Set())
  if (stages.length === 0) {
    const message = `The ${renderDestination(party)} rings nobody; check where it leads.`
    return refuse('not-configured', message, scope)
  }
  return resolveHunt(stages, party, {}, scope)
}

function resolveNumber(digits: string, trunkName: string | undefined, scope: ResolveScope): Resolution {
  const { directory, account } = scope
  const dialled = directory.parseNumber(account, digits)
  if ('fault' in dialled) {
    const { kind, message } = dialled.fault
    return { refusal: { code: 'invalid-number', message, pointer: scope.pointer, numberFault: kind } }
  }
  const { number } = dialled
  if (trunkName !== undefined && !directory.mayUseTrunk(account, trunkName)) return noSuch('trunk', scope, '/trunk')
  const trunks = directory
    .trunksFor(account, number)
    .filter(({ name }) => trunkName === undefined || name === trunkName)
  if (trunks.length === 0) {
    return refuse(
      'not-configured',
      'No trunk carries this number for the account; add one to the configuration.',
      scope,
    )
  }
  return {
    resolved: {
      destination: { kind: 'trunk', number: number.canonical, trunks },
      party: { kind: 'number', number: number.canonical },
      identity: { number: number.canonical },
      outside: [number],
    },
  }
}

const noSuch = (what: 'line' | 'queue' | 'context' | 'user' | 'trunk', scope: ResolveScope, part = ''): Resolution =>
  refuse(`${what}-not-found`, `The account ${scope.account} has no such ${what}; check its name.`, scope, part)

const refuse = (code: RefusalCode, message: string, { pointer }: ResolveScope, part = ''): Resolution => ({
  refusal: { code, message, pointer: `${pointer}${part}` },
})
