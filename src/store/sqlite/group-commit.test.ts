import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Command } from './command.ts'
import { GroupCommit } from './group-commit.ts'
import { describeSqliteFailure } from './sqlite-failure.ts'

/** `append` inserts its text, `call` counts the rows: enough to see what a group does. */
function openGroup() {
  const database = new DatabaseSync(':memory:')
  database.exec('create table rows (text text unique)')
  const insert = database.prepare('insert into rows values (?)')
  const count = () => database.prepare('select count(*) as count from rows').get()?.['count']
  const group = new GroupCommit({
    database,
    describeFailure: (error) => describeSqliteFailure(error, 'test.db'),
    execute(command: Command) {
      if (command[0] === 'call') return count()
      if (command[0] !== 'append') throw new TypeError('not here')
      for (const [text] of command[1]) insert.run(text)
      return 'written'
    },
  })
  const write = (...texts: string[]): Command => [
    'append',
    texts.map((text) => [text, 'call.ended', 0, '', null] as const),
  ]
  return { database, group, count, write }
}
const read: Command = ['call', '']

test('all commands of a group, in their order', () => {
  const { group, write, count } = openGroup()
  assert.deepEqual(group.run([read, write('a'), read, write('b', 'c'), read]), {
    values: [0, 'written', 1, 'written', 3],
  })
  assert.equal(count(), 3)
})

test('a command that fails midway is undone alone', () => {
  const { group, write, database, count } = openGroup()
  const { values, errors } = group.run([write('a'), write('b', 'a'), write('c')])
  assert.deepEqual(values, ['written', null, 'written'])
  assert.deepEqual(
    errors?.map(([index, code]) => [index, code]),
    [[1, 'invalid-write']],
  )
  assert.equal(count(), 2)
  assert.equal(database.isTransaction, false)
})

test('reads alone take no lock, and what throws for other reasons is one command only', () => {
  const { group, database } = openGroup()
  const { values, errors } = group.run([read, ['load-directory'], read])
  assert.deepEqual(values, [0, null, 0])
  assert.equal(errors?.length, 1)
  assert.equal(database.isTransaction, false)
})

test('a disk that fills up: nothing of the group is kept, everyone is told, and later there may be room', () => {
  const { group, write, database, count } = openGroup()
  const pages = database.prepare('pragma page_count').get()?.['page_count']
  database.exec(`pragma max_page_count = ${Number(pages) + 5}`)
  const { values, errors } = group.run([
    write('a'),
    read,
    write(...Array.from({ length: 50 }, (_, index) => `${index}`.repeat(2000))),
  ])
  const full = errors?.filter(([, code]) => code === 'disk-full') ?? []
  assert.ok(full.length > 0)
  assert.equal(values.length, 3)
  assert.equal(database.isTransaction, false)
  assert.ok(count() === 0 || (count() === 1 && full.length === 1), 'all of the group is undone, or the large one alone')
  database.exec('pragma max_page_count = 100000')
  assert.equal(group.run([write('later')]).errors, undefined)
})
