/** Consecutive numbers, both ends included. */
const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
/** Each number twice. */
const pairs = (from: number, to: number): number[] => run(from, to).flatMap((value) => [value, value])

/**
 * G.711 table 3: by µ-law decoder value number, the A-law decoder value number (from 1). The widely copied reference code has 81
 * for 80 here, and 79 for 80 below; the values that are nearest, and survive the way back, stand here.
 */
const alawNumbers = [
  ...pairs(1, 8),
  ...run(9, 25),
  27,
  29,
  31,
  ...run(33, 44),
  46,
  ...run(48, 62),
  ...run(64, 80),
  ...run(82, 128),
]

/** G.711 table 4: by A-law decoder value number less one, the µ-law decoder value number (from 0). */
const ulawNumbers = [
  ...[1, 3, 5, 7, 9, 11, 13, 15],
  ...run(16, 31),
  ...pairs(32, 35),
  ...run(36, 47),
  ...pairs(48, 49),
  ...run(50, 63),
  ...[64, 64],
  ...run(65, 79),
  ...[80, 80],
  ...run(81, 127),
]

/** PCMU code word → PCMA code word. Set sign bits mean positive in both laws. */
export const ulawToAlaw = Uint8Array.from({ length: 256 }, (_, code) => {
  const number = (alawNumbers[~code & 0x7f] as number) - 1
  return (number ^ 0x55) | (code & 0x80)
})

/** PCMA code word → PCMU code word. */
export const alawToUlaw = Uint8Array.from({ length: 256 }, (_, code) => {
  const number = ulawNumbers[(code ^ 0x55) & 0x7f] as number
  return (~number & 0x7f) | (code & 0x80)
})
