/**
 * Bounds on what a peer can make us hold and look through. A phone's INVITE has about 25 headers in 1.5 kB; the longest of RFC 4475,
 * section 3.1.1.7, has a line of 1.6 kB.
 */
export const maximumMessageOctets = 65_535
export const maximumHeaderCount = 256
/** Characters of one header, its continuation lines included, and of the start line. */
export const maximumLineLength = 8192
