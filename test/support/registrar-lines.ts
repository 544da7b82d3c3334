import { computeHa1 } from '../../src/sip/digest/digest-algorithm.ts'
import type { RegistrarLines } from '../../src/sip/registrar/registrar.ts'

/** Lines of the account acme, by extension and password; under any domain, with one realm. */
export const createRegistrarLines = (
  realm: string,
  passwords: Readonly<Record<string, string>>,
): RegistrarLines & { readonly marks: Map<string, string> } => {
  const marks = new Map(Object.entries(passwords).map(([number, password]) => [`acme/${number}`, password]))
  return {
    marks,
    find: (user) => (user in passwords ? `acme/${user}` : undefined),
    credentials(username, asked) {
      const password = passwords[username]
      if (password === undefined || asked !== realm) return undefined
      return {
        aor: `acme/${username}`,
        ha1Md5: computeHa1('MD5', username, realm, password),
        ha1Sha256: computeHa1('SHA-256', username, realm, password),
      }
    },
    realmOf: () => realm,
    secretMark: (aor) => marks.get(aor),
  }
}
