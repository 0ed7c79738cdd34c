import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

/** A server's certificate for 127.0.0.1, signed by an issuing authority, which a root has signed; all in PEM. */
export interface CertificateChain {
  readonly root: string
  readonly issuing: string
  readonly leaf: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const VALIDITY = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2120-01-01T00:00:00Z') }

export async function createChain(): Promise<CertificateChain> {
  const [ofRoot, ofIssuing, ofLeaf] = await Promise.all([makeKeys(), makeKeys(), makeKeys()])
  const authority = [new BasicConstraintsExtension(true, undefined, true)]
  const root = await X509CertificateGenerator.createSelfSigned({
    ...VALIDITY,
    name: 'CN=root',
    keys: ofRoot,
    signingAlgorithm: ALGORITHM,
    extensions: authority
  })
  const issuing = await X509CertificateGenerator.create({
    ...VALIDITY,
    subject: 'CN=issuing',
    issuer: root.subject,
    publicKey: ofIssuing.publicKey,
    signingKey: ofRoot.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: authority
  })
  const leaf = await X509CertificateGenerator.create({
    ...VALIDITY,
    subject: 'CN=server',
    issuer: issuing.subject,
    publicKey: ofLeaf.publicKey,
    signingKey: ofIssuing.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])]
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', ofLeaf.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  return { root: root.toString('pem'), issuing: issuing.toString('pem'), leaf: leaf.toString('pem'), key }
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}
