import { type EndCause, endCauses } from '../../call/end-cause.ts'

/** The Reason header's value (RFC 3326) that tells a phone why it is hung up. */
export const reasonOf = (cause: EndCause): string => `Q.850;cause=${endCauses[cause].q850}`

/** What the other phones of a line are told when one of them has answered: most show no missed call then. */
export const completedElsewhere = 'SIP;cause=200;text="Call completed elsewhere"'
