const reasons: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'what listens there does not speak TLS; write http:// if that is what it serves',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; call it by a name that stands in the certificate',
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; check the clocks of both machines',
}

/** What OpenSSL calls a certificate whose issuer is not trusted on this machine. */
const untrustedCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const untrusted =
  'its certificate is from nobody whom this machine trusts; name the file of its issuer in NODE_EXTRA_CA_CERTS'

/** Why somebody listens there but TLS came to nothing, and what to do; undefined of every other error code. */
export const describeTlsFailure = (code: string): string | undefined =>
  untrustedCodes.has(code) ? untrusted : reasons[code]
