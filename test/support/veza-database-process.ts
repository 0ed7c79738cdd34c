// A small database with a port: it reads statements for SQLite, one a line, and answers each with its rows as a line of JSON.
// Takes its port as the first argument.
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(':memory:')
database.exec('CREATE TABLE track (id INTEGER PRIMARY KEY, title TEXT NOT NULL)')
database.exec("INSERT INTO track (title) VALUES ('one'), ('two'), ('three')")

const server = createServer(socket => {
  socket.on('error', () => {})
  const lines = createInterface({ input: socket })
  // readline emits the errors of its input too: a killed client must not end the database.
  lines.on('error', () => {})
  lines.on('line', statement => {
    socket.write(`${JSON.stringify(database.prepare(statement).all())}\n`)
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'))
