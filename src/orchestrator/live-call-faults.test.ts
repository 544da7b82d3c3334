import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FakeDriver } from '../../test/doubles/fake-driver.ts'
import { quick, openLiveCall as setUp } from '../../test/support/live-call-scene.ts'
import type { CallEvent } from '../call/call-event.ts'
import type { LegPlan } from './call-plan.ts'

describe('a store that fails', () => {
  for (const failsAt of [
    'leg.dialled',
    'leg.ringing',
    'leg.answered',
    'call.bridged',
    'call.ending',
    'leg.ended',
    'call.ended',
  ] as const satisfies readonly CallEvent['type'][]) {
    for (const writeMilliseconds of [0, 5]) {
      test(`at ${failsAt}, after ${writeMilliseconds} ms: the phones are let go, and the call is forgotten once`, async () => {
        const { clock, call, assertOver } = await setUp({
          first: [quick],
          second: [{ ...quick, hangsUp: 1000 }],
          failsAt,
          writeMilliseconds,
        })
        call.start()
        await clock.advance(100_000)
        assertOver()
      })
    }
  }
})

describe('what the machine cannot take costs this call, and no other', () => {
  /** The driver does once what it must never do. */
  const faulty: readonly (readonly [what: string, at: string, break_: (driver: FakeDriver) => void])[] = [
    [
      'a leg that is answered twice',
      'leg-answered',
      (driver) => {
        const dial = driver.dial.bind(driver)
        driver.dial = (request, listener) =>
          dial(request, (event) => {
            listener(event)
            if (event.type === 'answered' && request.leg === 'first') listener(event)
          })
      },
    ],
    [
      'a leg that ends twice',
      'leg-ended',
      (driver) => {
        const dial = driver.dial.bind(driver)
        driver.dial = (request, listener) =>
          dial(request, (event) => {
            listener(event)
            if (event.type === 'ended' && request.leg === 'second') listener(event)
          })
      },
    ],
    ...(['first', 'second'] as const).map(
      (leg) =>
        [
          `a dial that throws for the ${leg} leg`,
          leg === 'first' ? 'start' : 'leg-answering',
          (driver: FakeDriver) => {
            const dial = driver.dial.bind(driver)
            driver.dial = (request, listener) => {
              if (request.leg === leg) throw new Error('the driver is broken')
              return dial(request, listener)
            }
          },
        ] as const,
    ),
    [
      'a leg that throws where it should hear',
      'leg-answered',
      (driver) => {
        const dial = driver.dial.bind(driver)
        driver.dial = (request, listener) => {
          const handle = dial(request, listener)
          handle.hear = () => {
            throw new Error('the driver is broken')
          }
          return handle
        }
      },
    ],
  ]
  for (const [what, at, break_] of faulty) {
    test(`${what}: the call ends, nobody is left in it, and the log says where it stood`, async () => {
      const { clock, driver, call, verdict, supervised, assertOver } = await setUp({
        first: [quick],
        second: [{ ...quick, hangsUp: 1000 }],
        writeMilliseconds: 3,
      })
      break_(driver)
      call.start()
      await clock.advance(100_000)
      assert.match(verdict() ?? '', at === 'leg-ended' ? /^completed by second$/ : /^failed/)
      const [first] = supervised()
      assert.ok(first !== undefined && 'state' in first && first.err instanceof Error)
      assert.deepEqual([first.callId, first.input], ['call-1', at])
      assertOver(supervised())
    })
  }

  /** 101 talks to 102, and is to talk to 103. */
  const sendOn = async (break_: (scene: Awaited<ReturnType<typeof setUp>>) => Partial<LegPlan>) => {
    const scene = await setUp({
      first: [quick],
      second: [quick],
      third: [{ refuses: { after: 10, as: 'busy' } }],
      writeMilliseconds: 3,
    })
    const { clock, call, verdict, supervised, assertOver } = scene
    call.start()
    await clock.advance(1000)
    const line = { account: 'acme', number: '103' }
    assert.ok(call.redirect('first', { ...call.legs.second, destination: { kind: 'line', line }, ...break_(scene) }))
    await clock.advance(100_000)
    assert.match(verdict() ?? '', /^failed/)
    assert.deepEqual(
      supervised().map(({ input }) => input),
      ['leg-ended'],
    )
    assertOver(supervised())
  }

  test('a dial that throws for whom the call is sent on to: the same', async () => {
    await sendOn(({ driver }) => {
      driver.dial = () => {
        throw new Error('the driver is broken')
      }
      return {}
    })
  })

  test('a forward that cannot be planned: the same', async () => {
    const forward = () => {
      throw new Error('the directory is broken')
    }
    await sendOn(() => ({ forwardOn: { busy: '102' }, forward }))
  })

  test('a leg that throws where it should be hung up: the other one is let go all the same', async () => {
    const { clock, driver, call, phones, supervised } = await setUp({ first: [quick], second: [quick] })
    const dial = driver.dial.bind(driver)
    driver.dial = (request, listener) => {
      const handle = dial(request, listener)
      if (request.leg === 'first') {
        handle.hangup = () => {
          throw new Error('the driver is broken')
        }
      }
      return handle
    }
    call.start()
    await clock.advance(1000)
    call.end('cancelled')
    await clock.advance(1000)
    assert.deepEqual([supervised().length, phones[1]?.[0]?.calls.size], [1, 0])
  })
})
