/** Query parameters that carry a credential in one dialect or another. */
const secretParameter = /([?&;](?:key|auth|token|auth_password|api_password|api_hash|password|secret)=)[^&;#]*/gi

/** A URL fit for a log: credentials show as `***`, control characters not at all. */
export const hideSecrets = (url: string): string =>
  url.replace(secretParameter, '$1***').replace(/[\x00-\x1f\x7f]/g, '?')
