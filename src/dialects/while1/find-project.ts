import type { AccountReference, Caller, DialectContext } from '../dialect.ts'

/** The account that the vendor calls a project, by its number or name, if the caller may act for it. */
export function findProject(
  reference: string,
  caller: Caller,
  context: Pick<DialectContext, 'account'>,
): AccountReference | undefined {
  const project = context.account(reference)
  return project !== undefined && caller.accounts.includes(project.name) ? project : undefined
}
