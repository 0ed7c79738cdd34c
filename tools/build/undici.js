/**
 * What the guard uses of undici. Its index loads ten times that (fetch, WebSocket, caches, mocks), in
 * every process and before anything listens.
 */

import request from 'undici/lib/api/api-request.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Client from 'undici/lib/dispatcher/client.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'

// As undici's index does it.
Object.assign(Dispatcher.prototype, { request })

export { Agent, Client, Pool, ProxyAgent }
