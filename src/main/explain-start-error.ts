import type { Config } from '../config/config-schema.ts'
import { describeFileError } from '../config/describe-file-error.ts'
import { MediaError } from '../media/media-error.ts'

/** Why the system refused what the configuration asks for, in words that name the key to change; anything else as it is. */
export function explainStartError(error: unknown, config: Pick<Config, 'http' | 'media'>): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', port, address, path } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (error instanceof MediaError && error.message.includes('EADDRNOTAVAIL')) {
    return new Error(`This machine has no address ${config.media.host}; put one that it has into "media.host".`)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Error(`"http.host" names no address: ${config.http.host} cannot be looked up; put an IP address there.`)
  }
  if (path !== undefined) return new Error(`${path} cannot be used: ${describeFileError(error)}.`)
  const isHttp = port === config.http.port
  const isTls = config.http.tls !== undefined && port === config.http.tls.port
  const portKey = isTls ? '"http.tls.port"' : isHttp ? '"http.port"' : '"sip.listen"'
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`Port ${port} is in use; stop what uses it, or choose another in ${portKey}.`)
    case 'EACCES':
      return new Error(`Port ${port} may not be opened by this user; choose one above 1023 in ${portKey}.`)
    case 'EADDRNOTAVAIL':
      return new Error(
        `This machine has no address ${address}; put one that it has into ${isTls ? '"http.tls.host"' : isHttp ? '"http.host"' : '"sip.listen"'}.`,
      )
    default:
      return error
  }
}
