import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { type Access, type Authorization, type AuthorizerMeans, authorize } from './authorizer.ts'
import type { Breaker } from './breaker.ts'
import type { Budget, Clock } from './budget.ts'
import { isFromGateway, refusal } from './failure.ts'
import { type Pauses, retryAt } from './pause.ts'
import { isNamed, mayKeepCredentials } from './realms.ts'
import { type Challenge, firstValue, parseChallenges } from './response-headers.ts'
import type { Answer, Question, Transport } from './transport.ts'

/** One question, and who is asking. */
export interface RegistryQuestion extends Question {
  readonly access: Omit<Access, 'url'>
}

/** The final answer. */
export interface Reply extends Answer {
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

export interface RegistryMeans extends Omit<AuthorizerMeans, 'ask' | 'refuse' | 'now'> {
  readonly transport: Transport
  readonly clock: Clock
  readonly breaker: Breaker
  readonly pauses: Pauses
  /** The budget of the registry that is asked first. Its token server and its redirects count too. */
  readonly budget: Budget
  /** The last challenge of each host, so that the next question starts with a token. */
  readonly challenges: ChallengeMemory
  /** Why a host may not be asked; `null`: it may. */
  readonly refusalOf: (hostname: string) => string | null
}

interface ChallengeMemory {
  get(key: string): readonly Challenge[] | undefined
  set(key: string, challenges: readonly Challenge[]): void
}

const MOST_REDIRECTS = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const TOKEN_BYTES = 256 * 1024

/**
 * Asks a registry, follows redirects, and answers challenges. Credentials go only to the first host; other hosts are asked
 * anonymously. `seen` is any final answer, whatever its status. Never rejects.
 */
export async function askRegistry(
  question: RegistryQuestion,
  means: RegistryMeans
): Promise<Observed<Reply, RegistryReason>> {
  let { url, access } = question
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const reply = await askHost({ ...question, url, access }, means)
    if (!reply.seen || !REDIRECTS.includes(reply.value.status)) return reply
    const next = URL.parse(firstValue(reply.value.headers.location) ?? '', url.href)
    if (next === null) return unseen('invalid', `${access.name}: the registry redirects to an invalid URL`)
    if (!mayKeepCredentials(url, next)) access = { ...access, credential: null }
    url = next
  }
  return unseen('invalid', `${access.name}: the registry redirects more than ${MOST_REDIRECTS} times`)
}

// Each round uses up one of four chances: forget the last challenge, log in, renew the token once, ask anonymously. So it
// always ends.
async function askHost(question: RegistryQuestion, means: RegistryMeans): Promise<Observed<Reply, RegistryReason>> {
  const { url, access, method } = question
  const key = `${url.origin} ${access.repository} ${url.pathname.endsWith('/tags/list')}`
  const authorizer = authorizerMeans(access, means)
  let challenges = means.challenges.get(key) ?? []
  let isRemembered = challenges.length > 0
  let credential = access.credential
  let authorization: Authorization | null = null
  let canRenew = true
  for (;;) {
    if (challenges.length > 0) {
      const answered = await authorize(challenges, { ...access, url, credential }, authorizer)
      if (!answered.seen && !isRemembered) return answered
      if (!answered.seen) {
        // The registry may name another token server by now, or want none.
        challenges = []
        means.challenges.set(key, challenges)
      }
      authorization = answered.seen ? answered.value : null
      isRemembered = false
    }
    const headers =
      authorization === null ? question.headers : { ...question.headers, authorization: authorization.header }
    const answer = await send({ method, url, headers, mostBytes: question.mostBytes }, access.name, means)
    if (!answer.seen) return answer
    const reply = seen({ ...answer.value, url })
    const { status, headers: received } = answer.value
    const asksAgain = status === 401 || (status === 403 && authorization?.isAnonymous === false)
    if (!asksAgain) return reply

    const asked = parseChallenges(received['www-authenticate'])
    if (asked.length > 0) means.challenges.set(key, asked)
    challenges = asked.length > 0 ? asked : challenges
    if (challenges.length === 0) return reply
    if (authorization === null) continue
    const { token, isAnonymous } = authorization
    // It may also have expired while the registry was left alone or the budget was used up.
    const isOld = token !== null && token.freshUntil <= means.clock.now()
    if (status === 401 && isOld && canRenew && !lacksRight(asked)) {
      canRenew = false
      means.tokens.forget(token.request)
    } else if (!isAnonymous && credential !== null) {
      means.onProblem(`the registry refuses the credentials for ${access.name}`)
      const isDirect = token === null
      if (status === 401 && isDirect) means.refused.add(credential, url.origin, '')
      // Basic authentication has no anonymous access.
      if (isDirect && credential.kind === 'basic') return reply
      credential = null
    } else return reply
  }
}

// RFC 6750 section 3.1: a new token for the same user would not help.
function lacksRight(challenges: readonly Challenge[]): boolean {
  return challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')
}

function authorizerMeans({ name, credential }: RegistryQuestion['access'], means: RegistryMeans): AuthorizerMeans {
  return {
    ...means,
    now: means.clock.now,
    ask: (url, headers) => send({ method: 'GET', url, headers, mostBytes: TOKEN_BYTES }, name, means),
    refuse: ({ status, headers, body }) =>
      refusal({
        status,
        body,
        name,
        credential,
        retryAt: retryAt(headers, means.clock)
      })
  }
}

async function send(
  question: Question,
  name: string,
  means: RegistryMeans,
  isSecond = false
): Promise<Observed<Answer, RegistryReason>> {
  const { url } = question
  const { pauses, breaker, budget, transport, clock, rules, refusalOf } = means
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNamed(rules.insecure, url))) {
    return unseen(
      'invalid',
      `${name}: ${shown(url.host)} is not asked without TLS: to allow it, add it to REGISTRY_INSECURE`
    )
  }
  const refused = refusalOf(url.hostname)
  if (refused !== null) return unseen('invalid', `${name}: ${refused}`)
  const notNow = (await pauses.admit(url.host)) ?? breaker.admit(url.host)
  if (notNow !== null) return notNow
  await budget()
  const answer = await transport.send(question)
  if (!answer.seen && answer.reason !== 'unreachable') return answer
  if (!answer.seen || isFromGateway(answer.value.status)) breaker.failed(url.host)
  else breaker.succeeded(url.host)
  if (!answer.seen) return answer
  if (answer.value.status !== 429) {
    pauses.answered(url.host)
    return answer
  }
  pauses.begin(url.host, retryAt(answer.value.headers, clock))
  return isSecond ? answer : send(question, name, means, true)
}
