const pattern = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/

/** Making one takes half a millisecond, using it some microseconds. Only zones of the configuration come here. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** `2026-12-01 09:00:00` as clocks show it in the zone, of milliseconds since the epoch. */
export function renderLocalTime(at: number, timeZone: string): string {
  let format = formats.get(timeZone)
  if (format === undefined) {
    // Swedes write dates as ISO 8601 has them.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return format.format(at)
}

/**
 * Milliseconds since the epoch of `YYYY-MM-DD[ hh:mm[:ss]]` in the zone, or of Unix seconds; undefined if it is neither. An hour that
 * a clock change leaves out is read as the one after it, of one that comes twice the first is meant.
 */
export function parseLocalTime(text: string, timeZone: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = pattern.exec(text) ?? []
  const shown = `${year}-${month}-${day} ${hour}:${minute}:${second}`
  const asUtc = Date.parse(`${shown.replace(' ', 'T')}Z`)
  // A day that does not exist becomes another one.
  if (Number.isNaN(asUtc) || renderLocalTime(asUtc, 'UTC') !== shown) return undefined
  const offsets = [-86_400_000, 86_400_000].map((shift) => offsetAt(asUtc + shift, timeZone))
  const candidates = offsets.map((offset) => asUtc - offset).toSorted((one, other) => one - other)
  return candidates.find((at) => renderLocalTime(at, timeZone) === shown) ?? candidates.at(-1)
}

/** How far the zone's clocks are ahead of UTC at that moment, in milliseconds. */
const offsetAt = (at: number, timeZone: string): number =>
  Date.parse(`${renderLocalTime(at, timeZone).replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000
