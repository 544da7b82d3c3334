/** How much of the sound's energy lies at one frequency, 0 to 1 (Goertzel's algorithm over the samples). */
export function toneLevel(samples: Int16Array, rate: number, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate)
  let previous = 0
  let beforeThat = 0
  let energy = 0
  for (const sample of samples) {
    const current = sample + coefficient * previous - beforeThat
    beforeThat = previous
    previous = current
    energy += sample * sample
  }
  if (energy === 0) return 0
  const power = previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat
  return (2 * power) / (samples.length * energy)
}

/** The best level of a frequency in any stretch of `milliseconds`. */
export function bestToneLevel(samples: Int16Array, rate: number, frequency: number, milliseconds = 200): number {
  const length = Math.floor((rate * milliseconds) / 1000)
  let best = 0
  for (let start = 0; start + length <= samples.length; start += length) {
    best = Math.max(best, toneLevel(samples.subarray(start, start + length), rate, frequency))
  }
  return best
}

/** The amplitude of one frequency in the samples, in their own units. */
export function toneAmplitude(samples: Int16Array, rate: number, frequency: number): number {
  // By its definition: Goertzel's algorithm needs whole periods, and a stretch of sound seldom has them.
  let [sine, cosine, window] = [0, 0, 0]
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * frequency * index) / rate
    const weight = 1 - Math.cos((2 * Math.PI * (index + 0.5)) / samples.length)
    sine += weight * sample * Math.sin(angle)
    cosine += weight * sample * Math.cos(angle)
    window += weight
  }
  return (2 * Math.hypot(sine, cosine)) / window
}
