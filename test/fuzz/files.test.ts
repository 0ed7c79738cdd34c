import assert from 'node:assert/strict'
import { suite } from 'node:test'
import fc from 'fast-check'
import { headerNameMistakes } from '../../src/config/headers.ts'
import { parseTargetsFile } from '../../src/config/targets-file.ts'
import { parseWebConfig } from '../../src/config/web-config/parse.ts'
import { parseImageReference, printImageReference } from '../../src/domain/image-reference.ts'
import { isServiceName, targetKey } from '../../src/domain/target.ts'
import { workloadKey } from '../../src/domain/workload.ts'
import { admitsAddress, parseAllowRules, refusalOfHost } from '../../src/probe/allow.ts'
import { parseEndpoint } from '../../src/probe/endpoint-url.ts'
import { isSpecialAddress } from '../../src/probe/special-addresses.ts'
import { parseManifests } from '../../src/sources/manifests.ts'
import { scanJson } from '../../src/sources/scan-json.ts'
import { formatDuration, parseDuration } from '../../src/text/durations.ts'
import { manifests } from '../support/services.ts'
import { anyText, fuzz, near } from './fuzz.ts'

const TARGETS = [
  'targets:\n  - service: shop\n    namespace: dev\n    endpoint: https://shop.example/\n    versionMatch: semver\n',
  'targets: [{service: a, namespace: b, endpoint: "http://x/", workload: {kind: Deployment, name: c, container: d}}]',
  'targets: [{service: a, namespace: b, endpoint: "http://x/", headers: {Authorization: {prefix: "Bearer ", file: t}}}]',
  'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n? {a: 1}\n: !!binary aGk=\n',
  '{"targets":[]}'
]
const MANIFESTS = [
  manifests({ shop: { image: 'app:v1', endpoint: 'https://shop.example/' } }),
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: b}]}}}\n',
  'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: x, namespace: y}}\n',
  '{"apiVersion": "v1", "kind": "List", "items": [null, {"apiVersion": "extensions/v1beta1", "kind": "Deployment"}]}\n{}',
  '%YAML 1.1\n---\nx: &x {image: a, image: b}\n--- # next\nkind: Deployment\n<<: *x\n...\n'
]
const WEB_CONFIGS = [
  'tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert, client_ca_file: c}\n',
  `basic_auth_users:\n  alice: ${'$2y$10$'}${'a'.repeat(53)}\nhttp_server_config:\n  headers: {X-Frame-Options: deny}\n`
]
const printable = (message: string) => {
  assert.ok(message.isWellFormed() && message.length < 2000, message)
  assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
}

suite('fuzzed files', () => {
  fuzz(
    'of targets are taken whole, or refused with lines that can be shown',
    fc.oneof(near(...TARGETS), anyText, fc.json()),
    text => {
      const parsed = parseTargetsFile(text, 'targets.yaml', { versionMatch: 'exact', kind: 'Deployment' })
      if (!parsed.ok) {
        assert.ok(parsed.mistakes.length > 0)
        for (const { message } of parsed.mistakes) printable(message)
        return
      }
      assert.equal(new Set(parsed.value.map(targetKey)).size, parsed.value.length)
      for (const { service, endpoint, headers = [] } of parsed.value) {
        assert.ok(isServiceName(service) && (endpoint === null || parseEndpoint(endpoint).seen))
        assert.deepEqual([...headerNameMistakes(headers.map(({ name }) => name))], [])
      }
    }
  )

  fuzz(
    'of manifests are taken, or refused with lines that can be shown',
    fc.oneof(near(...MANIFESTS), anyText, fc.json()),
    text => {
      const parsed = parseManifests(text, 'workloads.yaml')
      if (parsed.ok) {
        const { workloads, unreadable, hidden, warnings } = parsed.value
        assert.equal(new Set(workloads.map(workloadKey)).size, workloads.length)
        for (const { name, namespace } of workloads) printable(name + namespace)
        for (const mistake of [...unreadable.values(), hidden ?? '', ...warnings]) printable(mistake)
      } else for (const { message } of parsed.mistakes) printable(message)
    }
  )

  fuzz(
    'are JSON to the scanner where they are to JSON.parse',
    fc.oneof(near('{"a": [1.5e-3, true, null, "\\u00e9\\n"], "b": {"items": [{}]}}', '[]'), anyText, fc.json()),
    text => {
      const scan = scanJson(text, 0)
      const isWhole = scan.ok && /^[ \t\r\n]*$/.test(text.slice(scan.end))
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      assert.equal(isWhole, isJson)
      if (!scan.ok) assert.ok(scan.fault.offset <= text.length)
    }
  )

  fuzz(
    'of the listener are taken whole, or refused with lines that can be shown',
    fc.oneof(near(...WEB_CONFIGS), anyText, fc.json()),
    text => {
      const parsed = parseWebConfig(text, 'web.yaml')
      if (!parsed.ok) for (const { message } of parsed.mistakes) printable(message)
    }
  )
})

suite('fuzzed words', () => {
  const sha = `sha256:${'0123456789abcdef'.repeat(4)}`
  fuzz(
    'that are an image reference are the same one when printed and read again',
    fc.oneof(
      near('ghcr.io/keybuzzio/app:v1', `registry:5000/a/b@${sha}`, `[::1]:5000/app:v1@${sha}`, 'nginx'),
      anyText
    ),
    text => {
      const reference = parseImageReference(text)
      if (reference !== null) assert.deepEqual(parseImageReference(printImageReference(reference)), reference)
    }
  )

  fuzz(
    'that are a duration are the same one when printed and read again',
    fc.oneof(near('1h30m', '500ms', '1y2w3d'), anyText),
    text => {
      const ms = parseDuration(text)
      if (ms !== null) assert.equal(parseDuration(formatDuration(ms)), ms)
    }
  )

  const pattern = fc.oneof(near('*.keybuzz.io', '10.0.0.0/8', 'fd00::/8', 'client.example', '::ffff:10.0.0.1'), anyText)
  fuzz(
    'that are allow rules never admit what is no address',
    fc.tuple(fc.array(pattern, { maxLength: 3 }), anyText, anyText),
    ([patterns, host, address]) => {
      const parsed = parseAllowRules(patterns)
      if (!parsed.ok) {
        for (const { message } of parsed.mistakes) printable(message)
        return
      }
      refusalOfHost(parsed.value, host)
      admitsAddress(parsed.value, host, address)
      assert.equal(admitsAddress(parsed.value, host, 'no address'), false)
    }
  )

  const special = fc.constantFrom<number[][]>(
    [127, 0, 0, 1],
    [127, 255, 3, 9],
    [169, 254, 169, 254],
    [0, 0, 0, 0],
    [168, 63, 129, 16]
  )
  const radix = fc.constantFrom(8, 10, 16)
  const print = (value: number, base: number) => (base === 10 ? '' : base === 8 ? '0' : '0x') + value.toString(base)
  fuzz(
    'that are a special address to a URL are refused, however spelt',
    fc.tuple(
      special,
      fc.array(radix, { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('', '.')
    ),
    ([bytes, bases, parts, dot]) => {
      // As inet_aton reads it: the last part holds the bytes that are left.
      const firsts = bytes.slice(0, parts - 1)
      const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0)
      const host = [...firsts, last].map((value, index) => print(value, bases[index] ?? 10)).join('.') + dot
      const url = URL.parse(`http://${host}/`)
      assert.ok(url !== null, host)
      assert.notEqual(refusalOfHost({ hosts: [], suffixes: [], networks: [] }, url.hostname), null, host)
    }
  )

  const carriers = fc.constantFrom('::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::')
  fuzz('that carry a special address in IPv6 are special', fc.tuple(special, carriers), ([bytes, carrier]) => {
    assert.ok(isSpecialAddress(`${carrier}${bytes.join('.')}`))
  })
})
