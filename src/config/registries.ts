import { readTextFile } from '../files/read-text.ts'
import { type DockerConfig, parseDockerConfig } from '../registry/docker-config.ts'
import { isTimeZone, parseCron } from '../text/cron.ts'
import { parseDuration } from '../text/durations.ts'
import { badInput, inFile, type Mistake, type Result, refused } from '../text/mistake.ts'
import type { ImagesConfig } from './config.ts'
import type { Variables } from './environment.ts'
import { quotedValue } from './validate-variables.ts'
import { splitList } from './variable-types.ts'

const MAX_BYTES = 1024 * 1024
const SCHEDULE_TAKES = 'it takes six fields, seconds first, that match some time, such as 0 0 3 * * *'

/** Reads `REGISTRY_AUTH_FILE`. */
export function readRegistryAuth(path: string): Result<DockerConfig> {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return file
  const parsed = parseDockerConfig(file.value)
  return parsed.ok ? parsed : refused(inFile(path, parsed.mistakes))
}

/** What is configured for images; `scheduleMistakes` has checked the schedule. */
export function imagesConfig(variables: Variables): ImagesConfig {
  const { IMAGE_CHECK_INTERVAL: interval, REGISTRY_REALMS: realms, REGISTRY_INSECURE: insecure } = variables
  return {
    mode: variables.IMAGE_UPDATES,
    authFile: variables.REGISTRY_AUTH_FILE ?? null,
    pullSecrets: variables.IMAGE_PULL_SECRETS,
    realms: realms === undefined ? [] : splitList(realms),
    insecure: insecure === undefined ? [] : splitList(insecure),
    perMinute: variables.REGISTRY_BUDGET,
    schedule:
      interval === undefined
        ? { pattern: variables.IMAGE_CHECK_SCHEDULE, timezone: variables.IMAGE_CHECK_TIMEZONE }
        : { intervalMs: parseDuration(interval) ?? 0 }
  }
}

/** What is wrong with the schedule: a zone that does not exist, an invalid pattern. */
export function scheduleMistakes({ IMAGE_CHECK_SCHEDULE: pattern, IMAGE_CHECK_TIMEZONE: zone }: Variables): Mistake[] {
  const isZone = isTimeZone(zone)
  const isPattern = parseCron(pattern, isZone ? zone : 'UTC') !== null
  return [
    ...(isZone
      ? []
      : [
          badInput(
            `IMAGE_CHECK_TIMEZONE: ${quotedValue(zone)} is not the name of a time zone, such as UTC or Europe/Paris`
          )
        ]),
    ...(isPattern
      ? []
      : [badInput(`IMAGE_CHECK_SCHEDULE: ${quotedValue(pattern)} is not a schedule; ${SCHEDULE_TAKES}`)])
  ]
}
