import type { Directory } from '../directory/directory.ts'
import type { RegistrarLines } from '../sip/registrar/registrar.ts'

/** The lines of the directory, as it is at each moment, for the registrar; a line's key is `account/number`. */
export function createSipLines(directory: Directory, serverRealm: string): RegistrarLines {
  /** As the account wrote it: a host name is the same in capitals (RFC 3261 section 19.1.4). */
  const domainOf = (host: string): string | undefined => directory.sipDomain(host)
  return {
    find(user, host) {
      const line = directory.lineByUsername(user, domainOf(host) ?? host)
      return line && `${line.account}/${line.number}`
    },
    credentials(username, realm) {
      const found = directory.authenticateSip(username, realm)
      if (found === undefined) return undefined
      const { line, ha1Md5, ha1Sha256 } = found
      return { aor: `${line.account}/${line.number}`, ha1Md5, ha1Sha256 }
    },
    // By the host alone: a realm that depended on the line would tell a stranger whether it exists.
    realmOf: (host) => domainOf(host) ?? serverRealm,
    secretMark(aor) {
      const [account = '', number = ''] = aor.split('/')
      return directory.sipSecretMark(account, number)
    },
  }
}
