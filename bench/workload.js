/**
 * What a workload is given.
 * @typedef {object} Bench
 * @property {boolean} isTiny everything once and small: results are checked, times mean nothing
 * @property {number} rounds
 * @property {import('./peers/sealift.js').Sealift[]} builds the first one is judged; others are shown beside it
 * @property {(peer: import('./peers/peer.js').Peer) => boolean} has whether this machine has the program; says so if not
 * @property {import('./files/scratch.js').Scratch} memory
 * @property {import('./files/scratch.js').Scratch} disk
 * @property {(line: string) => void} log told how far it is
 *
 * Figures of one contender: a value a round.
 * @typedef {object} Measure
 * @property {string} contender
 * @property {string} what
 * @property {import('./report/units.js').Unit} unit
 * @property {number[]} values
 * @property {number | null} [cpuSeconds] medians, of a run
 * @property {number | null} [serverCpuSeconds]
 * @property {number | null} [peakBytes]
 *
 * A figure that has a target.
 * @typedef {object} Judgement
 * @property {string} what
 * @property {string} build whose figure it is
 * @property {string} ours the figure that is compared
 * @property {string} theirs and with what
 * @property {number | null} value null if it could not be had
 * @property {import('./report/units.js').Unit} unit
 * @property {{ least: number } | { most: number }} target
 *
 * What a plot needs: values at the marks of an axis, by contender.
 * @typedef {Record<string, { at: number, value: number }[]>} Series
 *
 * @typedef {object} Outcome
 * @property {string} setting how it is measured, with the sizes that were used
 * @property {string[]} commands what was run, shortened
 * @property {Measure[]} measures
 * @property {Judgement[]} judgements
 * @property {string[]} notes
 * @property {Record<string, Series>} [series]
 *
 * @typedef {object} Workload
 * @property {string} title
 * @property {(bench: Bench) => Promise<Outcome>} run throws if anything that came out is wrong
 */

/** By their numbers. @type {Record<number, () => Promise<Workload>>} */
export const workloads = {
  1: async () => (await import('./workloads/md5-file.js')).workload,
  2: async () => (await import('./workloads/blake3-file.js')).workload,
  3: async () => (await import('./workloads/small-files.js')).workload,
  4: async () => (await import('./workloads/synced-files.js')).workload,
  5: async () => (await import('./workloads/mixed-tree.js')).workload,
  6: async () => (await import('./workloads/cold-file.js')).workload,
  7: async () => (await import('./workloads/long-path.js')).workload,
  8: async () => (await import('./workloads/many-clients.js')).workload,
  9: async () => (await import('./workloads/large-storage.js')).workload,
  10: async () => (await import('./workloads/memory.js')).workload,
  11: async () => (await import('./workloads/start-up.js')).workload,
  12: async () => (await import('./workloads/http-file.js')).workload,
  13: async () => (await import('./workloads/http-small-files.js')).workload,
  14: async () => (await import('./workloads/tls-file.js')).workload,
};
