import type { Directory } from '../directory/directory.ts'
import { phoneNumberOf } from '../directory/parse-dialled-number.ts'
import type { CallPolicy } from '../orchestrator/plan-call.ts'
import { decideCall } from '../policy/decide-call.ts'
import { outsideCallerId } from '../policy/decide-caller-id.ts'

/** The pure decisions of the policy room, with the facts that the directory holds now. */
export const createPolicy = (directory: Directory): CallPolicy => ({
  decide(request, legs) {
    const account = directory.account(request.account)
    if (account === undefined) return [{ code: 'account-not-found', message: 'There is no such account.' }]
    const numbers = {
      isLine: (number: string) => directory.findLine(account.name, number) !== undefined,
      canonicalOf: (number: string) => phoneNumberOf(directory.parseNumber(account.name, number))?.canonical ?? number,
    }
    return decideCall({ request, account, ratePlan: directory.ratePlan(account.name), numbers, ...legs })
  },
  outsideCallerId(name, { destination }) {
    const account = directory.account(name)
    const line = destination.kind === 'line' ? destination.line : undefined
    return account === undefined ? {} : outsideCallerId(account, line && directory.line(line.account, line.number))
  },
  countedFor({ account, origin }) {
    const owner = origin.account ?? account
    const limits = directory.credentialLimits(owner, origin.credential)
    return [
      { kind: 'account', name: account, limits: directory.account(account)?.limits ?? {} },
      { kind: 'credential', name: `${owner}/${origin.credential}`, limits },
    ]
  },
})
