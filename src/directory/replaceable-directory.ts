import type { Directory } from './directory.ts'

/** The directory as of now. Every look-up goes to the newest snapshot, which `replace` exchanges as a whole. */
export class ReplaceableDirectory implements Directory {
  #current: Directory

  constructor(first: Directory) {
    this.#current = first
  }

  replace(next: Directory): void {
    this.#current = next
  }

  account: Directory['account'] = (...args) => this.#current.account(...args)
  accountByReference: Directory['accountByReference'] = (...args) => this.#current.accountByReference(...args)
  country: Directory['country'] = (...args) => this.#current.country(...args)
  isSameOrBelow: Directory['isSameOrBelow'] = (...args) => this.#current.isSameOrBelow(...args)
  accountsUnder: Directory['accountsUnder'] = (...args) => this.#current.accountsUnder(...args)
  ratePlan: Directory['ratePlan'] = (...args) => this.#current.ratePlan(...args)
  line: Directory['line'] = (...args) => this.#current.line(...args)
  lineByFullNumber: Directory['lineByFullNumber'] = (...args) => this.#current.lineByFullNumber(...args)
  findLine: Directory['findLine'] = (...args) => this.#current.findLine(...args)
  lineByUsername: Directory['lineByUsername'] = (...args) => this.#current.lineByUsername(...args)
  findQueue: Directory['findQueue'] = (...args) => this.#current.findQueue(...args)
  findContext: Directory['findContext'] = (...args) => this.#current.findContext(...args)
  findUser: Directory['findUser'] = (...args) => this.#current.findUser(...args)
  featureCode: Directory['featureCode'] = (...args) => this.#current.featureCode(...args)
  findCard: Directory['findCard'] = (...args) => this.#current.findCard(...args)
  findRecordGroup: Directory['findRecordGroup'] = (...args) => this.#current.findRecordGroup(...args)
  sipSecretMark: Directory['sipSecretMark'] = (...args) => this.#current.sipSecretMark(...args)
  sipDomain: Directory['sipDomain'] = (...args) => this.#current.sipDomain(...args)
  authenticateSip: Directory['authenticateSip'] = (...args) => this.#current.authenticateSip(...args)
  listsOrigin: Directory['listsOrigin'] = (...args) => this.#current.listsOrigin(...args)
  keyBySecret: Directory['keyBySecret'] = (...args) => this.#current.keyBySecret(...args)
  userWithHash: Directory['userWithHash'] = (...args) => this.#current.userWithHash(...args)
  signingKeys: Directory['signingKeys'] = (...args) => this.#current.signingKeys(...args)
  credentialLimits: Directory['credentialLimits'] = (...args) => this.#current.credentialLimits(...args)
  isSharedName: Directory['isSharedName'] = (...args) => this.#current.isSharedName(...args)
  parseNumber: Directory['parseNumber'] = (...args) => this.#current.parseNumber(...args)
  trunksFor: Directory['trunksFor'] = (...args) => this.#current.trunksFor(...args)
  mayUseTrunk: Directory['mayUseTrunk'] = (...args) => this.#current.mayUseTrunk(...args)
  trunkCredentials: Directory['trunkCredentials'] = (...args) => this.#current.trunkCredentials(...args)
  listAccounts: Directory['listAccounts'] = () => this.#current.listAccounts()
  listLines: Directory['listLines'] = (...args) => this.#current.listLines(...args)
  listCredentials: Directory['listCredentials'] = (...args) => this.#current.listCredentials(...args)
  listTrunks: Directory['listTrunks'] = () => this.#current.listTrunks()
}
