import type { Credential } from '../directory/credential.ts'
import type { Permission } from '../directory/permission.ts'
import { allow, type Decision, deny } from './decision.ts'

/** May this credential do that; and, where it is about one line, for that line (its extension)? */
export function decidePermission(
  credential: Pick<Credential, 'name' | 'permissions' | 'lines'>,
  permission: Permission,
  line?: string,
): Decision<'permission-missing' | 'line-not-allowed'> {
  if (!credential.permissions.has(permission)) {
    return deny('permission-missing', `This needs the permission ${permission}; the key "${credential.name}" lacks it.`)
  }
  if (line !== undefined && credential.lines !== undefined && !credential.lines.has(line)) {
    return deny('line-not-allowed', `The key "${credential.name}" may not use line ${line}; it is for other lines.`)
  }
  return allow
}
