import type { ApiFunction } from './api-function.ts'
import { found } from './render-answer.ts'

/** `user/login`: whose user this is. */
export const logIn: ApiFunction = {
  run: ({ caller, context }) =>
    found({
      customer: context.account(caller.account)?.id ?? 0,
      customer_name: caller.account,
      username: caller.name,
      phone: caller.line ?? '',
    }),
}
