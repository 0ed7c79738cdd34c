import { join } from 'node:path'
import { readPemFile } from '../files/read-text.ts'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'
import { certificatesFault, keyFault } from './certificates.ts'
import type { Variables } from './environment.ts'

/** How a Docker Engine is reached. */
export interface EngineConfig {
  readonly address: EngineAddress
  /** `null`: no TLS, as always on a unix socket. */
  readonly tls: EngineTls | null
}

type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number }

interface EngineTls {
  /** The folder with `ca.pem`, `cert.pem` and `key.pem`. */
  readonly folder: string
  /** Whether the engine's certificate is checked. */
  readonly isVerified: boolean
}

const MAX_BYTES = 1024 * 1024
// The ports of Docker's own clients, without TLS and with it.
const PORTS = { plain: 2375, tls: 2376 }

// Does not repeat the address, which may hold a password.
const WRONG_ADDRESS = 'DOCKER_HOST: not a valid address; write it as unix:///var/run/docker.sock or tcp://HOST:2376'

/** Parses what Docker takes as `DOCKER_HOST`; a missing port is 0. `null`: it is something else. */
function parseEngineAddress(text: string): EngineAddress | null {
  if (text.startsWith('unix:///')) return text.includes('\0') ? null : { socketPath: text.slice('unix://'.length) }
  if (!text.startsWith('tcp://')) return null
  // With a scheme of the web, URL reads hosts and ports as browsers do.
  const url = URL.parse(text.replace('tcp:', 'ws:'))
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null
  if (url.pathname !== '/') return null
  // Port 80 is the scheme's own, which URL leaves out.
  const port = /:80\/?$/.test(text) ? 80 : Number(url.port)
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port }
}

/**
 * Reads `DOCKER_HOST`, `DOCKER_CERT_PATH` and `DOCKER_TLS_VERIFY` as Docker's own clients do, and checks whether the
 * certificates exist and make sense. `home` is where `~/.docker` is.
 */
export function readEngineConfig(variables: Variables, home: string): Result<EngineConfig> {
  const { DOCKER_HOST: text, DOCKER_CERT_PATH: certPath, DOCKER_TLS_VERIFY: verify } = variables
  const address = parseEngineAddress(text)
  if (address === null) return refused([badInput(WRONG_ADDRESS)])
  if ('socketPath' in address) return accepted({ address, tls: null })
  const isVerified = verify !== undefined
  const tls = isVerified || certPath !== undefined ? { folder: certPath ?? join(home, '.docker'), isVerified } : null
  const port = address.port || (tls === null ? PORTS.plain : PORTS.tls)
  const mistakes = tls === null ? [] : certificateMistakes(tls)
  return mistakes.length > 0 ? refused(mistakes) : accepted({ address: { ...address, port }, tls })
}

function certificateMistakes({ folder, isVerified }: EngineTls): readonly Mistake[] {
  const mistakes: Mistake[] = []
  const read = (name: string): string => {
    const file = readPemFile(join(folder, name), MAX_BYTES)
    if (file.ok) return file.value
    mistakes.push(...file.mistakes)
    return ''
  }
  const complain = (name: string, fault: string | null) => {
    if (fault !== null) mistakes.push(badInput(`${join(folder, name)}: ${fault}`))
  }
  const ca = isVerified ? read('ca.pem') : ''
  const certificate = read('cert.pem')
  const key = read('key.pem')
  if (ca !== '') complain('ca.pem', certificatesFault(ca))
  if (certificate !== '') complain('cert.pem', certificatesFault(certificate))
  if (key !== '') complain('key.pem', keyFault(key, certificate))
  return mistakes
}
