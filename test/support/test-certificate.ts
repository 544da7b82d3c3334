import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** A self-signed certificate for these names, and its key, in `directory`; `name` begins the files' names. */
export function makeCertificate(directory: string, name: string, hosts: readonly string[]) {
  const files = { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) }
  const subject = [
    '-subj',
    `/CN=${hosts[0]}`,
    '-addext',
    `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`,
  ]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key]
  execFileSync('openssl', ['req', '-x509', '-days', '30', ...key, '-out', files.certificate, ...subject], {
    stdio: 'ignore',
  })
  return files
}
