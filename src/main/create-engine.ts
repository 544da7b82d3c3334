import { systemClock } from '../clock.ts'
import type { Config } from '../config/config-schema.ts'
import { demoPhoneUserAgent } from '../demo/demo-phone.ts'
import type { Directory } from '../directory/directory.ts'
import type { SecretBox } from '../directory/secret-box.ts'
import type { Log } from '../log.ts'
import { MediaPlane } from '../media/media-plane.ts'
import { systemRandom } from '../random.ts'
import type { Binding } from '../sip/registrar/binding.ts'
import { bindingKey } from '../sip/registrar/binding-table.ts'
import type { Store } from '../store/store.ts'
import { StoreError } from '../store/store-error.ts'
import { type BindingStore, SipEngine, type SipListener } from '../telephony/sip-engine/sip-engine.ts'
import type { SoundLibrary } from '../telephony/sound-library.ts'
import { createTargetRules } from './create-target-rules.ts'
import { createSipLines } from './sip-lines.ts'

/** The embedded driver, as the configuration says; lines and their secrets come from the directory as it is at each moment. */
export function createEngine(
  config: Config,
  directory: Directory,
  store: Store,
  secretBox: SecretBox,
  sounds: SoundLibrary,
  log: Log,
): SipEngine {
  const [first = 0, last = 0] = config.media.ports.split('-').map(Number)
  const media = new MediaPlane({
    host: config.media.host,
    portRange: [first, last],
    workers: config.media.workers,
    ...(config.sip.advertise === null ? {} : { advertise: config.sip.advertise }),
    clock: systemClock,
    random: systemRandom,
    log,
  })
  return new SipEngine({
    listen: config.sip.listen.map(parseListener),
    ...(config.sip.advertise === null ? {} : { advertise: config.sip.advertise }),
    realm: config.sip.realm,
    digestAlgorithms: config.sip.digest,
    silentSeconds: config.calls.silentSeconds,
    media,
    sounds,
    qualifySeconds: config.sip.qualifySeconds,
    lines: createSipLines(directory, config.sip.realm),
    targets: createTargetRules(config, media),
    isTrunk: (trunk) =>
      directory.listTrunks().some(({ name, address }) => name === trunk.name && address === trunk.address),
    trunkCredentials: (name) => directory.trunkCredentials(name),
    bindings: createBindingStore(store, log),
    proofKey: secretBox.deriveKey('sip invite proof'),
    clock: systemClock,
    random: systemRandom,
    log,
  })
}

function parseListener(text: string): SipListener {
  const match = /^(udp|tcp):\[?([^\]]+?)\]?:(\d+)$/.exec(text)
  return {
    protocol: match?.[1] === 'tcp' ? 'tcp' : 'udp',
    host: match?.[2] ?? '127.0.0.1',
    port: Number(match?.[3] ?? 5060),
  }
}

function createBindingStore(store: Store, log: Log): BindingStore {
  const key = (binding: Binding) => `${binding.aor} ${bindingKey(binding)}`
  return {
    async load() {
      const kept = (await store.registrations.load(systemClock.now())).map(({ binding }) => binding as Binding)
      // Demo phones live and die with the process: those of the one before are gone, whatever their expiry says.
      return kept.filter(({ userAgent }) => userAgent !== demoPhoneUserAgent)
    },
    record({ type, binding }) {
      const change =
        type === 'removed'
          ? ({ type: 'remove', key: key(binding) } as const)
          : ({
              type: 'put',
              registration: { key: key(binding), aor: binding.aor, expiresAt: binding.expiresAt, binding },
            } as const)
      store.registrations.apply([change]).catch((error: unknown) => {
        // That the store does not work is said once, whatever it cannot take; the phone registers again before long.
        if (error instanceof StoreError && error.unavailable !== undefined) return
        log.error({ err: error }, 'a registration was not kept')
      })
    },
  }
}
