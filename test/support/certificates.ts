import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator
} from '@peculiar/x509'

/** As `node:tls` takes them, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateWish {
  /** DNS names, IP addresses, e-mail addresses and URIs; empty: it has no subjectAltName. */
  readonly names: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** A certificate authority for one test. */
export interface Authority {
  /** Its own certificate, in PEM. */
  readonly pem: string
  issue(wish: CertificateWish): Promise<Certificate>
  /** An authority below this one. */
  issueAuthority(name: string): Promise<Authority>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const LONG_AGO = new Date('2020-01-01T00:00:00Z')
const FAR_AHEAD = new Date('2120-01-01T00:00:00Z')
const AUTHORITY_FIELDS = {
  signingAlgorithm: ALGORITHM,
  notBefore: LONG_AGO,
  notAfter: FAR_AHEAD,
  extensions: [new BasicConstraintsExtension(true, undefined, true)]
}

/** Makes a certificate authority that nobody trusts yet. */
export async function createAuthority(name = 'test authority'): Promise<Authority> {
  const keys = await makeKeys()
  return toAuthority(
    await X509CertificateGenerator.createSelfSigned({ name: `CN=${name}`, keys, ...AUTHORITY_FIELDS }),
    keys
  )
}

function toAuthority(issuer: X509Certificate, keys: webcrypto.CryptoKeyPair): Authority {
  const signature = { issuer: issuer.subject, signingKey: keys.privateKey }
  return {
    pem: issuer.toString('pem'),
    issueAuthority: async name => {
      const own = await makeKeys()
      const subject = { subject: `CN=${name}`, publicKey: own.publicKey }
      return toAuthority(await X509CertificateGenerator.create({ ...AUTHORITY_FIELDS, ...signature, ...subject }), own)
    },
    issue: async wish => {
      const own = await makeKeys()
      const made = await X509CertificateGenerator.create({
        ...fieldsOf(wish),
        ...signature,
        publicKey: own.publicKey
      })
      return toPem(made, own)
    }
  }
}

/** A certificate that only its own key signed. */
export async function selfSigned(wish: CertificateWish): Promise<Certificate> {
  const keys = await makeKeys()
  return toPem(
    await X509CertificateGenerator.createSelfSigned({ ...fieldsOf(wish), name: subjectOf(wish), keys }),
    keys
  )
}

function fieldsOf({ names, notBefore = LONG_AGO, notAfter = FAR_AHEAD }: CertificateWish) {
  const alternatives = names.map(value => ({ type: kindOf(value), value }))
  return {
    subject: subjectOf({ names }),
    signingAlgorithm: ALGORITHM,
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(false),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(alternatives)])
    ]
  }
}

function kindOf(name: string): 'url' | 'email' | 'ip' | 'dns' {
  if (name.includes('://')) return 'url'
  if (name.includes('@')) return 'email'
  return /^[\d.]+$|:/.test(name) ? 'ip' : 'dns'
}

function subjectOf({ names }: CertificateWish): string {
  return `CN=${names[0]?.replaceAll(':', '-') ?? 'nobody'}`
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function toPem(certificate: X509Certificate, { privateKey }: webcrypto.CryptoKeyPair): Promise<Certificate> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  return { cert: certificate.toString('pem'), key }
}
