/**
 * ITU-T G.711. Code words are as they travel: A-law with its even bits inverted, µ-law with all bits inverted. Linear samples
 * are 16 bits, signed.
 */

/** What µ-law adds to a 14-bit magnitude so that its segments start at powers of two. */
const ulawBias = 33
const ulawClip = 8158

export const encodeAlaw = (sample: number): number => {
  const thirteen = sample >> 3
  const magnitude = thirteen >= 0 ? thirteen : -thirteen - 1
  // Segments 1 to 7 begin at powers of two, from 32 on.
  const segment = Math.max(0, 27 - Math.clz32(magnitude))
  const mantissa = segment < 2 ? (magnitude >> 1) & 0x0f : (magnitude >> segment) & 0x0f
  return ((segment << 4) | mantissa) ^ (thirteen >= 0 ? 0xd5 : 0x55)
}

export const decodeAlaw = (code: number): number => {
  const word = code ^ 0x55
  const segment = (word & 0x70) >> 4
  const mantissa = (word & 0x0f) << 4
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1)
  return word & 0x80 ? magnitude : -magnitude
}

export const encodeUlaw = (sample: number): number => {
  const fourteen = sample >> 2
  const magnitude = Math.min(fourteen >= 0 ? fourteen : -fourteen, ulawClip) + ulawBias
  const segment = 31 - Math.clz32(magnitude) - 5
  return ((segment << 4) | ((magnitude >> (segment + 1)) & 0x0f)) ^ (fourteen >= 0 ? 0xff : 0x7f)
}

export const decodeUlaw = (code: number): number => {
  const word = ~code & 0xff
  const magnitude = ((((word & 0x0f) << 1) + ulawBias) << ((word & 0x70) >> 4)) - ulawBias
  return (word & 0x80 ? 0 - magnitude : magnitude) * 4
}

/** The linear samples of all code words. */
export const g711Samples: Readonly<Record<'PCMA' | 'PCMU', Int16Array>> = {
  PCMA: Int16Array.from({ length: 256 }, (_, code) => decodeAlaw(code)),
  PCMU: Int16Array.from({ length: 256 }, (_, code) => decodeUlaw(code)),
}
