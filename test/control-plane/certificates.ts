import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Paths of PEM files, all made for one control plane and thrown away with it. */
export interface Certificates {
  readonly authority: string
  readonly server: CertificateWithKey
  /** In the group `system:masters`, which RBAC cannot refuse anything. */
  readonly admin: CertificateWithKey
  readonly serviceAccountKey: string
}

export interface CertificateWithKey {
  readonly certificate: string
  readonly key: string
}

/** Our own file, because what the machine's openssl.cnf adds to a certificate differs between distributions. */
const EXTENSIONS = `
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
authorityKeyIdentifier = keyid
[admin]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
`

/** Makes an authority and what it signs; Node's crypto has no way to make X.509 certificates, so openssl does. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const config = join(folder, 'openssl.cnf')
  await writeFile(config, EXTENSIONS)

  const issue = async (name: string, subject: string, issuer?: CertificateWithKey): Promise<CertificateWithKey> => {
    const made = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
    const files = ['-config', config, '-extensions', name, '-keyout', made.key, '-out', made.certificate]
    const signer = issuer === undefined ? [] : ['-CA', issuer.certificate, '-CAkey', issuer.key]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
    await run('openssl', ['req', '-x509', '-days', '7', '-subj', subject, ...key, ...files, ...signer])
    return made
  }
  const authority = await issue('authority', '/CN=test authority')
  const [server, admin] = await Promise.all([
    issue('server', '/CN=kube-apiserver', authority),
    issue('admin', '/O=system:masters/CN=admin', authority)
  ])

  const serviceAccountKey = join(folder, 'service-account.key')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // The form that Kubernetes reads: it does not look for a public key in PKCS #8.
  await writeFile(serviceAccountKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
  return { authority: authority.certificate, server, admin, serviceAccountKey }
}
