/** Mono 16-bit samples and their rate. */
export interface Sound {
  readonly samples: Int16Array
  readonly rate: number
}

/** A PCM WAV file of one channel; a header whose length was never written (the phone was stopped) means: to the end. */
export function readWav(octets: Buffer): Sound {
  const rate = octets.readUInt32LE(24)
  const start = octets.indexOf('data') + 8
  const count = Math.floor((octets.length - start) / 2)
  return { samples: Int16Array.from({ length: count }, (_, index) => octets.readInt16LE(start + index * 2)), rate }
}

export function writeWav({ samples, rate }: Sound): Buffer {
  const octets = Buffer.alloc(44 + samples.length * 2)
  octets.write('RIFF', 0)
  octets.writeUInt32LE(octets.length - 8, 4)
  octets.write('WAVEfmt ', 8)
  octets.writeUInt32LE(16, 16)
  // Linear PCM, one channel, two octets a sample.
  octets.writeUInt16LE(1, 20)
  octets.writeUInt16LE(1, 22)
  octets.writeUInt32LE(rate, 24)
  octets.writeUInt32LE(rate * 2, 28)
  octets.writeUInt16LE(2, 32)
  octets.writeUInt16LE(16, 34)
  octets.write('data', 36)
  octets.writeUInt32LE(samples.length * 2, 40)
  for (const [index, sample] of samples.entries()) octets.writeInt16LE(sample, 44 + index * 2)
  return octets
}

/** A sine tone, well below full scale. */
export function createTone(frequency: number, seconds: number, rate = 8000): Sound {
  const sampleAt = (index: number) => Math.round(8000 * Math.sin((2 * Math.PI * frequency * index) / rate))
  return { samples: Int16Array.from({ length: rate * seconds }, (_, index) => sampleAt(index)), rate }
}
