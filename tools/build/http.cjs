// In place of an import of `node:http`: an import looks at each export, and one of them, WebSocket, loads undici as Node
// has it, for 40 ms and 14 MB.
module.exports = process.getBuiltinModule('node:http')
