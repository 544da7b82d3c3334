import type { PhpArray } from './php-array.ts'

/** What is more than this is refused, where PHP would cut it off silently (max_input_vars, max_input_nesting_level). */
export const phpInputLimits = { parameters: 1000, nesting: 64 } as const

export type PhpInputFault = 'too-many-parameters' | 'too-deeply-nested' | 'malformed'

export type PhpInput = { readonly values: PhpArray } | { readonly fault: PhpInputFault }
