/** What a credential may do; every vendor's roles and permissions are names for sets of these. */
export const permissions = [
  'calls:place',
  'calls:read',
  'calls:control',
  'recordings:read',
  'directory:read',
  'directory:write',
] as const

export type Permission = (typeof permissions)[number]
