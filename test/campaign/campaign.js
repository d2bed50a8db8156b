/**
 * What every campaign is: `run` makes so many runs, whose choices all come from the seed, and tells what it counted.
 * @typedef {object} CampaignOptions
 * @property {number} runs
 * @property {number} seed
 * @property {boolean} [tls] everything goes over TLS
 * @property {string} [only] of those that can be told apart, those with this in them
 * @property {(line: string) => void} log told how far it is
 *
 * @typedef {object} CampaignResult
 * @property {Record<string, number | string>} figures in the order in which they are printed
 * @property {string[]} failures a line for each, with what is needed to see it again
 *
 * @typedef {object} Campaign
 * @property {string} describe one line
 * @property {number} fullRuns of the run whose figures are published
 * @property {boolean} [hasOnly] heeds `only`
 * @property {boolean} [hasTls] heeds `tls`
 * @property {(options: CampaignOptions) => Promise<CampaignResult>} run
 */

/** @type {Record<string, () => Promise<Campaign>>} */
export const campaigns = {
  network: async () => (await import('./network.js')).campaign,
  exhaustive: async () => (await import('./exhaustive.js')).campaign,
  kill: async () => (await import('./kill.js')).campaign,
  torture: async () => (await import('./torture.js')).campaign,
  power: async () => (await import('./power.js')).campaign,
  fuzz: async () => (await import('./fuzz.js')).campaign,
  race: async () => (await import('./race.js')).campaign,
  exec: async () => (await import('./exec.js')).campaign,
  concurrency: async () => (await import('./concurrency.js')).campaign,
  guards: async () => (await import('./guards.js')).campaign,
};
