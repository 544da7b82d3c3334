import { DatabaseSync } from 'node:sqlite'

/** How many calls of the database stand model for the rest. */
const templates = 500
/** Each copy of a call is so much older than the one that it was made from. */
const agePerCopyMilliseconds = 60_000
const digits = 6

/**
 * Makes the history of a stopped server as large as wished: copies of calls that it did carry, with all that its tables hold of
 * them, under identifiers and times of before. Returns how many calls there are then.
 */
export function growHistory(file: string, calls: number): number {
  const database = new DatabaseSync(file)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -400000',
  )
  database.exec(
    `create temp table template as select id, number from calls where end_cause = 'completed' order by id limit ${templates}`,
  )
  const copies = Math.ceil(calls / templates)
  database.exec(`create temp table copy as with recursive series(n) as
    (select 1 union all select n + 1 from series where n < ${copies}) select n from series`)
  database.exec('begin')
  for (const [table, key] of [
    ['calls', 'id'],
    ['legs', 'call_id'],
    ['call_events', 'call_number'],
  ] as const) {
    copyRows(database, table, key)
  }
  database.exec('commit')
  database.exec('pragma wal_checkpoint(truncate); analyze')
  const count = database.prepare('select count(*) as count from calls').get()?.['count']
  database.close()
  return Number(count)
}

/** The copies of one table; whatever columns a migration adds are copied as they are. */
function copyRows(database: DatabaseSync, table: string, key: string): void {
  const columns = database
    .prepare(`select name from pragma_table_info('${table}')`)
    .all()
    .map((column) => String(column['name']))
    .filter((name) => name !== 'sequence')
  const values = columns.map((name) => {
    const column = `${table}.${name}`
    if (name === 'number' || name === 'call_number') return `${column} + n * ${templates * 1000}`
    if (name === key) return `substr(${column}, 1, length(${column}) - ${digits}) || printf('%0${digits}d', n)`
    return name === 'at' || name.endsWith('_at') ? `${column} - n * ${agePerCopyMilliseconds}` : column
  })
  database.exec(
    `insert into ${table} (${columns}) select ${values} from copy cross join template
      join ${table} on ${table}.${key} = template.${key === 'call_number' ? 'number' : 'id'} order by n desc, template.id`,
  )
}
