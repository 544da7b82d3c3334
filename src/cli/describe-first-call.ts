import type { Config } from '../config/config-schema.ts'

type Account = Config['accounts'][number]

interface FirstCall {
  readonly account: Account
  readonly key: string
  readonly first: string
  /** Another built-in phone of the account, if it has one. */
  readonly second: string | undefined
}

/** A mobile number that the simulated carrier answers, as it is dialled in its country and from everywhere else. */
const carrierNumber = { country: 'AU', national: '0412345678', international: '+61412345678' }

/**
 * What someone who has just started the demo can try, for the screen: only what works with this configuration, and reaches nobody
 * but the built-in phones and the simulated carrier, whose numbers end in `outcomes`. Empty if there is nothing of the kind.
 */
export function describeFirstCall(
  config: Config,
  url: string,
  outcomes: readonly { readonly suffix: string; readonly outcome: string }[],
): readonly string[] {
  const { native } = config.dialects
  const candidates =
    native.enabled && isUnrestricted(native) ? config.accounts.flatMap((one) => callsOf(one, config)) : []
  const call = candidates.find(({ second }) => second !== undefined) ?? candidates[0]
  if (call === undefined) return []
  const { account, key, first, second } = call
  const outside = carrierReaches(account, config) ? outsideNumber(account) : undefined
  if (second === undefined && outside === undefined) return []
  const parties = { first: { line: first }, second: { dial: second ?? outside } }
  return [
    second === undefined
      ? 'Place a first call from a built-in phone to the simulated carrier, from another terminal:'
      : 'Place a first call between two built-in phones, from another terminal:',
    '',
    `  curl -X POST ${url}/v1/calls -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(parties)}'`,
    '',
    ...(outside === undefined ? [] : describeCarrier(outside, barredBy(account, config), outcomes)),
  ]
}

function describeCarrier(
  number: string,
  barred: readonly string[],
  outcomes: readonly { readonly suffix: string; readonly outcome: string }[],
): readonly string[] {
  return [
    `The simulated carrier takes any other number to dial: ${number} answers; one that ends in`,
    ...outcomes.map(({ suffix, outcome }) => `  ${suffix}  ${outcome}`),
    ...(barred.length === 0 ? [] : [`and one that begins with ${barred.join(' or ')} is barred by the rate plan.`]),
    '',
  ]
}

/** From whichever built-in phone the account has first, by a key that may place calls from this machine. */
function callsOf(account: Account, { demo }: Config): readonly FirstCall[] {
  const key = account.apiKeys.find(({ permissions }) => permissions.includes('calls:place'))?.key
  const ofAccount = (demo?.phones ?? []).filter((phone) => phone.startsWith(`${account.name}/`))
  const [first, second] = ofAccount.map((phone) => phone.slice(account.name.length + 1))
  return key === undefined || first === undefined || !isUnrestricted(account) ? [] : [{ account, key, first, second }]
}

/** A real trunk would come first, and reach a person. */
const carrierReaches = (account: Account, config: Config): boolean =>
  config.demo?.trunk !== undefined &&
  config.trunks.length === 0 &&
  !barredBy(account, config).some((prefix) => carrierNumber.international.startsWith(prefix))

const barredBy = ({ ratePlan }: Account, { ratePlans }: Config): readonly string[] =>
  (ratePlans.find(({ name }) => name === ratePlan)?.rates ?? []).flatMap((rate) =>
    'barred' in rate ? [rate.prefix] : [],
  )

const outsideNumber = ({ country }: Account): string =>
  country === carrierNumber.country ? carrierNumber.national : carrierNumber.international

const isUnrestricted = ({ hosts, networks }: Pick<Account, 'hosts' | 'networks'>): boolean =>
  hosts === undefined && networks === undefined
