import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { suite, test } from 'node:test'
import { isLetIn } from '../../../src/http/listener/client-certificate.ts'
import { selfSigned } from '../../support/certificates.ts'

const context = { cert: '', key: '', honorCipherOrder: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
const NAMES = ['prometheus.example', '10.0.0.1', '2001:db8::1', 'ops@keybuzz.io', 'spiffe://keybuzz/a,b']

async function certificateFor(...names: string[]): Promise<X509Certificate> {
  return new X509Certificate((await selfSigned({ names })).cert)
}

suite('client certificates', () => {
  // What a client has sent: none, one that nobody vouches for, one that was verified.
  for (const [clientAuth, expected] of [
    ['NoClientCert', [true, true, true]],
    ['RequestClientCert', [true, true, true]],
    ['RequireAnyClientCert', [false, true, true]],
    ['VerifyClientCertIfGiven', [true, false, true]],
    ['RequireAndVerifyClientCert', [false, false, true]]
  ] as const) {
    test(`are judged by ${clientAuth}`, async () => {
      const certificate = await certificateFor('a.example')
      const rules = { context, clientAuth, clientAllowedSans: null }
      const clients = [
        { certificate: undefined, verified: false },
        { certificate, verified: false },
        { certificate, verified: true }
      ]
      assert.deepEqual(
        clients.map(client => isLetIn(rules, client)),
        expected
      )
    })
  }

  for (const san of NAMES) {
    test(`may be let in for the name ${san}, whole and exact`, async () => {
      const certificate = await certificateFor('other.example', ...NAMES)
      const judge = (...clientAllowedSans: string[]) =>
        isLetIn({ context, clientAuth: 'RequireAnyClientCert', clientAllowedSans }, { certificate, verified: false })
      assert.equal(judge('nobody.example', san), true)
      assert.equal(judge(san.slice(1), `${san}x`, `DNS:${san}`, 'a,b', 'spiffe://keybuzz/a'), false)
    })
  }

  // As Node prints them; of a certificate, a handshake takes no more than this.
  for (const [rule, names] of [
    ['quotes that are never closed', '"\\'.repeat(32_000)],
    ['an escape that is never ended', `DNS:"${'\\"'.repeat(32_000)}\\`],
    ['escaped quotes', `DNS:"${'\\"'.repeat(32_000)}"`]
  ] as const) {
    test(`are read at once, with ${rule}`, async () => {
      const certificate = Object.create(await certificateFor('a.example'), {
        subjectAltName: { value: `DNS:b.example, ${names}` }
      })
      const judge = (san: string) =>
        isLetIn(
          { context, clientAuth: 'RequireAnyClientCert', clientAllowedSans: [san] },
          { certificate, verified: false }
        )
      assert.deepEqual([judge('b.example'), judge('c.example')], [true, false])
    })
  }
})
