/**
 * The architecture as data: which room of src/ may import which. A room is a folder of src/, or a file that stands in src/ itself.
 * What is not allowed here is forbidden; ARCHITECTURE.md says why.
 */
export const allowedImports: Readonly<Record<string, readonly string[]>> = {
  // Time, randomness and the log are handed in everywhere; these files hold their types and the real ones.
  clock: [],
  random: [],
  log: [],
  'ip-address': [],
  // For tables that make room for what is newer.
  'oldest-first-map': [],
  // What counts as one stranger, for whoever counts them.
  'address-block': ['ip-address'],
  // Where a peer may aim us: signalling and media ask the same function.
  'decide-target': ['ip-address'],

  // The canonical words import nobody at all.
  call: [],

  // These know nothing of calls.
  sip: ['address-block', 'clock', 'decide-target', 'ip-address', 'oldest-first-map', 'random', 'log'],
  media: ['clock', 'decide-target', 'ip-address', 'random', 'log'],

  directory: ['address-block', 'call', 'clock', 'oldest-first-map', 'random', 'log'],
  policy: ['call', 'directory', 'clock'],
  store: ['call', 'clock', 'log'],
  events: ['call', 'store', 'clock', 'log'],
  // Who asks, and what they may do: dialects have no other way to calls or directory.
  access: ['call', 'directory', 'policy', 'clock'],
  dialects: ['access', 'call', 'clock', 'log'],
  // What an answered leg goes through; whoever runs it has the driver.
  program: ['call'],
  telephony: ['call', 'sip', 'media', 'clock', 'decide-target', 'random', 'log'],

  orchestrator: ['call', 'directory', 'policy', 'store', 'events', 'telephony', 'clock', 'random', 'log'],
  http: ['access', 'address-block', 'call', 'directory', 'dialects', 'clock', 'log'],

  // Whether a file holds a sound is told by who plays it.
  config: ['directory', 'media'],
  // The demo phones and carrier are peers on the wire: they see the SIP stack, not the calls.
  demo: ['config', 'sip', 'media', 'clock', 'random', 'log'],

  // main alone knows all the rooms, to wire them together.
  main: [
    ...['access', 'call', 'clock', 'config', 'decide-target', 'demo', 'dialects', 'directory', 'events', 'http'],
    ...['ip-address', 'log', 'media', 'orchestrator', 'policy', 'random', 'sip', 'store', 'telephony'],
  ],
  // Reaches the server through the native API; `start` alone runs one.
  cli: ['call', 'config', 'demo', 'main'],
}

/**
 * Of some rooms a room may see certain files only, and of these the types alone: who has nothing to build a session or to place a
 * call with cannot go around the one that it is given.
 */
export const typesOnly: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  dialects: {
    access: [
      ...['access/access.ts', 'access/api-session.ts', 'access/caller.ts', 'access/directory-changes.ts'],
      'access/references.ts',
    ],
  },
}

/** What a room may not import at all, be it of a room that it may. */
export const forbiddenFiles: Readonly<Record<string, readonly string[]>> = {
  dialects: ['call/call-service.ts'],
  http: ['call/call-service.ts', 'access/create-access.ts', 'access/api-session.ts'],
}

/** A dialect is read in one direction, and so is what it stands on. */
export const roomsWithoutTypeCircles: readonly string[] = ['access', 'dialects']

/** A vendor's words stay in its dialect; main and the configuration choose among dialects by name. */
export const vendorWords = ['enswitch', 'maxotel', 'voipportal', 'while1', 'spectronics'] as const
export const roomsWithVendorWords: readonly string[] = ['dialects', 'main', 'config']
