/**
 * The part of undici that the guard uses. Its index loads ten times as much (fetch, WebSocket, caches, mocks), in
 * every process and before anything listens.
 */

import request from 'undici/lib/api/api-request.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Client from 'undici/lib/dispatcher/client.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'

// As in undici's index.
Object.assign(Dispatcher.prototype, { request })

export { Agent, Client, Pool, ProxyAgent }
