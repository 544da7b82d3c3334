import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTone, writeWav } from '../../test/peers/wav-file.ts'
import { directoryRecords } from './directory-records.ts'
import { bundleConfig, ConfigError, loadConfig, loadConfigHere, parseConfig, parseConfigHere } from './load-config.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordboard-sounds-'))
  await writeFile(join(folder, 'welcome.wav'), writeWav(createTone(600, 1)))
  await writeFile(join(folder, 'six.wav'), writeWav({ ...createTone(600, 1), rate: 96_000 }))
  await writeFile(join(folder, 'tune.mp3'), 'ID3')
})
after(() => rm(folder, { recursive: true }))

const configOf = (clips: string, music = '[]') => `accounts:
  - name: acme
    clips:
${clips}
    music: ${music}
`

const write = async (text: string): Promise<string> => {
  const file = join(folder, 'cordboard.yaml')
  await writeFile(file, text)
  return file
}

const faultsOf = async (load: () => unknown): Promise<readonly string[]> => {
  try {
    await load()
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults.map(({ line, key, message }) => `${line} ${key} ${message}`)
  }
}

test('a relative path starts at the folder of the file, and what is sent to a server is whole', async () => {
  const file = await write(
    configOf('      - { name: welcome, file: welcome.wav }', '[{ name: tune, file: ./welcome.wav }]'),
  )
  const config = await loadConfigHere(file)
  const whole = join(folder, 'welcome.wav')
  assert.deepEqual(config.accounts[0]?.clips, [{ name: 'welcome', file: whole }])
  const sent = await parseConfigHere(bundleConfig(file, {}).text, 'configuration')
  assert.deepEqual(sent.accounts, config.accounts)
  const [account] = (await directoryRecords(sent)).accounts
  assert.deepEqual(
    [account?.clips, account?.music],
    [[{ name: 'welcome', file: whole }], [{ name: 'tune', file: whole }]],
  )
})

test('a file that is not there, or holds no sound that can be used, is told with its line and what would help', async () => {
  const clips = ['gone.wav', 'tune.mp3', 'six.wav', '.'].map(
    (file, index) => `      - { name: c${index}, file: ${file} }`,
  )
  const file = await write(configOf(clips.join('\n')))
  const faults = await faultsOf(() => loadConfigHere(file))
  assert.deepEqual(
    faults.map((fault) => fault.replaceAll(folder, '')),
    [
      '4 accounts[0].clips[0].file names /gone.wav, which is not there',
      '5 accounts[0].clips[1].file names /tune.mp3, which is no WAV file; save it as WAV, PCM of 16 bits',
      '6 accounts[0].clips[2].file names /six.wav, which has 96000 samples a second; it may have 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000: convert it to 16000',
      '7 accounts[0].clips[3].file names , which is no file',
    ],
  )
  // For another machine nobody can tell.
  assert.equal(loadConfig(file).accounts[0]?.clips.length, 4)
})

test('a relative path that was sent leads nowhere', async () => {
  const [fault = ''] = await faultsOf(() => parseConfig(configOf('      - { name: welcome, file: welcome.wav }'), 'f'))
  assert.match(fault, /^4 accounts\[0\]\.clips\[0\]\.file must be a whole path on the server/)
})

test('a name is given once', async () => {
  const clips = '      - { name: a, file: /a.wav }\n      - { name: a, file: /b.wav }'
  const [fault = ''] = await faultsOf(() => parseConfig(configOf(clips), 'f'))
  assert.match(fault, /^5 .*must be unique/)
})
