import { g711Samples } from './g711.ts'

/** A sound as a file has it, its channels mixed into one: samples from -1 to 1. */
export interface RecordedSound {
  readonly samples: Float32Array
  /** Samples a second. */
  readonly rate: number
}

/** Why a file cannot be used, and what would help: `is …`, `has …`, to be read behind the file's name. */
export interface SoundFault {
  readonly fault: string
}

/** The rates that are usual; each can be converted by a small table. */
export const soundRates: readonly number[] = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

/** Longer ones would fill the memory. */
export const longestSoundSeconds = 600

/** In front of the data; more is no sound file. */
const maximumChunks = 1000

type ReadSample = (view: DataView, offset: number) => number

/** Signed, of three octets. */
const readInt24 = (view: DataView, offset: number): number =>
  view.getUint16(offset, true) | (view.getInt8(offset + 2) << 16)

/** By format tag and bits of a sample. */
const readers: Readonly<Record<string, ReadSample>> = {
  // PCM of one octet is unsigned, all else signed.
  'pcm 8': (view, offset) => (view.getUint8(offset) - 128) / 128,
  'pcm 16': (view, offset) => view.getInt16(offset, true) / 0x8000,
  'pcm 24': (view, offset) => readInt24(view, offset) / 0x80_0000,
  'pcm 32': (view, offset) => view.getInt32(offset, true) / 0x8000_0000,
  'float 32': (view, offset) => finite(view.getFloat32(offset, true)),
  'float 64': (view, offset) => finite(view.getFloat64(offset, true)),
  'alaw 8': (view, offset) => (g711Samples.PCMA[view.getUint8(offset)] as number) / 0x8000,
  'ulaw 8': (view, offset) => (g711Samples.PCMU[view.getUint8(offset)] as number) / 0x8000,
}

const formatNames: ReadonlyMap<number, string> = new Map([
  [1, 'pcm'],
  [3, 'float'],
  [6, 'alaw'],
  [7, 'ulaw'],
])
/** The true tag stands in an extension, as the first two octets of a GUID. */
const extensible = 0xfffe

interface Format {
  readonly name: string
  readonly channels: number
  readonly rate: number
  readonly bits: number
}

const advice = 'save it as WAV, PCM of 16 bits'

/**
 * Reads a WAV file: PCM of 8 to 32 bits, floating point, A-law, µ-law; mono or stereo, at a usual rate. Chunks that mean nothing here are passed
 * over. Data that end before they should are taken as far as they go: who records often never writes the length.
 */
export const parseWav = (octets: Uint8Array): RecordedSound | SoundFault => {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  if (octets.length < 12 || tagAt(view, 0) !== 'RIFF' || tagAt(view, 8) !== 'WAVE') {
    return { fault: `is no WAV file; ${advice}` }
  }
  let format: Format | undefined
  for (let at = 12, chunks = 0; at + 8 <= octets.length && chunks < maximumChunks; chunks++) {
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    if (tagAt(view, at) === 'fmt ') {
      const found = readFormat(view, start, Math.min(size, octets.length - start))
      if ('fault' in found) return found
      format = found
    } else if (tagAt(view, at) === 'data') {
      if (format === undefined) return { fault: `has no format (fmt) in front of its data; ${advice}` }
      // A length that was never written is 0, or as great as it can be.
      const end = size === 0 ? octets.length : Math.min(octets.length, start + size)
      return readData(view, start, end, format)
    }
    // Chunks begin at even places.
    at = start + size + (size % 2)
  }
  return { fault: `holds no sound: it has no data chunk; ${advice}` }
}

const tagAt = (view: DataView, offset: number): string =>
  String.fromCharCode(...Array.from({ length: 4 }, (_, index) => view.getUint8(offset + index)))

const readFormat = (view: DataView, start: number, size: number): Format | SoundFault => {
  if (size < 16) return { fault: `has a format (fmt) that is cut off; ${advice}` }
  const tag = view.getUint16(start, true)
  const isExtended = tag === extensible && size >= 26
  const name = formatNames.get(isExtended ? view.getUint16(start + 24, true) : tag)
  const channels = view.getUint16(start + 2, true)
  const rate = view.getUint32(start + 4, true)
  const bits = view.getUint16(start + 14, true)
  if (name === undefined) return { fault: `holds sound of format ${tag}, which is not read; ${advice}` }
  if (channels !== 1 && channels !== 2) return { fault: `has ${channels} channels; make it mono or stereo` }
  if (!soundRates.includes(rate)) {
    return { fault: `has ${rate} samples a second; it may have ${soundRates.join(', ')}: convert it to 16000` }
  }
  if (readers[`${name} ${bits}`] === undefined) return { fault: `has samples of ${bits} bits (${name}); ${advice}` }
  return { name, channels, rate, bits }
}

const readData = (view: DataView, start: number, end: number, format: Format): RecordedSound | SoundFault => {
  const { name, channels, rate, bits } = format
  const read = readers[`${name} ${bits}`] as ReadSample
  const width = bits / 8
  // Half a sample at the end is none.
  const length = Math.floor((end - start) / (width * channels))
  if (length === 0) return { fault: 'holds no sound: its data are empty' }
  if (length > longestSoundSeconds * rate) {
    return { fault: `lasts ${Math.round(length / rate)} seconds; at most ${longestSoundSeconds} are allowed: cut it` }
  }
  const samples = new Float32Array(length)
  for (let index = 0; index < length; index++) {
    const at = start + index * width * channels
    samples[index] = channels === 1 ? read(view, at) : (read(view, at) + read(view, at + width)) / 2
  }
  return { samples, rate }
}

const finite = (value: number): number => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0)
