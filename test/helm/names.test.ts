import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { CHART, HELMS, helmMissing, MATRIX, readManifests, runHelm } from '../support/helm.ts'
import { helmHome, matrix } from './rendering.ts'

/** Fields that Kubernetes wants texts in, and that values or the release fill. */
const TEXTS = new Set(['name', 'namespace', 'secretName', 'serviceAccountName', 'serviceName', 'priorityClassName'])

/** The paths of such fields, and of labels, annotations and variables, that hold something else. */
function wrongOnes(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const isMapOfTexts = /\.(labels|annotations|matchLabels|selector)$/.test(path) && !('matchLabels' in value)
  return Object.entries(value).flatMap(([name, inner]) => {
    const inside = `${path}.${name}`
    const isText = TEXTS.has(name) || isMapOfTexts || (name === 'value' && path.includes('.env.'))
    return isText && typeof inner !== 'string' ? [`${inside}: ${inner}`] : wrongOnes(inner, inside)
  })
}

for (const helm of HELMS) {
  suite(`the chart's names, with ${helm}`, needs(helmMissing), () => {
    const home = helmHome()
    const render = async (...args: readonly string[]) =>
      readManifests((await runHelm(helm, ['template', ...args], home())).stdout)

    for (const name of Object.keys(matrix)) {
      test(`stay texts where YAML takes them for numbers or switches: ${name}`, async () => {
        const values = `--values=${join(MATRIX, `${name}-values.yaml`)}`
        const all = await render('123', CHART, '--namespace=123', '--set-string=fullnameOverride=on', values)
        assert.deepEqual(wrongOnes(all, ''), [])
      })
    }

    test('make no label longer than Kubernetes takes', async () => {
      const all = await render('r'.repeat(53), CHART, `--set=nameOverride=${'n'.repeat(63)}`)
      const labels = all.flatMap(({ metadata }) => Object.values(metadata.labels))
      assert.deepEqual(
        labels.filter(label => label.length > 63),
        []
      )
    })

    test('reach the guard as they are', async () => {
      const all = await render('guard', CHART, `--values=${join(MATRIX, 'words-values.yaml')}`)
      const [container] = all.find(({ kind }) => kind === 'Deployment')?.spec.template.spec.containers ?? []
      const set = Object.fromEntries(
        container.env.map(({ name, value }: { name: string; value: string }) => [name, value])
      )
      assert.equal(set.WATCH_NAMESPACES, '123,on')
      assert.equal(set.RELEASES_DIR, '0')
    })
  })
}
