import { Asterisk, asteriskRoot } from '../test/peers/asterisk.ts'
import { freeUdpPort } from '../test/support/free-port.ts'
import { benchCalls, CallLoad, measureRounds } from './calls.ts'
import { cpuSeconds } from './cpu-seconds.ts'
import { middle } from './middle.ts'
import { SippPhones } from './sipp-phones.ts'

export interface AsteriskFigures {
  /** Whole calls per second of processor time, Cordboard's over Asterisk's. */
  readonly perCpuSecondRatio: number
  /** Whole calls per second where server and load share the machine, Cordboard's over Asterisk's. */
  readonly perSecondRatio: number
  readonly perCpuSecond: number
  readonly asteriskPerCpuSecond: number
  readonly perSecond: number
  readonly asteriskPerSecond: number
}

const turns = 3
const roundsEach = 2

/** `calls` in turns with the Asterisk of `ASTERISK_ROOT`, which its manager interface tells to dial the same phones. */
export const benchAsterisk = async (): Promise<AsteriskFigures | { readonly skipped: string }> => {
  const root = asteriskRoot()
  if (root === undefined) return { skipped: 'ASTERISK_ROOT names no root that has Asterisk' }
  const ours: Turn[] = []
  const theirs: Turn[] = []
  for (let turn = 0; turn < turns; turn++) {
    ours.push(await benchCalls({ rounds: roundsEach }))
    theirs.push(await measureAsterisk(root))
  }
  const of = (measured: readonly Turn[], figure: keyof Turn) => middle(measured.map((turn) => turn[figure]))
  return {
    perCpuSecondRatio: of(ours, 'perCpuSecond') / of(theirs, 'perCpuSecond'),
    perSecondRatio: of(ours, 'perSecond') / of(theirs, 'perSecond'),
    perCpuSecond: of(ours, 'perCpuSecond'),
    asteriskPerCpuSecond: of(theirs, 'perCpuSecond'),
    perSecond: of(ours, 'perSecond'),
    asteriskPerSecond: of(theirs, 'perSecond'),
  }
}

interface Turn {
  readonly perCpuSecond: number
  readonly perSecond: number
}

/** It writes nothing down. */
const silent = { 'cdr.conf': '[general]\nenable = no\n', 'cel.conf': '[general]\nenable = no\n' }

/** The least that it needs. */
const modules = [
  ...['res_timing_timerfd', 'res_sorcery_config', 'res_sorcery_memory', 'res_sorcery_astdb', 'res_pjproject'],
  ...['res_pjsip', 'res_pjsip_session', 'res_pjsip_sdp_rtp', 'res_pjsip_caller_id', 'res_pjsip_endpoint_identifier_ip'],
  ...[
    'res_rtp_asterisk',
    'res_pjsip_pubsub',
    'chan_pjsip',
    'codec_alaw',
    'pbx_config',
    'app_dial',
    'bridge_simple',
    'bridge_native_rtp',
  ],
]

async function measureAsterisk(root: string): Promise<Turn> {
  const phones = await SippPhones.start({ hangsUp: true })
  const phone = await phones.answer()
  const sipPort = await freeUdpPort()
  const asterisk = await Asterisk.start(
    root,
    { 'pjsip.conf': pjsip(sipPort, phone, phones.carrierPort), 'extensions.conf': extensions, ...silent },
    modules,
  )
  try {
    const load = new CallLoad(async (number) => {
      asterisk.send({
        ...{ Action: 'Originate', Channel: 'PJSIP/phone', Context: 'second', Exten: number.slice(1), Priority: '1' },
        ...{ Async: 'true', Timeout: '30000', CallerID: number },
      })
    })
    asterisk.onEvent((event) => {
      if (event.get('Event') !== 'Hangup' || event.get('Channel')?.startsWith('PJSIP/phone-') !== true) return
      const cause = event.get('Cause')
      load.finish(cause === '16' ? undefined : `a call ended with the Q.850 cause ${cause}`)
    })
    const figures = await load.measured(() => measureRounds(() => cpuSeconds(asterisk.pid), load, roundsEach))
    const results = await phones.stop()
    for (const { failed, errors } of results) {
      if (failed > 0)
        throw new Error(`SIPp saw ${failed} calls of Asterisk's that did not go as its scenario says:\n${errors}`)
    }
    return figures
  } finally {
    await asterisk.stop()
    await phones.stop()
  }
}

const pjsip = (port: number, phone: number, carrier: number): string => `
[transport]
type = transport
protocol = udp
bind = 127.0.0.1:${port}
${endpoint('phone', `sip:101@127.0.0.1:${phone}`)}
${endpoint('carrier', `sip:127.0.0.1:${carrier}`)}
`

/** Media is anchored, as Cordboard's is. */
const endpoint = (name: string, contact: string): string => `
[${name}]
type = aor
contact = ${contact}
[${name}]
type = endpoint
aors = ${name}
context = none
disallow = all
allow = alaw
direct_media = no
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
`

const extensions = `
[second]
exten => _X.,1,Dial(PJSIP/\${EXTEN}@carrier)
`
