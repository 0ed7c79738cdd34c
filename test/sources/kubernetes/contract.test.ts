import { sourceOnFake } from '../../support/followed-source.ts'
import { describeSource } from '../source-contract.ts'

describeSource('kubernetes source', async t => {
  const { source, server } = await sourceOnFake(t)
  return {
    source,
    put: async workload => server.put(workload),
    remove: async workload => server.remove(workload),
    break: async () => {
      server.misbehave((_request, response) => Boolean(response.socket?.destroy()))
      server.write('', 'cut')
    },
    mend: async () => server.behave()
  }
})
