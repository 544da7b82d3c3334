/** Octets, one a character (U+0000–U+00FF): PHP's strings are these, and a hash over them must see every one as it came. */
export type ByteString = string

export const bytesOf = (octets: Buffer): ByteString => octets.toString('latin1')

export const octetsOf = (bytes: ByteString): Buffer => Buffer.from(bytes, 'latin1')

export const bytesOfText = (text: string): ByteString => bytesOf(Buffer.from(text, 'utf8'))

/** The text that the bytes are in UTF-8; what is none becomes U+FFFD. */
export const textOfBytes = (bytes: ByteString): string => octetsOf(bytes).toString('utf8')
