import { isIP } from 'node:net'

/** An IP address as it is, without brackets. A zone (`fe80::1%eth0`) names an interface of one machine: no peer knows it. */
export const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%')

/**
 * An IP address or a host name (RFC 1123 section 2.1; underscores are met in practice). What ends in a number is meant as an
 * IPv4 address, as in every browser: `300.1.1.1` is no name either (WHATWG URL section 3.5).
 */
export function isHost(text: string): boolean {
  if (isAddress(text)) return true
  const labels = text.replace(/\.$/, '').split('.')
  return text.length <= 253 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const isLabel = (label: string): boolean => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)

/** The same where a port may follow: IPv6 stands in brackets. */
export function isHostInUri(text: string): boolean {
  const bracketed = /^\[(.+)\]$/.exec(text)?.[1]
  return bracketed === undefined ? isHost(text) && isIP(text) !== 6 : isIP(bracketed) === 6 && isAddress(bracketed)
}
