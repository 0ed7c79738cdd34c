// The stock informer of @kubernetes/client-node on all Deployments of KUBECONFIG.
import { AppsV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node'

export type InformerQuestion = { readonly awaitTag: string; readonly of: string }

const kubeConfig = new KubeConfig()
kubeConfig.loadFromDefault()
const api = kubeConfig.makeApiClient(AppsV1Api)
const informer = makeInformer(kubeConfig, '/apis/apps/v1/deployments', () => api.listDeploymentForAllNamespaces())
let awaited: InformerQuestion | undefined

informer.on('error', error => {
  throw error
})
informer.on('update', ({ metadata, spec }) => {
  const image = spec?.template.spec?.containers[0]?.image
  if (awaited === undefined || metadata?.name !== awaited.of || !image?.endsWith(`:${awaited.awaitTag}`)) return
  awaited = undefined
  process.send?.({})
})
process.on('message', (question: Partial<InformerQuestion>) => {
  if (question.awaitTag !== undefined && question.of !== undefined) {
    awaited = { awaitTag: question.awaitTag, of: question.of }
  }
})
await informer.start()
process.send?.({})
