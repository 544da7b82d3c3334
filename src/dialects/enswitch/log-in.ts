import type { ApiFunction } from './api-function.ts'
import { found } from './render-answer.ts'

/** `user/login`: whose user this is. */
export const logIn: ApiFunction = {
  run: ({ session }) =>
    found({
      customer: session.findAccount()?.id ?? 0,
      customer_name: session.account,
      username: session.name,
      phone: session.ownLine ?? '',
    }),
}
