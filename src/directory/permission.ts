/** What a credential may do; every vendor's roles and permissions are names for sets of these. */
export const permissions = [
  'calls:place',
  'calls:read',
  'calls:control',
  'recordings:read',
  'directory:read',
  'directory:write',
] as const

/** What a token may do that was given no permissions of its own. */
export const tokenPermissions = ['calls:place', 'calls:read'] as const

export type Permission = (typeof permissions)[number]
