import type { FindingBy } from '../domain/finding.ts'
import { type ImageUpdateEvidence, UPDATE_PARTS } from '../domain/image-update.ts'
import { imageFindings, type ServiceReport } from '../domain/report.ts'
import type { Sample } from './family.ts'
import { ofPart } from './section.ts'

const IMAGES = ofPart(steadyImages, [
  {
    name: 'keybuzz_image_update_available',
    help: "Whether the registry has a newer tag of the same shape as the container's; absent if unknown.",
    type: 'gauge',
    labels: ['container'],
    samples: ofEachImage(({ container, isUpdateAvailable }) =>
      isUpdateAvailable === null ? [] : [[[container], Number(isUpdateAvailable)]]
    )
  },
  {
    name: 'keybuzz_image_digest_drift',
    help: "Whether the container's tag now points to another image than the running one; absent if unknown.",
    type: 'gauge',
    labels: ['container'],
    samples: ofEachImage(({ container, isDrifted }) => (isDrifted === null ? [] : [[[container], Number(isDrifted)]]))
  },
  {
    name: 'keybuzz_image_update_info',
    help: 'The image, its tag, the newest one, the newest of the same major version, and a link to the release notes; unknown ones are empty. Always 1.',
    type: 'gauge',
    labels: ['container', 'image', 'current', 'latest', 'same_major', 'notes'],
    samples: ofEachImage(({ container, image, current, newer, notes }) => [
      [[container, image, current, newer?.latest ?? '', newer?.sameMajor ?? '', notes], 1]
    ])
  },
  {
    name: 'keybuzz_image_behind',
    help: 'The first part of the version in which the newest tag differs: major, minor, patch or other; absent if nothing is newer. Always 1.',
    type: 'gauge',
    labels: ['container', 'part'],
    isOptional: true,
    samples: ofEachImage(({ container, newer }) =>
      UPDATE_PARTS.filter(part => part === newer?.part).map((part): Sample => [[container, part], 1])
    )
  },
  {
    name: 'keybuzz_image_last_check_timestamp_seconds',
    help: "When the last check of the container's image ended, in seconds since the epoch.",
    type: 'gauge',
    labels: ['container'],
    isOptional: true,
    samples: ofEachImage(({ container, checkedAt }) => (checkedAt === null ? [] : [[[container], checkedAt / 1000]]))
  },
  {
    name: 'keybuzz_image_check_failure',
    help: 'Why the last check did not read everything: not_found, unauthorized, forbidden, rate_limited, unreachable or invalid; absent if it did. Always 1.',
    type: 'gauge',
    labels: ['container', 'reason'],
    samples: ofEachImage(({ container, failure }) => (failure === null ? [] : [[[container, failure], 1]]))
  }
])

// Each container is a label, and so is its image: while they keep changing, there is nothing to show.
function steadyImages(service: ServiceReport): readonly FindingBy<'image-update'>[] | null {
  return service.held.image ? null : imageFindings(service)
}

function ofEachImage(samples: (evidence: ImageUpdateEvidence) => readonly Sample[]) {
  return (findings: readonly FindingBy<'image-update'>[]): readonly Sample[] =>
    findings.flatMap(({ evidence }) => samples(evidence))
}

/** The gauges of the image-update guard: those of each container whose image is watched. */
export const IMAGE_SECTIONS = [IMAGES]
