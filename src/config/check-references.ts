import type { Config } from './config-schema.ts'

export interface ReferenceFault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What the shape alone cannot tell: names that must be unique, and names that must exist. */
export function checkReferences(config: Config): readonly ReferenceFault[] {
  const faults: ReferenceFault[] = []
  const say = (path: ReferenceFault['path'], message: string) => faults.push({ path, message })
  const unique = <Item>(
    items: readonly Item[],
    keyOf: (item: Item) => string | undefined,
    pathOf: (index: number) => ReferenceFault['path'],
  ) => {
    const seen = new Set<string>()
    for (const [index, item] of items.entries()) {
      const key = keyOf(item)
      if (key === undefined) continue
      if (seen.has(key)) say(pathOf(index), 'stands twice; it must be unique')
      seen.add(key)
    }
  }

  const accountNames = new Set(config.accounts.map(({ name }) => name))
  const planNames = new Set(config.ratePlans.map(({ name }) => name))
  unique(
    config.accounts,
    ({ name }) => name,
    (index) => ['accounts', index, 'name'],
  )
  unique(
    config.trunks,
    ({ name }) => name,
    (index) => ['trunks', index, 'name'],
  )
  const fullNumbers = config.accounts.flatMap(({ lines }, account) =>
    lines.map(({ fullNumber }, line) => ({ fullNumber, path: ['accounts', account, 'lines', line, 'fullNumber'] })),
  )
  unique(
    fullNumbers,
    ({ fullNumber }) => fullNumber,
    (index) => fullNumbers[index]?.path ?? [],
  )
  const secrets = config.accounts.flatMap(({ apiKeys, tokens }, account) => [
    ...apiKeys.map(({ key }, index) => ({ secret: key, path: ['accounts', account, 'apiKeys', index, 'key'] })),
    ...tokens.map(({ token }, index) => ({ secret: token, path: ['accounts', account, 'tokens', index, 'token'] })),
  ])
  unique(
    secrets,
    ({ secret }) => secret,
    (index) => secrets[index]?.path ?? [],
  )

  for (const [index, account] of config.accounts.entries()) {
    const at = (...rest: (string | number)[]) => ['accounts', index, ...rest]
    const lines = new Set(account.lines.map(({ number }) => number))
    unique(
      account.lines,
      ({ number }) => number,
      (line) => at('lines', line, 'number'),
    )
    if (account.parent !== undefined && !accountNames.has(account.parent))
      say(at('parent'), `names no account; there is ${list(accountNames)}`)
    if (isItsOwnAncestor(config, account.name))
      say(at('parent'), 'makes a circle: an account cannot stand below itself')
    if (account.ratePlan !== undefined && !planNames.has(account.ratePlan))
      say(at('ratePlan'), `names no rate plan; there is ${list(planNames)}`)
    const roles = new Set(account.roles.map(({ name }) => name))
    for (const [user, { role, line }] of account.users.entries()) {
      if (!roles.has(role)) say(at('users', user, 'role'), `names no role of the account; there is ${list(roles)}`)
      if (line !== undefined && !lines.has(line))
        say(at('users', user, 'line'), `is no line of the account; there is ${list(lines)}`)
    }
    for (const [queue, { members }] of account.queues.entries()) {
      for (const [member, number] of members.entries()) {
        if (!lines.has(number))
          say(at('queues', queue, 'members', member), `is no line of the account; there is ${list(lines)}`)
      }
    }
  }
  for (const [index, { accounts }] of config.trunks.entries()) {
    for (const [position, name] of (accounts ?? []).entries()) {
      if (!accountNames.has(name))
        say(['trunks', index, 'accounts', position], `names no account; there is ${list(accountNames)}`)
    }
  }
  const [first, last] = config.media.ports.split('-').map(Number)
  if (first === undefined || last === undefined || last > 65_535 || last - first < 3) {
    say(['media', 'ports'], 'must be a range of at least four ports up to 65535: 20000-29999')
  }
  return faults
}

const list = (names: ReadonlySet<string>): string =>
  names.size === 0 ? 'none yet' : [...names].map((name) => `"${name}"`).join(', ')

function isItsOwnAncestor(config: Config, name: string): boolean {
  const parents = new Map(config.accounts.map((account) => [account.name, account.parent]))
  let ancestor = parents.get(name)
  for (let steps = 0; ancestor !== undefined && steps <= parents.size; steps++) {
    if (ancestor === name) return true
    ancestor = parents.get(ancestor)
  }
  return false
}
