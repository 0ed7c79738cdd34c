/**
 * What words and digits in a tag mean. The expressions match at one index (flag `y`), in a bounded number of steps for each
 * character, so a hostile tag costs no more than any other.
 */

/** The tag grammar of the OCI distribution specification. */
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** Signatures and attestations: the tags of cosign, and the referrers tags of the OCI specification. */
export const ARTEFACT = /^sha(?:256|512)-[0-9a-f]{64}/

const END = '(?![A-Za-z0-9])'

/** Processor architectures: the 64 in `amd64` and `x86_64` is not a version. */
export const ARCHITECTURE = new RegExp(
  `(?:x86[-_]64|arm(?:64)?[-_]v[678](?!\\.)|x86|x64|amd64|i?[3-6]86|aarch64|arm(?:hf|el)?(?:32|64)?(?:v\\d[a-z]?)?|ppc64(?:le|el)?|s390x?|riscv64|mips(?:64)?(?:le|el)?|loong(?:arch)?64|win(?:32|64))${END}`,
  'iy'
)

/** 7 to 40 hexadecimal digits that stand alone. A commit if they include letters and digits. */
export const HEX_WORD = new RegExp(`[0-9a-f]{7,40}${END}`, 'y')

/** A commit that is marked as one, whatever its digits. Groups: the mark, the commit. */
export const MARKED_COMMIT = new RegExp(`((?:sha|SHA|git|commit)[-._]?|g)([0-9a-f]{7,40})${END}`, 'y')

const MONTH_DAY = (separator: string) => `(?:0[1-9]|1[0-2])${separator}(?:0[1-9]|[12]\\d|3[01])`
const TIME = 'T\\d{2}-?\\d{2}(?:-?\\d{2})?Z?'

/** `2024-01-05`, `2021-04-22T15-44-28Z`, `20210422T154428Z`: several numbers, one version. */
export const TIMESTAMP = new RegExp(`[vV]?\\d{4}(?:-${MONTH_DAY('-')}(?:${TIME})?|${MONTH_DAY('')}${TIME})${END}`, 'y')

/** A number that is a date or a time: YYMMDD, YYYYMMDD, YYYYMMDDhhmm, YYYYMMDDhhmmss, or Unix time in s or ms. */
export const COMPACT_TIME = new RegExp(
  `^(?:\\d{2}${MONTH_DAY('')}|(?:19|20)\\d{2}${MONTH_DAY('')}(?:[0-2]\\d[0-5]\\d(?:[0-5]\\d)?)?|1\\d{9}|1\\d{12})$`
)

/** Numbers with dots between them, with or without a `v` in front. */
export const NUMBER = /[vV]?\d+(?:\.\d+)*/y

// Systems and languages that images are built on. People choose one on purpose, so an update must not change it.
const SYSTEMS =
  'alpine|debian|ubuntu|centos|fedora|rocky|alma|mariner|azurelinux|photon|ubi|ol|rhel|amazonlinux|nanoserver|windowsservercore|jdk|jre|java|openjdk|php|python|node|cuda'

/** `20.04` after `ubuntu-`. Not in Bitnami's scheme, `-debian-11-r45` at the end, where the system moves with the releases. */
export const SYSTEM_NUMBER = new RegExp(
  `(?<=(?:^|[-._])(?:${SYSTEMS})-)[vV]?\\d+(?:\\.\\d+)*(?:_\\d+)?${END}(?!-r\\d+$)`,
  'iy'
)

/** Words that count builds of a version. Groups: the word, its number. */
export const COUNTER = new RegExp(
  `(rke2r|k3s|rev|r|ls|pl|p|u|build|b|patch|hotfix|post|kb)(\\d+(?:\\.\\d+)*)${END}`,
  'iy'
)

const STAGES: readonly (readonly string[])[] = [
  ['dev', 'nightly', 'snapshot', 'canary', 'unstable'],
  ['alpha', 'a'],
  ['beta', 'b'],
  ['milestone', 'm', 'ea', 'preview', 'pre'],
  ['rc', 'cr', 'c']
]

// A single letter is only a stage when it is glued to a number: `3.8.0b1` is a beta, but `1.0-b1` is a build.
const GLUED_ONLY: readonly string[] = ['a', 'b', 'c']
const STAGE_WORDS = STAGES.flat().filter(word => !GLUED_ONLY.includes(word))

/** `b1`, `rc.2` right after a number. */
export const GLUED_PRE_RELEASE = new RegExp(`(?:(${STAGE_WORDS.join('|')})[-._]?|([abc]))(\\d+)${END}`, 'iy')

/** `-beta.3`, `.dev20190830` after a number. Groups: everything before the number, the number. */
export const SEPARATED_PRE_RELEASE = new RegExp(`([-._](?:${STAGE_WORDS.join('|')})[-._]?)(\\d+)${END}`, 'iy')

/** The rank of a pre-release word; 0 is the farthest from the release. */
export function stageRank(word: string): number {
  return STAGES.findIndex(words => words.includes(word.toLowerCase()))
}

/** A word of letters and digits, with the dotted digits that belong to it: `alpine3.19`. */
export const WORD = /[A-Za-z0-9]*[0-9](?![A-Za-z0-9])(?:\.\d[A-Za-z0-9]*)*|[A-Za-z0-9]+/y
