import { parseDialledNumber } from '../directory/parse-dialled-number.ts'
import { closestName } from './closest-name.ts'
import type { Config } from './config-schema.ts'
import { readTrunkAddress, unreachableFrom } from './trunk-address.ts'
import { type Path, renderPath } from './yaml-source.ts'

export interface ReferenceFault {
  readonly path: Path
  readonly message: string
}

type Account = Config['accounts'][number]
type Feature = Account['featureCodes'][string]

/**
 * What the shape alone cannot tell: names that must be unique, and names that must exist. A configuration whose shape has faults is
 * checked too: what cannot be read of it is undefined (see `lenientSchema`), and of that nothing is said.
 */
export function checkReferences(config: Config): readonly ReferenceFault[] {
  return new ReferenceCheck(config).run()
}

class ReferenceCheck {
  readonly #config: Config
  readonly #faults: ReferenceFault[] = []
  readonly #accounts: readonly string[]
  readonly #parents: ReadonlyMap<string, string | undefined>

  constructor(config: Config) {
    this.#config = config
    this.#accounts = namesOf(config.accounts)
    this.#parents = new Map(config.accounts.map(({ name, parent }) => [name, parent]))
  }

  run(): readonly ReferenceFault[] {
    const { accounts, dialects, ratePlans, trunks } = this.#config
    this.#unique(
      dialects.enswitch.prefixes.map((name, index) => ({ name, path: ['dialects', 'enswitch', 'prefixes', index] })),
    )
    this.#unique(named(accounts, ['accounts']))
    this.#unique(accounts.map(({ id }, index) => ({ name: id, path: ['accounts', index, 'id'] })))
    this.#unique(named(ratePlans, ['ratePlans']))
    this.#unique(named(trunks, ['trunks']))
    this.#unique(
      accounts.flatMap(({ lines }, account) =>
        lines.map((line, index) => ({
          name: line.fullNumber,
          path: ['accounts', account, 'lines', index, 'fullNumber'],
        })),
      ),
    )
    this.#unique(accounts.flatMap(({ users }, account) => named(users, ['accounts', account, 'users'])))
    this.#unique(
      accounts.flatMap(({ apiKeys, tokens }, account) => [
        ...apiKeys.map(({ key }, index) => ({ name: key, path: ['accounts', account, 'apiKeys', index, 'key'] })),
        ...tokens.map(({ token }, index) => ({ name: token, path: ['accounts', account, 'tokens', index, 'token'] })),
      ]),
    )
    for (const [index, account] of accounts.entries()) this.#checkAccount(account, ['accounts', index])
    for (const [index, { accounts: users }] of trunks.entries()) {
      for (const [position, name] of (users ?? []).entries()) {
        this.#exists(name, this.#accounts, 'account', ['trunks', index, 'accounts', position])
      }
    }
    this.#checkTrunkRoutes()
    this.#checkMediaPorts()
    this.#checkMediaHost()
    this.#checkDemo()
    return this.#faults
  }

  #checkAccount(account: Account, at: Path): void {
    const lines = account.lines.map(({ number }) => number)
    for (const [list, key] of [
      ['lines', 'number'],
      ['apiKeys', 'name'],
      ['tokens', 'name'],
      ['roles', 'name'],
      ['queues', 'name'],
      ['contexts', 'name'],
      ['clips', 'name'],
      ['music', 'name'],
      ['recordGroups', 'id'],
      ['cards', 'number'],
    ] as const) {
      const entries = account[list] as readonly Readonly<Record<string, unknown>>[]
      this.#unique(entries.map((entry, index) => ({ name: entry[key], path: [...at, list, index, key] })))
    }
    this.#exists(account.parent, this.#accounts, 'account', [...at, 'parent'])
    if (this.#isItsOwnAncestor(account.name)) {
      this.#say([...at, 'parent'], 'makes a circle: an account cannot stand below itself')
    }
    this.#checkWriters(account, at)
    this.#exists(account.ratePlan, namesOf(this.#config.ratePlans), 'rate plan', [...at, 'ratePlan'])
    this.#unique(account.webhooks.map(({ url }, index) => ({ name: url, path: [...at, 'webhooks', index, 'url'] })))
    for (const [index, { callerId }] of account.lines.entries()) {
      if (isMissing(callerId, account.callerIds)) {
        this.#say([...at, 'lines', index, 'callerId'], "must be one of the account's callerIds; add it there")
      }
    }
    for (const [index, { role, line }] of account.users.entries()) {
      this.#exists(role, namesOf(account.roles), 'role of the account', [...at, 'users', index, 'role'])
      this.#exists(line, lines, 'line of the account', [...at, 'users', index, 'line'])
    }
    for (const [index, token] of account.tokens.entries()) {
      if (Array.isArray(token.lines)) this.#linesExist(token.lines, lines, [...at, 'tokens', index, 'lines'])
    }
    for (const [index, queue] of account.queues.entries()) {
      this.#linesExist(queue.members, lines, [...at, 'queues', index, 'members'])
    }
    for (const [index, { steps }] of account.contexts.entries()) {
      for (const [step, feature] of steps.entries()) {
        this.#checkFeature(feature, account, [...at, 'contexts', index, 'steps', step])
      }
    }
    for (const [code, feature] of Object.entries(account.featureCodes)) {
      this.#checkFeature(feature, account, [...at, 'featureCodes', code])
    }
    for (const [index, callerId] of account.callerIds.entries()) {
      this.#checkDialled(callerId, account, [...at, 'callerIds', index])
    }
    for (const [index, { forward = {} }] of account.lines.entries()) {
      for (const [when, dialled] of Object.entries(forward)) {
        this.#checkDialled(dialled, account, [...at, 'lines', index, 'forward', when])
      }
    }
  }

  /**
   * `apply` replaces the whole directory: a customer must not hold the key to the others' accounts, nor who is bound to lines the
   * way to be bound to none.
   */
  #checkWriters({ parent, apiKeys, tokens, roles }: Account, at: Path): void {
    for (const [index, { permissions = [], lines }] of tokens.entries()) {
      const position = Array.isArray(lines) ? permissions.indexOf('directory:write') : -1
      if (position === -1) continue
      const message = 'may not be given with lines: it changes the whole directory'
      this.#say([...at, 'tokens', index, 'permissions', position], message)
    }
    if (parent === undefined) return
    for (const [list, holders] of Object.entries({ apiKeys, tokens, roles })) {
      for (const [index, { permissions = [] }] of holders.entries()) {
        const position = permissions.indexOf('directory:write')
        if (position === -1) continue
        const message = 'may be given in an account without a parent only: it changes the whole directory'
        this.#say([...at, list, index, 'permissions', position], message)
      }
    }
  }

  #checkFeature(feature: Feature, account: Account, at: Path): void {
    const lines = account.lines.map(({ number }) => number)
    this.#exists(feature.queue, namesOf(account.queues), 'queue of the account', [...at, 'queue'])
    this.#exists(feature.context, namesOf(account.contexts), 'context of the account', [...at, 'context'])
    this.#exists(feature.line, lines, 'line of the account', [...at, 'line'])
    this.#checkDialled(feature.dial, account, [...at, 'dial'])
    const { play, queue, line, dial, context } = feature
    const said = [play, queue, line, dial, context].filter((part) => part !== undefined)
    if (said.length !== 1) this.#say(at, 'must have exactly one of play, queue, line, dial and context')
  }

  /** A carrier that no open port leads to would fail every call, each after its time. */
  #checkTrunkRoutes(): void {
    const { sip, trunks } = this.#config
    if (!sip.listen.every(isReadable)) return
    for (const [index, { address }] of trunks.entries()) {
      const read = isReadable(address) ? readTrunkAddress(address) : undefined
      const fault = read !== undefined && 'route' in read ? unreachableFrom(sip.listen, read.route) : undefined
      if (fault !== undefined) this.#say(['trunks', index, 'address'], fault)
    }
  }

  /** What its phones would dial: somebody of the house, or a number that can exist. */
  #checkDialled(dialled: string | undefined, account: Account, at: Path): void {
    const { lines, queues, featureCodes, country } = account
    if (!isReadable(dialled) || dialled === undefined || !isReadable(country)) return
    const inside = [
      ...lines.flatMap(({ number, fullNumber }) => [number, fullNumber]),
      ...queues.flatMap(({ name, number }) => [name, number]),
      ...Object.keys(featureCodes),
    ]
    if (inside.includes(dialled)) return
    const parsed = parseDialledNumber(dialled, country)
    if ('fault' in parsed) this.#say(at, `cannot be dialled: ${parsed.fault.message}`)
  }

  #checkMediaPorts(): void {
    const [first = 0, last = 0] = this.#config.media.ports.split('-').map(Number)
    if (first < 1 || last > 65_535 || last - first < 3) {
      this.#say(['media', 'ports'], 'must be a range of at least four ports from 1 to 65535: 20000-29999')
    }
  }

  /** SDP needs an address that a phone can send to. */
  #checkMediaHost(): void {
    const { media, sip } = this.#config
    if (sip.advertise === null && (media.host === '0.0.0.0' || media.host === '::')) {
      this.#say(
        ['media', 'host'],
        'is no address that phones can send to; name one of this machine, or set sip.advertise',
      )
    }
  }

  #checkDemo(): void {
    const lines = this.#config.accounts.flatMap((account) =>
      account.lines.map(({ number }) => (isReadable(number) ? `${account.name}/${number}` : number)),
    )
    for (const [index, phone] of (this.#config.demo?.phones ?? []).entries()) {
      this.#exists(phone, lines, 'line (account/extension)', ['demo', 'phones', index])
    }
  }

  #linesExist(numbers: readonly string[], lines: readonly string[], at: Path): void {
    for (const [index, number] of numbers.entries()) this.#exists(number, lines, 'line of the account', [...at, index])
  }

  #exists(name: string | undefined, known: readonly string[], what: string, path: Path): void {
    if (!isMissing(name, known)) return
    const meant = closestName(name, known)
    if (meant !== undefined) this.#say(path, `names no ${what}; did you mean "${meant}"?`)
    else this.#say(path, `names no ${what}; ${listOf(known)}`)
  }

  /** The second of two is at fault, and told where the first stands. No value is shown: it may be a secret. */
  #unique(entries: readonly { readonly name: unknown; readonly path: Path }[]): void {
    const seen = new Map<unknown, Path>()
    for (const { name, path } of entries) {
      if (name === undefined) continue
      const first = seen.get(name)
      if (first === undefined) seen.set(name, path)
      else this.#say(path, `is the same as ${renderPath(first)}; it must be unique`)
    }
  }

  #isItsOwnAncestor(name: string): boolean {
    let ancestor = this.#parents.get(name)
    for (let steps = 0; ancestor !== undefined && steps <= this.#parents.size; steps++) {
      if (ancestor === name) return true
      ancestor = this.#parents.get(ancestor)
    }
    return false
  }

  #say(path: Path, message: string): void {
    this.#faults.push({ path, message })
  }
}

/** See {@link checkReferences}. */
const isReadable = (value: unknown): boolean => value !== undefined

/** Among names of which one cannot be read anything may be. */
const isMissing = (name: string | undefined, known: readonly string[]): name is string =>
  name !== undefined && known.every(isReadable) && !known.includes(name)

const namesOf = (items: readonly { readonly name: string }[]): readonly string[] => items.map(({ name }) => name)

const named = (items: readonly { readonly name: string }[], at: Path) =>
  items.map(({ name }, index) => ({ name, path: [...at, index, 'name'] }))

/** Enough to choose from, and not a page of it. */
const listed = 10

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'there is none yet'
  const shown = names.slice(0, listed).map((name) => `"${name}"`)
  return `there is ${shown.join(', ')}${names.length > listed ? `, and ${names.length - listed} more` : ''}`
}
