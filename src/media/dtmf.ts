/** The sixteen keys in the order of their event codes (RFC 4733 section 3.2). */
export const dtmfKeys = '0123456789*#ABCD'

/** ITU-T Q.23: a key sounds the frequency of its row and that of its column, in hertz. */
export const dtmfRows = [697, 770, 852, 941] as const
export const dtmfColumns = [1209, 1336, 1477, 1633] as const
const keysByRow = ['123A', '456B', '789C', '*0#D'] as const

export const dtmfKeyAt = (row: number, column: number): string => keysByRow[row]?.[column] ?? ''

/** The two frequencies of a key; undefined for what is no key. */
export const dtmfFrequencies = (key: string): readonly [number, number] | undefined => {
  const row = keysByRow.findIndex((keys) => key !== '' && keys.includes(key))
  const low = dtmfRows[row]
  const high = dtmfColumns[keysByRow[row]?.indexOf(key) ?? -1]
  return low === undefined || high === undefined ? undefined : [low, high]
}
