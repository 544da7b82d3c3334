import type { Config } from '../config/config-schema.ts'
import { describeFileError } from '../config/describe-file-error.ts'
import { MediaError } from '../media/media-error.ts'

/** What errors of Node's listeners and name look-ups hold beside their code. */
interface NetworkFailure {
  readonly port?: number
  readonly address?: string
  readonly hostname?: string
}

/** Why the system refused what the configuration asks for, in words that name the key to change; anything else as it is. */
export function explainStartError(error: unknown, config: Pick<Config, 'http' | 'media'>): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', port, address, path, hostname } = error as NodeJS.ErrnoException & NetworkFailure
  if (error instanceof MediaError && error.message.includes('EADDRNOTAVAIL')) {
    return new Error(`This machine has no address ${config.media.host}; put one that it has into "media.host".`)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const key = hostname !== config.http.host && hostname === config.http.tls?.host ? 'http.tls.host' : 'http.host'
    return new Error(`"${key}" names no address: ${hostname} cannot be looked up; put an IP address there.`)
  }
  if (path !== undefined) return new Error(`${path} cannot be used: ${describeFileError(error)}.`)
  const keyOf = (part: 'host' | 'port'): string => {
    if (port !== undefined && port === config.http.tls?.port) return `"http.tls.${part}"`
    return port === config.http.port ? `"http.${part}"` : '"sip.listen"'
  }
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`Port ${port} is in use; stop what uses it, or choose another in ${keyOf('port')}.`)
    case 'EACCES':
      return new Error(`Port ${port} may not be opened by this user; choose one above 1023 in ${keyOf('port')}.`)
    case 'EADDRNOTAVAIL':
      return new Error(`This machine has no address ${address}; put one that it has into ${keyOf('host')}.`)
    default:
      return error
  }
}
